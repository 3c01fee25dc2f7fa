package pc

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/ether"
	vconsole "github.com/ringo-vmm/ringo/vmm/virtio/console"
	"github.com/ringo-vmm/ringo/vmm/virtio/nic"
)

// Adapter is a virtio network adapter.
type Adapter struct {
	MAC ether.MAC
	// Port is where it is plugged in; Connect is called with the adapter's
	// other side, and with nil when the machine ends.
	Port    ether.Port
	Connect func(ether.NIC)
}

// addAdapters adds the network adapters. Each processor has a pair of queues.
func (p *PC) addAdapters(c Config) error {
	for i, a := range c.Adapters {
		d, err := nic.New(nic.Config{MAC: a.MAC, Port: a.Port, Pairs: min(c.CPUs, nic.MaxPairs), Lock: &p.VM.Devices, Broken: p.broken})
		if err != nil {
			return &keyError{"net", fmt.Errorf("number %d: %w", i+1, err)}
		}
		p.VM.OnClose(func() {
			a.Connect(nil)
			d.Close()
		})
		if err := p.AddVirtio(c.Virtio, d); err != nil {
			return &keyError{"net", fmt.Errorf("number %d: %w", i+1, err)}
		}
		a.Connect(d.NIC())
	}
	return nil
}

// AddVirtioConsole adds a virtio console with a port for each console, named
// ringo.0 and so on. It is for use before the machine starts.
func (p *PC) AddVirtioConsole(where config.Virtio, to ...*console.Console) error {
	var ports []*vconsole.Port
	var lines []*console.Line
	for i, c := range to {
		line := c.NewLine(&p.VM.Devices)
		line.Broken = p.broken
		lines = append(lines, line)
		ports = append(ports, &vconsole.Port{Backend: line, Console: true, Name: fmt.Sprintf("ringo.%d", i)})
	}
	d, err := vconsole.New(ports...)
	if err != nil {
		return err
	}
	if err := p.AddVirtio(where, d); err != nil {
		return err
	}
	for i, line := range lines {
		line.Connect(ports[i].Receive)
	}
	return nil
}
