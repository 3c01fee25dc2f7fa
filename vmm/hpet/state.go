package hpet

import "github.com/ringo-vmm/ringo/vmm/state"

// State is device.Stateful's. What the PIT and the RTC do to their lines is
// theirs to save.
func (h *HPET) State(c *state.Codec) {
	c.Version("hpet", 1)
	c.U8(&h.config)
	c.U8(&h.status)
	c.U64(&h.counter)
	for i := range h.timers {
		h.timers[i].state(c)
	}
	if !c.Loading() {
		return
	}
	h.config &= configBits
	h.status &= 1<<comparators - 1
	for i := range h.timers {
		if t := &h.timers[i]; !h.enabled() || t.due >= 2*farTick {
			t.due, t.armed = 0, false
		}
	}
	h.driven = h.levels()
	for i := range h.lines {
		h.pull(i, h.driven>>i&1 != 0)
	}
	h.step()
}
