package pmtimer

import "github.com/ringo-vmm/ringo/vmm/state"

// State is device.Stateful's.
func (p *PM) State(c *state.Codec) {
	c.Version("pmtimer", 1)
	c.U16(&p.status)
	c.U16(&p.enable)
	c.U16(&p.control)
	c.U64(&p.seen)
	c.U8(&p.smi)
	if !c.Loading() {
		return
	}
	p.enable &= pm1Enables
	p.control &= cntKept
	p.level = p.raised()
	p.sci.Set(p.level)
	p.step()
}
