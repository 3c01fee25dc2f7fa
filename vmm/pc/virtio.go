package pc

import (
	"crypto/rand"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/balloon"
	"github.com/ringo-vmm/ringo/vmm/virtio/blk"
	"github.com/ringo-vmm/ringo/vmm/virtio/rng"
)

// AddVirtio puts a virtio device into the machine, where the configuration has
// them. It is for use before the machine starts.
func (p *PC) AddVirtio(where config.Virtio, d virtio.Device) error {
	c := virtio.Config{Memory: p.VM.RAM, Clock: p.VM.Clock(), Log: p.VM.Log, Packed: true}
	if where == config.VirtioMMIO {
		return p.AddWindow("virtio "+d.Type().String(), func(irq device.IRQ) (device.MMIO, error) {
			m, err := virtio.NewMMIO(d, c, irq)
			if err != nil {
				return nil, err
			}
			p.added(m, &m.Core)
			return m, nil
		})
	}
	f, err := virtio.NewPCI(d, c)
	if err != nil {
		return err
	}
	p.added(f, &f.Core)
	_, err = p.AddFunction(f.Function)
	return err
}

// added notes a device. When the machine ends, it forgets the guest's memory
// before that goes away: frames and typed bytes may come still.
func (p *PC) added(d Extension, c *virtio.Core) {
	p.extended = append(p.extended, d)
	p.VM.OnClose(func() {
		p.VM.Devices.Lock()
		defer p.VM.Devices.Unlock()
		c.Reset()
	})
}

// addVirtioDisk adds virtio disk n. Each processor has a queue.
func (p *PC) addVirtioDisk(c Config, disk *block.Disk, n int) error {
	d, err := blk.New(blk.Config{Disk: disk, Queues: min(c.CPUs, blk.MaxQueues), Serial: fmt.Sprintf("RINGO%d", n)})
	if err != nil {
		return err
	}
	return p.AddVirtio(c.Virtio, d)
}

// addVirtio adds the virtio devices that are neither disks nor consoles.
func (p *PC) addVirtio(c Config) error {
	if err := p.addAdapters(c); err != nil {
		return err
	}
	if c.RNG {
		if err := p.AddVirtio(c.Virtio, rng.New(func(b []byte) { rand.Read(b) })); err != nil {
			return err
		}
	}
	if !c.Balloon {
		return nil
	}
	p.Balloon = balloon.New(p.VM.RAM, nil)
	return p.AddVirtio(c.Virtio, p.Balloon)
}
