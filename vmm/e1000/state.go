package e1000

import "github.com/ringo-vmm/ringo/vmm/state"

// State is device.Stateful's. Frames that were received and that the guest has
// not got are no part of it: networks lose some.
func (a *Adapter) State(s *state.Codec) {
	s.Version("e1000", 1)
	for _, v := range []*uint32{&a.ctrl, &a.rctl, &a.tctl, &a.icr, &a.ims, &a.itr, &a.eerd, &a.mdic, &a.window} {
		s.U32(v)
	}
	a.rx.state(s)
	a.txRing.state(s)
	for _, v := range [][]uint32{a.stats[:], a.mta[:], a.vfta[:], a.filters[:], a.plain[:]} {
		for i := range v {
			s.U32(&v[i])
		}
	}
	for i := range a.phy.regs {
		s.U16(&a.phy.regs[i])
	}
	a.eeprom.state(s)
	a.tx.state(s)
	s.U64(&a.allowed)
	if !s.Loading() {
		return
	}
	a.throttle.Stop()
	a.more.Stop()
	if s.Err() != nil {
		a.Reset()
		return
	}
	a.icr, a.ims, a.itr = a.icr&icrBits, a.ims&icrBits, a.itr&0xffff
	const unit = 256
	a.allowed = min(a.allowed, a.clock.Now()+0xffff*unit)
	a.more.Set(a.clock.Now())
	a.step()
}

func (r *ring) state(s *state.Codec) {
	s.U64(&r.base)
	s.U32(&r.length)
	s.U32(&r.head)
	s.U32(&r.tail)
	if s.Loading() {
		r.base &^= descriptor - 1
		r.length &= 0xfff80
		r.head, r.tail = r.head&0xffff, r.tail&0xffff
	}
}

func (e *eeprom) state(s *state.Codec) {
	s.U32(&e.pinsIn)
	s.U32(&e.shift)
	s.U8(&e.bits)
	s.Bool(&e.out)
	s.Bool(&e.dumps)
	s.U16(&e.at)
	if s.Loading() {
		e.pinsIn &= eeBits
		if e.bits >= eeCommand || e.shift >= 1<<e.bits || e.at >= 16*eeWords {
			s.Fail("the EEPROM has %d bits %#x and is at %d", e.bits, e.shift, e.at)
		}
	}
}

func (t *transmitter) state(s *state.Codec) {
	for _, v := range []*uint8{&t.ipStart, &t.ipField, &t.tuStart, &t.tuField, &t.header} {
		s.U8(v)
	}
	for _, v := range []*uint16{&t.ipEnd, &t.tuEnd, &t.mss} {
		s.U16(v)
	}
	s.U32(&t.command)
	s.Bool(&t.data)
	s.Bool(&t.lost)
	s.Bool(&t.cut)
	s.U64(&t.options)
	s.Int(&t.n)
	if t.n < 0 || t.n > len(t.buf) {
		s.Fail("a packet of %d bytes", t.n)
		t.n = 0
	}
	s.Raw(t.buf[:t.n])
}
