package lapic

import "github.com/ringo-vmm/ringo/vmm/state"

// State names the state of the local APIC. When loading, the clock and the
// time-stamp counter must have been loaded before. An offer in the guest's word for
// the end of interrupts is withdrawn, also from memory that was loaded before.
func (l *LAPIC) State(c *state.Codec) {
	c.Version("lapic", 2)
	if !c.Loading() {
		l.withdraw()
	}
	base, pvEOI := l.base, l.pvEOI
	c.U64(&base)
	c.Bool(&l.waiting)
	for _, v := range []*vectors{&l.irr, &l.isr, &l.tmr} {
		for i := range v.word {
			c.U32(&v.word[i])
		}
	}
	tpr := l.TPR()
	c.U8(&tpr)
	for _, v := range []*uint32{&l.ldr, &l.dfr, &l.svr, &l.errors, &l.esr, &l.timer.initial, &l.timer.divide} {
		c.U32(v)
	}
	c.U64(&l.icr)
	for i := range l.lvt {
		c.U32(&l.lvt[i])
	}
	c.Bool(&l.pins[0])
	c.Bool(&l.pins[1])
	c.Bool(&l.extINT)
	c.Bool(&l.timer.running)
	c.U64(&l.timer.start)
	c.U64(&l.timer.deadline)
	c.U64(&pvEOI)
	if !c.Loading() {
		return
	}
	if base&baseBSP != l.base&baseBSP || base&(baseEnable|baseX2) == baseX2 ||
		base&^(baseBSP|baseX2|baseEnable|baseAddress) != 0 {
		c.Fail("IA32_APIC_BASE %#x", base)
	}
	if pvEOI != 0 && !l.validPVEOI(pvEOI) {
		c.Fail("the word for the end of interrupts is not in guest memory: %#x", pvEOI)
	}
	if c.Err() == nil {
		l.base, l.pvEOI = base, pvEOI
	}
	l.offered = false
	if l.pvEOI&pvEnable != 0 {
		l.pvWord()[0] &^= pvOffer
	}
	l.setTPR(tpr)
	l.loaded()
}

// loaded makes what was loaded, in part or in full, something that a guest
// could have written, and brings the rest in step with it.
func (l *LAPIC) loaded() {
	for _, v := range []*vectors{&l.irr, &l.isr, &l.tmr} {
		v.legal()
	}
	l.service = l.isr.highest()
	l.dfr |= dfrFixed
	l.svr &= svrBits
	for i := range l.lvt {
		bits := lvtBits[i]
		if i == lvtLINT0 {
			bits |= lvtRemoteIRR
		}
		l.lvt[i] &= bits
	}
	l.lvt[lvtTimer] = l.legalTimer(l.lvt[lvtTimer])
	l.mode()

	t := &l.timer
	t.divide &= divideBits
	t.shift = divideShift(t.divide)
	t.running = t.running && t.initial != 0 && l.timerMode() != lvtDeadline
	t.start = l.ticks() - l.since()
	if l.timerMode() == lvtDeadline {
		l.armDeadline()
	} else {
		l.arm()
	}

	l.next = 0
	l.update()
	if l.ExtINT() {
		l.cfg.Notify()
	}
}
