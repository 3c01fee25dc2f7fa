package pcihost

import "github.com/ringo-vmm/ringo/vmm/state"

// State saves and loads the bus and the configuration spaces of its functions.
// A state fits the machine it was saved from: the same functions in the same
// places. Of a configuration space, a load takes only the bits that a guest can
// change, so that no state makes a function another.
func (h *Host) State(c *state.Codec) {
	c.Version("pcihost", 1)
	c.U32(&h.address)
	c.U8(&h.resetControl)
	for slot, f := range &h.slots {
		if f != nil {
			f.state(c, uint8(slot))
		}
	}
	if !c.Loading() {
		return
	}
	h.address &= addressBits
	h.resetControl &= resetControl
	if h.bridge {
		h.loadRoutes()
	}
	h.bridges()
	h.route()
	for i, line := range &h.irq {
		if line != nil {
			line.Set(h.irqs>>i&1 != 0)
		}
	}
}

// state saves and loads one function.
func (f *Function) state(c *state.Codec, slot uint8) {
	c.U8(&slot)
	config, level := f.config, f.level
	c.Raw(config[:])
	c.Bool(&level)
	if f.msix != nil {
		f.msix.state(c)
	}
	if !c.Loading() {
		return
	}
	if slot != f.slot {
		c.Fail("function %02x.%d, want %02x.%d", slot/functions, slot%functions, f.slot/functions, f.slot%functions)
	}
	for _, off := range [...]uint8{regVendor, regVendor + 1, regDevice, regDevice + 1} {
		if config[off] != f.config[off] {
			c.Fail("function %02x.%d is another device", f.slot/functions, f.slot%functions)
		}
	}
	if c.Err() != nil {
		return
	}
	for i, w := range &f.writable {
		f.config[i] = f.config[i]&^w | config[i]&w
	}
	f.level = level
	f.update()
}
