// Package pc is a PC as a virtual machine: the devices that PCs have, where
// PCs have them, and processors, the first of which starts a kernel in it.
//
// Package manager is the caller. The order of construction is that of a real
// board: the processors, interrupt controllers, what pulls their lines, tables
// that describe it all, and the image.
package pc

import (
	"time"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/acpitab"
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/kvmclock"
	"github.com/ringo-vmm/ringo/vmm/loader"
	"github.com/ringo-vmm/ringo/vmm/virtio/balloon"
)

// PC is a virtual PC.
type PC struct {
	VM  *vmm.VM
	CPU *vmm.VCPU // the first processor

	// Balloon is the machine's balloon; nil is none.
	Balloon *balloon.Device

	host  vmm.Host
	clock *kvmclock.Clock
	cpus  []*processor
	page  page // of their local APICs
	disks []*block.Disk

	functions int // of AddFunction
	windows   []acpitab.Window
	inputs    [sharedInputs]shared
	board
}

// New builds a machine and loads its kernel. It does not run yet. An error has
// a method ConfigKey if it is known which key of the configuration is at fault.
func New(c Config) (*PC, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	group, err := c.Host.Scheduler().NewGroup(c.Name, c.Share)
	if err != nil {
		return nil, &keyError{"schedule", err}
	}
	m, err := vmm.New(c.Name, c.Host, c.Engine, c.Memory, group)
	if err != nil {
		return nil, &keyError{"memory", err}
	}
	p := &PC{VM: m, host: c.Host}
	if err := p.build(c); err != nil {
		m.Close()
		return nil, err
	}
	return p, nil
}

func (p *PC) build(c Config) error {
	if err := p.processors(c); err != nil {
		return err
	}
	if err := p.devices(c); err != nil {
		return err
	}
	if c.Firmware != nil {
		if err := p.bios(c); err != nil {
			return err
		}
		p.reset()
		return nil
	}
	if err := p.tables(c); err != nil {
		return err
	}
	c.Load.RAM, c.Load.RSDP = p.VM.RAM, tableArea
	entry, err := loader.Load(c.Load)
	if err != nil {
		return err
	}
	p.start(entry)
	return nil
}

// Age is how long ago the machine was started.
func (p *PC) Age() time.Duration { return time.Duration(p.host.Now() - p.VM.Started()) }

// PressPower presses the power button, for the guest to switch itself off. A
// guest without ACPI does not notice.
func (p *PC) PressPower() {
	p.VM.Devices.Lock()
	defer p.VM.Devices.Unlock()
	p.pm.PowerButton()
}

// end is a callback that ends the machine.
func (p *PC) end(how vmm.How) func() { return func() { p.ended(vmm.Ending{How: how}) } }

// ended ends the machine because of what the guest did to a device.
func (p *PC) ended(e vmm.Ending) {
	for _, c := range &p.consoles {
		c.Flush()
	}
	p.VM.End(e)
}
