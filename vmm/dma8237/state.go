package dma8237

import "github.com/ringo-vmm/ringo/vmm/state"

// State is device.Stateful's.
func (d *DMA) State(s *state.Codec) {
	s.Version("dma8237", 1)
	s.Raw(d.pages[:])
	for i := range d.units {
		c := &d.units[i]
		for j := range c.channels {
			ch := &c.channels[j]
			s.U16(&ch.address)
			s.U16(&ch.baseAddress)
			s.U16(&ch.count)
			s.U16(&ch.baseCount)
			s.U8(&ch.mode)
		}
		s.U8(&c.command)
		s.U8(&c.mask)
		s.U8(&c.done)
		s.Bool(&c.high)
		if s.Loading() {
			c.mask, c.done = c.mask&0xf, c.done&0xf
		}
	}
}
