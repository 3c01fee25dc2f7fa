package pc

import (
	"slices"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// stateful is the devices, in the order in which they are saved and loaded:
// who pulls a line comes before who has to remember its level.
func (p *PC) stateful() []device.Stateful {
	list := []device.Stateful{
		p.pit, p.rtc, p.power(), p.keyboard, p.port92, p.pci,
		p.consoles[0], p.consoles[1], &p.post,
		p.dma, p.pic, p.ioapic, &p.bus,
	}
	if p.ide != nil {
		list = slices.Insert(list, 0, device.Stateful(p.ide))
	}
	if p.rom != nil {
		list = slices.Insert(append(list, p.vga, p.rom, p.fwcfg), slices.Index(list, device.Stateful(p.rtc))+1, device.Stateful(p.hpet))
	}
	if p.ahci != nil {
		list = slices.Insert(list, 0, device.Stateful(p.ahci))
	}
	if p.floppy != nil {
		list = slices.Insert(list, 0, device.Stateful(p.floppy))
	}
	for _, u := range p.uarts {
		list = slices.Insert(list, 0, device.Stateful(u))
	}
	for _, d := range p.extended {
		list = slices.Insert(list, 0, device.Stateful(d))
	}
	for _, q := range p.cpus {
		list = append(list, q.lapic, q.msrs)
	}
	return append(list, p.clock)
}

// State saves or loads all devices: a device.Stateful. The processor's own
// state, its time-stamp counter included, and the memory are not part of it.
// The machine must stand still; when it goes on, its clock is brought in step.
// Requests that disks work on are waited for: the caller does not hold the device
// lock.
func (p *PC) State(c *state.Codec) {
	p.drain()
	for _, d := range p.stateful() {
		d.State(c)
	}
	c.Version("pc", 1)
	for _, q := range p.cpus {
		c.Bool(&q.nmi)
	}
	if c.Loading() {
		p.placeLAPICs()
	}
}

// Reset puts all devices into the state that power-on and a BIOS leave them in.
// The machine must stand still.
func (p *PC) Reset() {
	for _, d := range p.stateful() {
		if r, ok := d.(device.Resetter); ok {
			r.Reset()
		}
	}
	for _, q := range p.cpus {
		q.nmi = false
		q.msrs.Firmware()
	}
	p.placeLAPICs()
	p.firmware()
}
