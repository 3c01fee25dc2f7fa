package rtc

import "github.com/ringo-vmm/ringo/vmm/state"

// farSeconds bounds a saved offset: some 30,000 years.
const farSeconds = 1_000_000_000_000

// State is device.Stateful's. The time is saved as an offset from the wall
// clock, so it has gone on when it is loaded.
func (r *RTC) State(c *state.Codec) {
	c.Version("rtc", 1)
	c.Raw(r.index[:])
	c.Bool(&r.nmi)
	c.Raw(r.cmos[:])
	c.U8(&r.a)
	c.U8(&r.b)
	c.U8(&r.c)
	for _, v := range []*int64{&r.phase, &r.shift, &r.seen} {
		w := uint64(*v)
		c.U64(&w)
		*v = int64(w)
	}
	c.U64(&r.pulse)
	c.U64(&r.chain)
	if !c.Loading() {
		return
	}
	if r.phase < 0 || r.phase >= second || max(r.shift, -r.shift) > farSeconds || r.shift == -1<<63 {
		c.Fail("an offset of %d s and %d ns", r.shift, r.phase)
	}
	r.index[0] &= 0x7f
	r.index[1] |= 0x80
	r.a &^= aUIP
	r.c &= cFlags
	if c.Err() != nil {
		r.phase, r.shift = 0, 0
	}
	r.level = r.raised()
	r.irq.Set(r.level)
	r.step()
}
