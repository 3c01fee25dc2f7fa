package apic

import "github.com/ringo-vmm/ringo/amd64"

// MSRs is the processor's model-specific registers. Write must let earlier
// stores and register accesses become visible first (MFENCE; LFENCE): a write
// to the x2APIC registers or to IA32_TSC_DEADLINE does not order them by
// itself. Intel SDM vol. 3 §11.12.3.
type MSRs interface {
	Read(msr uint32) uint64
	Write(msr uint32, v uint64)
}

// LAPIC is the local APIC of whichever processor runs the method. Every
// processor finds its own at the same addresses, so one value serves them all.
// Methods must not be interrupted by code that uses the same processor's local
// APIC: call them with interrupts off.
type LAPIC struct {
	mmio amd64.MMIO // the xAPIC page; unused in x2APIC mode
	msr  MSRs
	x2   bool
}

// Base returns the host-physical address of the xAPIC page, 4 KiB long, and
// whether the processor is already in x2APIC mode, where no page is needed.
// Intel SDM vol. 3 §11.4.4.
func Base(msr MSRs) (phys uint64, x2 bool) {
	v := msr.Read(msrBase)
	return v & baseAddress, v&baseX2 != 0
}

// Init chooses the mode for all processors; the boot processor calls it once.
// mmio is the page at Base, mapped uncached, and may be nil in x2APIC mode. x2
// asks for x2APIC mode, which CPUID.1:ECX[21] must offer. A processor that the
// firmware left in x2APIC mode stays there, since it could only leave by being
// disabled. The errors are ErrDisabled and ErrNoWindow.
func (l *LAPIC) Init(msr MSRs, mmio amd64.MMIO, x2 bool) error {
	base := msr.Read(msrBase)
	if base&baseEnable == 0 {
		return ErrDisabled
	}
	l.msr, l.mmio = msr, mmio
	l.x2 = x2 || base&baseX2 != 0
	if !l.x2 && mmio == nil {
		return ErrNoWindow
	}
	return nil
}

// X2 reports whether the local APICs run in x2APIC mode.
func (l *LAPIC) X2() bool { return l.x2 }

// read reads a register. In x2APIC mode it must be one that exists there.
func (l *LAPIC) read(r reg) uint32 {
	if l.x2 {
		return uint32(l.msr.Read(msrX2 + uint32(r)>>4))
	}
	return l.mmio.Read32(uintptr(r))
}

func (l *LAPIC) write(r reg, v uint32) {
	if l.x2 {
		l.msr.Write(msrX2+uint32(r)>>4, uint64(v))
		return
	}
	l.mmio.Write32(uintptr(r), v)
}

// ID returns the processor's APIC id: 32 bits in x2APIC mode, 8 bits in xAPIC
// mode. Intel SDM vol. 3 §11.4.6, §11.12.5.1.
func (l *LAPIC) ID() uint32 {
	if l.x2 {
		return l.read(regID)
	}
	return l.read(regID) >> 24
}

// Version returns the local APIC's version, 0x10 to 0x1f.
func (l *LAPIC) Version() uint8 { return uint8(l.read(regVersion) & versionMask) }

// MaxLVT returns the number of the last local vector table entry: 3 means
// timer, LINT0, LINT1 and error; 4 adds performance counters, 5 the thermal
// sensor, 6 corrected machine checks. Intel SDM vol. 3 §11.4.8.
func (l *LAPIC) MaxLVT() int {
	return int(l.read(regVersion) >> versionMaxLVTBit & versionMaxLVT)
}

// EOI ends the interrupt of the highest priority that is in service. Intel SDM
// vol. 3 §11.8.5.
func (l *LAPIC) EOI() { l.write(regEOI, 0) }
