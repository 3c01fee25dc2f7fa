package apic

import "testing"

// fakeLAPIC is a local APIC behind both of its interfaces. It fails the test
// on accesses that real ones punish: registers that a mode does not have, and
// reserved bits in x2APIC mode, which fault.
type fakeLAPIC struct {
	t       *testing.T
	reg     map[reg]uint32
	msr     map[uint32]uint64
	base    uint64
	stuckX2 bool // refuses x2APIC mode
	busy    int  // reads of the ICR until an IPI has left; -1 is never
	left    int
	sent    []uint64 // what was written to the ICR
	self    []uint64 // what was written to SELF IPI
	log     []reg    // registers written, in order
	eois    int
	sticky  bool // EOI ends nothing
	esr     uint32
}

func newLAPIC(t *testing.T) *fakeLAPIC {
	return &fakeLAPIC{
		t: t, base: 0xfee00000 | baseEnable | 1<<8,
		reg: map[reg]uint32{
			regID: 5 << 24, regVersion: 6<<versionMaxLVTBit | 0x15, regSVR: 0xff, regTPR: 0xf0,
			regLVTTimer: lvtMasked, regLVTLINT0: 7 << 8, regLVTLINT1: lvtNMI, regLVTError: 0x22,
		},
		msr: map[uint32]uint64{},
	}
}

func (f *fakeLAPIC) Read32(off uintptr) uint32 {
	if f.base&baseX2 != 0 {
		f.t.Errorf("read of the xAPIC page at %#x in x2APIC mode", off)
	}
	return f.read(reg(off))
}

func (f *fakeLAPIC) Write32(off uintptr, v uint32) {
	if f.base&baseX2 != 0 {
		f.t.Errorf("write to the xAPIC page at %#x in x2APIC mode", off)
	}
	if reg(off) == regICR {
		f.left = f.busy
		f.sent = append(f.sent, uint64(f.reg[regICRHigh])<<32|uint64(v))
	}
	f.write(reg(off), v)
}

func (f *fakeLAPIC) read(r reg) uint32 {
	if r == regICR && f.left != 0 {
		f.left--
		return f.reg[r] | icrBusy
	}
	return f.reg[r]
}

func (f *fakeLAPIC) write(r reg, v uint32) {
	f.log = append(f.log, r)
	switch r {
	case regEOI:
		f.eoi()
	case regESR:
		f.reg[r], f.esr = f.esr, 0
	default:
		f.reg[r] = v
	}
}

// eoi clears the highest vector in service.
func (f *fakeLAPIC) eoi() {
	f.eois++
	for i := reg(7); i < 8 && !f.sticky; i-- {
		for bit := 31; bit >= 0; bit-- {
			if v := f.reg[regISR+i*16]; v>>bit&1 != 0 {
				f.reg[regISR+i*16] = v &^ (1 << bit)
				return
			}
		}
	}
}

// fakeMSRs is the MSRs of the processor that owns the local APIC.
type fakeMSRs struct{ *fakeLAPIC }

func (m fakeMSRs) register(msr uint32) reg {
	r := reg(msr-msrX2) << 4
	if m.base&baseX2 == 0 {
		m.t.Errorf("MSR %#x accessed in xAPIC mode", msr)
	}
	if r == regICRHigh || r == 0x0e0 || r > regTimerDivide {
		m.t.Errorf("MSR %#x does not exist", msr)
	}
	return r
}

func (m fakeMSRs) Read(msr uint32) uint64 {
	switch {
	case msr == msrBase:
		return m.base
	case msr >= msrX2 && msr < msrX2+0x100:
		r := m.register(msr)
		if r == regEOI {
			m.t.Error("EOI cannot be read")
		}
		if r == regICR {
			return m.msr[msr]
		}
		return uint64(m.read(r))
	}
	return m.msr[msr]
}

func (m fakeMSRs) Write(msr uint32, v uint64) {
	switch {
	case msr == msrBase:
		if m.stuckX2 {
			v &^= baseX2
		}
		m.base = v
	case msr == msrSelfIPI:
		m.self = append(m.self, v)
	case msr >= msrX2 && msr < msrX2+0x100:
		r := m.register(msr)
		switch {
		case r == regICR:
			m.sent = append(m.sent, v)
			m.msr[msr] = v
			return
		case v>>32 != 0, (r == regEOI || r == regESR) && v != 0:
			m.t.Errorf("MSR %#x: writing %#x faults", msr, v)
		case r == regID, r == regVersion, r == regTimerCurrent, r == regPPR:
			m.t.Errorf("MSR %#x is read-only", msr)
		}
		m.write(r, uint32(v))
	default:
		m.msr[msr] = v
	}
}

// both runs a test in each of the two modes.
func both(t *testing.T, test func(t *testing.T, f *fakeLAPIC, l *LAPIC)) {
	for _, x2 := range []bool{false, true} {
		name := "xAPIC"
		if x2 {
			name = "x2APIC"
		}
		t.Run(name, func(t *testing.T) {
			f := newLAPIC(t)
			if x2 {
				f.reg[regID] = 0x1_0005
			}
			var l LAPIC
			if err := l.Init(fakeMSRs{f}, f, x2); err != nil {
				t.Fatal(err)
			}
			if err := l.Enable(); err != nil {
				t.Fatal(err)
			}
			test(t, f, &l)
		})
	}
}
