package lapic

// SetLINT sets the level of a local interrupt pin: 0 is wired to the 8259s'
// INTR, 1 to NMI. The levels are of assertion: as in most virtual machines,
// the polarity that the guest sets is remembered and not looked at, since no
// line here has a voltage. Intel SDM vol. 3 §11.5.1.
func (l *LAPIC) SetLINT(n int, level bool) {
	n &= 1
	if l.pins[n] == level {
		return
	}
	l.pins[n] = level
	if !level {
		return
	}
	// Without a local APIC, the pins are the processor's INTR and NMI. Intel
	// SDM vol. 3 §11.4.3.
	if !l.Enabled() {
		if n == 1 {
			l.cfg.NMI()
		} else {
			l.cfg.Notify()
		}
		return
	}
	e := l.lvt[lvtLINT0+n]
	switch mode := Mode(e & lvtMode >> lvtModeBit); {
	case e&lvtMasked != 0:
	case n == 0 && mode == Fixed && e&lvtLevel != 0:
		l.senseLINT0()
	case mode == Fixed:
		l.Accept(uint8(e), false)
	case mode == NMI:
		l.cfg.NMI()
	case mode == INIT:
		l.init()
	case mode == ExtINT && n == 0:
		l.cfg.Notify()
	}
}

// senseLINT0 interrupts if LINT0 is level-triggered, asserted, and its last
// interrupt has ended. LINT1 is always edge-triggered.
func (l *LAPIC) senseLINT0() {
	const wanted = uint32(Fixed)<<lvtModeBit | lvtLevel
	e := &l.lvt[lvtLINT0]
	if l.pins[0] && *e&(lvtMode|lvtLevel|lvtRemoteIRR|lvtMasked) == wanted && l.Accept(uint8(*e), true) {
		*e |= lvtRemoteIRR
	}
}

// ExtINT tells whether the 8259s' interrupt should be taken as soon as the
// processor can: their vector comes from them, and their priority is above
// that of Pending.
func (l *LAPIC) ExtINT() bool {
	return l.extINT || l.pins[0] && l.virtualWire()
}

// virtualWire tells whether LINT0 is the processor's INTR.
func (l *LAPIC) virtualWire() bool {
	return l.lvt[lvtLINT0]&(lvtMode|lvtMasked) == uint32(ExtINT)<<lvtModeBit || !l.Enabled()
}

// AcknowledgeExtINT says that the processor takes the interrupt that ExtINT
// told of. The vector comes from the 8259s.
func (l *LAPIC) AcknowledgeExtINT() { l.extINT = false }

// writeLVT sets an entry of the local vector table. While the local APIC is
// disabled by software, entries stay masked. Intel SDM vol. 3 §11.4.7.2.
func (l *LAPIC) writeLVT(entry int, v uint32) {
	v &= lvtBits[entry]
	if l.svr&svrEnable == 0 {
		v |= lvtMasked
	}
	switch entry {
	case lvtTimer:
		l.writeTimer(v)
	case lvtLINT0:
		// The remote IRR lives as long as the entry is a level's.
		if v&lvtLevel != 0 {
			v |= l.lvt[entry] & lvtRemoteIRR
		}
		l.lvt[entry] = v
		l.senseLINT0()
		if l.ExtINT() {
			l.cfg.Notify()
		}
	default:
		l.lvt[entry] = v
	}
}

// writeSVR sets the spurious-interrupt vector register. Intel SDM vol. 3 §11.9.
func (l *LAPIC) writeSVR(v uint32) {
	l.svr = v & svrBits
	if l.svr&svrEnable == 0 {
		for i := range l.lvt {
			l.writeLVT(i, l.lvt[i])
		}
	}
}
