package pc

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/e1000"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/virtio/nic"
)

// Adapter is a network adapter.
type Adapter struct {
	Bus config.Bus // BusVirtio, which "" is too, or BusE1000
	MAC ether.MAC
	// Port is where it is plugged in; Connect is called with the adapter's
	// other side, and with nil when the machine ends.
	Port    ether.Port
	Connect func(ether.NIC)
}

// addAdapters adds the network adapters.
func (p *PC) addAdapters(c Config) error {
	for i, a := range c.Adapters {
		add := p.addVirtioAdapter
		if a.Bus == config.BusE1000 {
			add = p.addE1000
		}
		if err := add(c, a); err != nil {
			return &keyError{"net", fmt.Errorf("number %d: %w", i+1, err)}
		}
	}
	return nil
}

// addVirtioAdapter adds a virtio adapter, in which each processor has a pair of
// queues.
func (p *PC) addVirtioAdapter(c Config, a Adapter) error {
	d, err := nic.New(nic.Config{MAC: a.MAC, Port: a.Port, Pairs: min(c.CPUs, nic.MaxPairs), Lock: &p.VM.Devices, Broken: p.broken})
	if err != nil {
		return err
	}
	p.VM.OnClose(func() {
		a.Connect(nil)
		d.Close()
	})
	if err := p.AddVirtio(c.Virtio, d); err != nil {
		return err
	}
	a.Connect(d.NIC())
	return nil
}

// addE1000 adds an e1000.
func (p *PC) addE1000(_ Config, a Adapter) error {
	d, err := e1000.New(e1000.Config{Memory: p.VM.RAM, MAC: a.MAC, Port: a.Port, Clock: p.VM.Clock(), Run: p.served})
	if err != nil {
		return err
	}
	p.VM.OnClose(func() {
		a.Connect(nil)
		d.Close()
		// Its goroutine may have a frame in hand: without a receiver that is
		// on, it leaves memory alone.
		p.VM.Devices.Lock()
		defer p.VM.Devices.Unlock()
		d.Reset()
	})
	if _, err := p.AddFunction(d.Function); err != nil {
		return err
	}
	p.extended = append(p.extended, d)
	a.Connect(d)
	return nil
}
