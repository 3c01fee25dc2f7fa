package apic

import (
	"fmt"
	"strings"
)

// Vectors is a set of vectors as the IRR, ISR and TMR hold it: bit v%32 of
// word v/32 is vector v. Intel SDM vol. 3 §11.8.4.
type Vectors [8]uint32

// Has reports whether vector v is in the set.
func (s *Vectors) Has(v uint8) bool { return s[v/32]>>(v%32)&1 != 0 }

// String lists the vectors in the set, "none" for the empty one.
func (s *Vectors) String() string {
	var b strings.Builder
	for v := range 256 {
		if s.Has(uint8(v)) {
			fmt.Fprintf(&b, " %#02x", v)
		}
	}
	if b.Len() == 0 {
		return "none"
	}
	return b.String()[1:]
}

// Snapshot is the state of one local APIC at one moment, for the monitor and
// for a panic's dump. Taking it is pre-runtime; its text is not.
type Snapshot struct {
	X2       bool
	ID       uint32
	Version  uint8
	MaxLVT   int
	TPR, PPR uint32
	SVR      uint32
	ESR      uint32
	ICR      uint64
	ISR      Vectors // interrupts in service
	TMR      Vectors // those of them that are level-triggered
	IRR      Vectors // interrupts requested

	// The local vector table. Those beyond MaxLVT read as masked.
	Timer, LINT0, LINT1, Error, Perf, Thermal, CMCI uint32

	// The one-shot timer's start value and what is left of it, in ticks.
	TimerInitial, TimerCurrent uint32
}

// Snapshot reads the registers of this processor's local APIC. It does not
// write the ESR, so errors since the last call of Errors do not show.
func (l *LAPIC) Snapshot() Snapshot {
	s := Snapshot{
		X2: l.x2, ID: l.ID(), Version: l.Version(), MaxLVT: l.MaxLVT(),
		TPR: l.read(regTPR), PPR: l.read(regPPR), SVR: l.read(regSVR), ESR: l.read(regESR),
		Timer: l.read(regLVTTimer), LINT0: l.read(regLVTLINT0), LINT1: l.read(regLVTLINT1),
		Error: l.read(regLVTError), Perf: lvtMasked, Thermal: lvtMasked, CMCI: lvtMasked,
		TimerInitial: l.read(regTimerInitial), TimerCurrent: l.read(regTimerCurrent),
	}
	if l.x2 {
		s.ICR = l.msr.Read(msrX2 + uint32(regICR)>>4)
	} else {
		s.ICR = uint64(l.read(regICRHigh))<<32 | uint64(l.read(regICR))
	}
	if s.MaxLVT >= 4 {
		s.Perf = l.read(regLVTPerf)
	}
	if s.MaxLVT >= 5 {
		s.Thermal = l.read(regLVTThermal)
	}
	if s.MaxLVT >= 6 {
		s.CMCI = l.read(regLVTCMCI)
	}
	for i := range reg(8) {
		s.ISR[i] = l.read(regISR + i*16)
		s.TMR[i] = l.read(regTMR + i*16)
		s.IRR[i] = l.read(regIRR + i*16)
	}
	return s
}

// String returns the state in lines, each with its end.
func (s *Snapshot) String() string {
	mode, state := "xAPIC", "disabled"
	if s.X2 {
		mode = "x2APIC"
	}
	if s.SVR&svrEnable != 0 {
		state = "enabled"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "local APIC %d: %s, version %#x, %s, spurious vector %#x\n", s.ID, mode, s.Version, state, s.SVR&lvtVector)
	fmt.Fprintf(&b, "  TPR %#x PPR %#x ESR %#x (%s) ICR %#x\n", s.TPR, s.PPR, s.ESR, ErrorText(s.ESR), s.ICR)
	fmt.Fprintf(&b, "  IRR %v\n  ISR %v\n  TMR %v\n", &s.IRR, &s.ISR, &s.TMR)
	fmt.Fprintf(&b, "  timer   %s, %s, count %d of %d\n", lvtText(s.Timer), timerMode(s.Timer), s.TimerCurrent, s.TimerInitial)
	for _, e := range []struct {
		name  string
		entry uint32
		last  int // the MaxLVT that has it
	}{
		{"LINT0", s.LINT0, 0}, {"LINT1", s.LINT1, 0}, {"error", s.Error, 0},
		{"perf", s.Perf, 4}, {"thermal", s.Thermal, 5}, {"CMCI", s.CMCI, 6},
	} {
		if s.MaxLVT >= e.last {
			fmt.Fprintf(&b, "  %-7s %s\n", e.name, lvtText(e.entry))
		}
	}
	return b.String()
}
