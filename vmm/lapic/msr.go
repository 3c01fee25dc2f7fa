package lapic

// ReadMSR reads IA32_APIC_BASE (1Bh), IA32_TSC_DEADLINE (6E0h), MSRPVEOI or an
// x2APIC register (800h to 8FFh). ok is false when the guest must get #GP.
func (l *LAPIC) ReadMSR(msr uint32) (v uint64, ok bool) {
	switch {
	case msr == msrBase:
		return l.base, true
	case msr == msrDeadline:
		return l.timer.deadline, l.hasDeadline()
	case msr == MSRPVEOI:
		return l.pvEOI, l.cfg.RAM != nil
	}
	reg := msr - msrX2
	if !l.X2() || reg >= registers || x2Readable>>reg&1 == 0 {
		return 0, false
	}
	if reg == regICR {
		return l.icr, true
	}
	return uint64(l.read(reg)), true
}

// WriteMSR writes what ReadMSR reads. ok is false when the guest must get #GP.
func (l *LAPIC) WriteMSR(msr uint32, v uint64) (ok bool) {
	switch {
	case msr == msrBase:
		return l.writeBase(v)
	case msr == msrDeadline:
		if l.hasDeadline() {
			l.writeDeadline(v)
		}
		return l.hasDeadline()
	case msr == MSRPVEOI:
		return l.writePVEOI(v)
	}
	reg := msr - msrX2
	if !l.X2() || reg >= registers || x2Writable>>reg&1 == 0 || v&^x2Bits[reg] != 0 {
		return false
	}
	switch reg {
	case regICR:
		l.icr = v &^ icrBusy
		l.sendIPI(uint32(v), uint32(v>>icrDestBit))
	case regSelfIPI:
		l.sendIPI(uint32(v)|uint32(Self)<<icrShorthandBit, 0)
	default:
		l.write(reg, uint32(v))
	}
	return true
}

// Which x2APIC registers can be written and read, a bit each. Intel SDM vol. 3
// §11.12.1.2 table 11-6.
const (
	x2ReadOnly = 1<<regID | 1<<regVersion | 1<<regPPR | 1<<regLDR |
		0xff<<regISR | 0xff<<regTMR | 0xff<<regIRR | 1<<regTimerCurrent
	x2WriteOnly = 1<<regEOI | 1<<regSelfIPI
	x2Both      = 1<<regTPR | 1<<regSVR | 1<<regESR | 1<<regICR |
		(1<<lvtEntries-1)<<regLVT | 1<<regTimerInitial | 1<<regTimerDivide

	x2Readable uint64 = x2ReadOnly | x2Both
	x2Writable uint64 = x2WriteOnly | x2Both
)

// x2Bits is the bits that are not reserved in each register that can be
// written. Read-only bits can be written, without effect.
var x2Bits = [registers]uint64{
	regTPR:              0xff,
	regSVR:              svrBits,
	regICR:              icrBits | icrBusy | 0xffff_ffff<<icrDestBit,
	regLVT + lvtTimer:   0xff | lvtPending | lvtMasked | lvtTimerMode,
	regLVT + lvtThermal: 0xff | lvtPending | lvtMode | lvtMasked,
	regLVT + lvtPerf:    0xff | lvtPending | lvtMode | lvtMasked,
	regLVT + lvtLINT0:   0xff | lvtPending | lvtMode | lvtActiveLow | lvtRemoteIRR | lvtLevel | lvtMasked,
	regLVT + lvtLINT1:   0xff | lvtPending | lvtMode | lvtActiveLow | lvtRemoteIRR | lvtLevel | lvtMasked,
	regLVT + lvtError:   0xff | lvtPending | lvtMasked,
	regTimerInitial:     0xffff_ffff,
	regTimerDivide:      divideBits,
	regSelfIPI:          0xff,
}

// writeBase writes IA32_APIC_BASE: x2APIC mode is entered from xAPIC mode only
// and left by disabling only. A local APIC that is disabled loses its state.
// Intel SDM vol. 3 §11.4.3, §11.12.5 figure 11-27.
func (l *LAPIC) writeBase(v uint64) (ok bool) {
	const state = baseEnable | baseX2
	if v&^(baseBSP|baseX2|baseEnable|baseAddress) != 0 {
		return false
	}
	from, to := l.base&state, v&state
	switch {
	case to == baseX2:
		return false // not enabled
	case from == 0 && to == state, from == state && to == baseEnable:
		return false
	}
	// Which processor is the boot processor is not for software to say.
	l.base = v&^baseBSP | l.base&baseBSP
	if from != 0 && to == 0 {
		l.withdraw()
		l.resetRegisters()
	}
	l.mode()
	if l.ExtINT() {
		l.cfg.Notify()
	}
	return true
}
