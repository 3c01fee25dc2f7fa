package pic

import "github.com/ringo-vmm/ringo/vmm/state"

// State names the state of both chips.
func (p *PIC) State(c *state.Codec) {
	c.Version("pic", 1)
	p.master.state(c, levelMaster)
	p.slave.state(c, levelSlave)
	if c.Loading() && c.Err() == nil {
		// The output's listener may be in any state: tell it in any case.
		_, p.intr = p.master.request()
		if p.Output != nil {
			p.Output(p.intr)
		}
	}
}

func (c *chip) state(s *state.Codec, canLevel uint8) {
	at := uint8(c.expect)
	for _, v := range []*uint8{
		&c.input, &c.irr, &c.isr, &c.imr, &c.level, &c.base, &c.slaves, &c.first, &at,
	} {
		s.U8(v)
	}
	for _, v := range []*bool{
		&c.single, &c.wantICW4, &c.autoEOI, &c.rotateAuto, &c.nestSlaves, &c.specialMask, &c.readISR, &c.poll,
	} {
		s.Bool(v)
	}
	if c.first > 7 || at >= uint8(steps) || c.level&^canLevel != 0 || c.base&7 != 0 {
		s.Fail("priority %d, step %d, levels %#x or vector %#x out of range", c.first, at, c.level, c.base)
		return
	}
	c.expect = step(at)
}
