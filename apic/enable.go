package apic

// maxInService is how many interrupts a local APIC can have in service: one a
// vector. It bounds how often Enable ends what the firmware left behind.
const maxInService = 256

// Enable makes the processor that calls it able to take interrupts: all local
// interrupts are masked but the APIC's own errors, which arrive at
// ErrorVector; every priority is let through; spurious interrupts arrive at
// SpuriousVector; what the firmware left in service is ended. Each processor
// calls it, with interrupts off and both vectors' handlers in place. Intel SDM
// vol. 3 §11.4.3, §11.4.7, §11.12.1; AMD APM vol. 2 §16.3.1.
func (l *LAPIC) Enable() error {
	if err := l.enterMode(); err != nil {
		return err
	}
	if v := l.Version(); v < versionIntegrated || v > versionLast {
		return ErrVersion
	}
	l.maskLocal()
	l.write(regTPR, 0)
	l.write(regSVR, svrEnable|SpuriousVector)
	if l.read(regSVR)&svrEnable == 0 {
		return ErrNotEnabled
	}
	if err := l.endAll(); err != nil {
		return err
	}
	l.Errors()
	l.write(regLVTError, ErrorVector)
	return nil
}

// enterMode brings this processor into the mode that Init chose for all.
func (l *LAPIC) enterMode() error {
	base := l.msr.Read(msrBase)
	if base&baseEnable == 0 {
		return ErrDisabled
	}
	if base&baseX2 != 0 && !l.x2 {
		return ErrMixedModes
	}
	if base&baseX2 == 0 && l.x2 {
		l.msr.Write(msrBase, base|baseX2)
		if l.msr.Read(msrBase)&baseX2 == 0 {
			return ErrX2Refused
		}
	}
	return nil
}

// maskLocal masks every local interrupt. The error entry goes first, and each
// keeps a legal vector, because an entry with vector 0 can itself raise an
// error. Intel SDM vol. 3 §11.5.3.
func (l *LAPIC) maskLocal() {
	const masked = lvtMasked | SpuriousVector
	l.write(regLVTError, masked)
	l.write(regLVTTimer, masked)
	l.write(regLVTLINT0, masked)
	l.write(regLVTLINT1, masked)
	last := l.MaxLVT()
	if last >= 4 {
		l.write(regLVTPerf, masked)
	}
	if last >= 5 {
		l.write(regLVTThermal, masked)
	}
	if last >= 6 {
		l.write(regLVTCMCI, masked)
	}
}

// endAll ends the interrupts that are in service: those the firmware took and
// never ended would hold back all of the same or a lower class.
func (l *LAPIC) endAll() error {
	for range maxInService + 1 {
		if !l.inService() {
			return nil
		}
		l.EOI()
	}
	return ErrInService
}

func (l *LAPIC) inService() bool {
	for i := reg(0); i < 8; i++ {
		if l.read(regISR+i*16) != 0 {
			return true
		}
	}
	return false
}

// Errors returns the errors the local APIC has detected since the last call,
// one bit each (see ErrorText), and clears them. Writing the register first is
// what makes it show them. Intel SDM vol. 3 §11.5.3.
func (l *LAPIC) Errors() uint32 {
	l.write(regESR, 0)
	v := l.read(regESR)
	l.write(regESR, 0)
	return v
}

// SetNMI makes a pin of the local APIC deliver NMIs to this processor, as a
// Local APIC NMI entry of the MADT asks for. lint is 0 or 1. ACPI 6.4
// §5.2.12.7, Intel SDM vol. 3 §11.5.1.
func (l *LAPIC) SetNMI(lint int, activeLow bool) error {
	v := uint32(lvtNMI)
	if activeLow {
		v |= lvtActiveLow
	}
	switch lint {
	case 0:
		l.write(regLVTLINT0, v)
	case 1:
		l.write(regLVTLINT1, v)
	default:
		return ErrLINT
	}
	return nil
}
