package lapic

// Read reads size bytes at off in the register page: device.MMIO's. Registers
// are 32 bits on 16-byte boundaries; what lies between them reads 0.
func (l *LAPIC) Read(off uint64, size int) uint64 {
	if !l.mmio {
		return ^uint64(0)
	}
	if off&12 != 0 {
		return 0
	}
	return uint64(l.read(uint32(off>>4)) >> (8 * (off & 3)))
}

// Write writes size bytes at off in the register page: device.MMIO's. Only
// aligned writes of 32 bits, or of 64, whose upper half falls between two
// registers, reach one. Intel SDM vol. 3 §11.4.1.
func (l *LAPIC) Write(off uint64, size int, v uint64) {
	switch {
	case !l.mmio || off&15 != 0 || size < 4:
	case off == regEOI<<4: // nothing is written as often
		l.end()
	default:
		l.write(uint32(off>>4), uint32(v))
	}
}

// read reads a register.
func (l *LAPIC) read(reg uint32) uint32 {
	if l.offered {
		l.collect()
	}
	switch reg {
	case regID:
		if l.X2() {
			return l.cfg.ID
		}
		return l.cfg.ID << destBit
	case regVersion:
		return version
	case regTPR:
		return uint32(l.TPR())
	case regAPR:
		return l.apr()
	case regPPR:
		return uint32(l.ppr())
	case regEOI, regRRD:
		return 0
	case regLDR:
		if l.X2() {
			return x2LDR(l.cfg.ID)
		}
		return l.ldr
	case regDFR:
		return l.dfr
	case regSVR:
		return l.svr
	case regESR:
		return l.esr
	case regICR:
		return uint32(l.icr)
	case regICRHigh:
		return uint32(l.icr >> icrDestBit)
	case regTimerInitial:
		return l.timer.initial
	case regTimerCurrent:
		return l.currentCount()
	case regTimerDivide:
		return l.timer.divide
	}
	switch {
	case reg-regISR < 8:
		return l.isr.word[reg-regISR]
	case reg-regTMR < 8:
		return l.tmr.word[reg-regTMR]
	case reg-regIRR < 8:
		return l.irr.word[reg-regIRR]
	case reg-regLVT < lvtEntries:
		return l.lvt[reg-regLVT]
	}
	l.fail(errRegister)
	return 0
}

// write writes a register. A write to one that is read-only has no effect.
func (l *LAPIC) write(reg, v uint32) {
	switch reg {
	case regEOI:
		l.end()
	case regTPR:
		l.SetTPR(uint8(v))
	case regICR:
		l.icr = l.icr&^0xffff_ffff | uint64(v&icrBits)
		l.sendIPI(v, l.icrDest())
	case regTimerInitial:
		l.startTimer(v)
	case regICRHigh:
		l.icr = l.icr&0xffff_ffff | uint64(v&^(1<<destBit-1))<<icrDestBit
	case regLDR:
		l.ldr = v &^ (1<<destBit - 1)
	case regDFR:
		l.dfr = v | dfrFixed
	case regSVR:
		l.writeSVR(v)
	case regESR:
		l.esr, l.errors = l.errors, 0
	case regTimerDivide:
		l.divideTimer(v)
	case regID, regVersion, regAPR, regPPR, regRRD, regTimerCurrent:
	default:
		switch {
		case reg-regLVT < lvtEntries:
			l.writeLVT(int(reg-regLVT), v)
		case reg-regISR >= 24:
			l.fail(errRegister)
		}
	}
}
