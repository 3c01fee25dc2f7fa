package ioapic

import "github.com/ringo-vmm/ringo/vmm/state"

// State names the state of the I/O APIC.
func (a *IOAPIC) State(c *state.Codec) {
	c.Version("ioapic", 1)
	c.U32(&a.id)
	c.U8(&a.index)
	for n := range a.entry {
		c.U64(&a.entry[n])
	}
	c.U32(&a.pins)
	c.U32(&a.remote)
	const all = 1<<Pins - 1
	if (a.pins|a.remote)&^all != 0 || a.id&^idBits != 0 {
		c.Fail("inputs %#x, remote IRRs %#x or id %#x out of range", a.pins, a.remote, a.id)
	}
	for n := range a.entry {
		a.entry[n] &= entryBits
	}
}
