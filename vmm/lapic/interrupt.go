package lapic

// class is the bits of a vector or a priority that decide. Intel SDM vol. 3
// §11.8.3.
const class = 0xf0

// Accept takes an interrupt from a message or a local source. level says that
// its end is to be broadcast to the I/O APICs. It is false when the interrupt
// is not taken: the local APIC is disabled by software, or the vector is below
// 16. Intel SDM vol. 3 §11.8.1, §11.8.4.
func (l *LAPIC) Accept(vector uint8, level bool) bool {
	if vector < minVector {
		l.fail(errReceiveVector)
		return false
	}
	if l.svr&svrEnable == 0 {
		return false
	}
	if l.offered {
		l.collect()
	}
	l.irr.set(vector)
	if level {
		l.tmr.set(vector)
	} else {
		l.tmr.clear(vector)
	}
	if vector > l.next && vector&class > l.service&class {
		l.next = vector
		l.cfg.Notify()
	} else if l.offered {
		l.cfg.Notify() // nobody would tell of the end that it waits for
	}
	return true
}

// Pending is the interrupt that the processor should take as soon as it can:
// the one of highest priority that requests, if the processor priority allows
// it. ok is false when there is none. The processor is out of its guest. Intel SDM
// vol. 3 §11.8.3.1.
func (l *LAPIC) Pending() (vector uint8, ok bool) {
	vector = l.next
	if *l.raised != 0 || l.offered {
		vector = l.allowed()
	}
	return vector, vector != 0
}

// allowed is next, unless the task priority holds it up. Then the processor is to
// come back when that has become lower. An offer holds up nothing.
func (l *LAPIC) allowed() (vector uint8) {
	if l.offered && l.irr.words != 0 {
		l.withdraw()
	}
	if l.next&class <= l.TPR()&class {
		l.exitBelow(l.next >> 4)
		return 0
	}
	l.exitBelow(0)
	return l.next
}

// Acknowledge says that the processor takes an interrupt that Pending gave.
func (l *LAPIC) Acknowledge(vector uint8) {
	if !l.irr.has(vector) {
		return
	}
	l.irr.clear(vector)
	l.isr.set(vector)
	l.service = max(l.service, vector)
	l.update()
	if l.pvEOI&pvEnable != 0 {
		l.offer(vector)
	}
}

// update finds what may be delivered as far as what is in service allows it. The
// task priority comes in when the processor asks, since it may change without
// notice: see Priority.
func (l *LAPIC) update() {
	before := l.next
	l.next = 0
	if l.irr.words == 0 {
		return
	}
	if v := l.irr.highest(); v&class > l.service&class {
		l.next = v
		if v > before {
			l.cfg.Notify()
		}
	}
}

// apr is the arbitration priority, which is of no consequence here. AMD APM
// vol. 2 §16.6.4.
func (l *LAPIC) apr() uint32 {
	request, service := l.irr.highest()&class, l.service&class
	tpr := l.TPR()
	if t := tpr & class; t >= request && t > service {
		return uint32(tpr)
	}
	return uint32(max(tpr&class, request, service))
}

// end ends the interrupt of highest priority that is in service. Intel SDM
// vol. 3 §11.8.5.
func (l *LAPIC) end() {
	if l.offered {
		l.withdraw()
	}
	v := l.service
	if v == 0 {
		return
	}
	l.isr.clear(v)
	l.service = l.isr.highest()
	l.update()
	if l.tmr.has(v) {
		l.endLevel(v)
	}
}

// endLevel tells those who sent a level interrupt that it has ended. One whose
// line is still asserted sends it again.
func (l *LAPIC) endLevel(vector uint8) {
	if e := &l.lvt[lvtLINT0]; *e&lvtRemoteIRR != 0 && uint8(*e) == vector {
		*e &^= lvtRemoteIRR
		l.senseLINT0()
	}
	if l.bus.EOI != nil {
		l.bus.EOI(vector)
	}
}

// fail records an error, and interrupts for the first since the ESR was
// written. Intel SDM vol. 3 §11.5.3.
func (l *LAPIC) fail(bit uint32) {
	armed := l.errors == 0
	l.errors |= bit
	if armed {
		l.local(lvtError)
	}
}

// local delivers the interrupt of an entry of the local vector table that has
// no delivery mode: the timer's and the error's.
func (l *LAPIC) local(entry int) {
	if e := l.lvt[entry]; e&lvtMasked == 0 {
		l.Accept(uint8(e), false)
	}
}
