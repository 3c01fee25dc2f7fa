//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// The engine is what package vmm wants.
var _ vmm.Engine = (*Engine)(nil)

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	for name, m := range map[string]cpuidtest.Model{
		"no SVM":           cpuidtest.QEMUNoVirtualization,
		"no nested paging": withSVM(cpuidtest.QEMUEPYC, 16, 0),
		"no guest's ASID":  withSVM(cpuidtest.QEMUEPYC, 1, onlyPaging),
		"an Intel":         cpuidtest.BochsBroadwell,
	} {
		f := newFrames(t)
		if _, err := New(m.CPUID(), f); err == nil {
			t.Errorf("%s: no error", name)
		}
		if len(f.pages) != 0 {
			t.Errorf("%s: %d blocks stay", name, len(f.pages))
		}
	}
}

func TestFeaturesAreTheProcessors(t *testing.T) {
	for _, tc := range []struct {
		name  string
		model cpuidtest.Model
		want  features
	}{
		{"QEMU EPYC", cpuidtest.QEMUEPYC, features{tscAux: true, xsave: true, redelivers: true, asids: 16}},
		{"Bochs trinity", cpuidtest.BochsTrinity, features{flushByASID: true, pauseFilter: true, tscAux: true, xsave: true, asids: 64}},
		{"Bochs toliman", cpuidtest.BochsToliman, features{tscAux: true, asids: 64}},
		{"all", fullEPYC, features{decodeAssists: true, flushByASID: true, cleanBits: true, pauseFilter: true, virtSpecCtrl: true,
			barrier: true, tscAux: true, xsave: true, redelivers: true, asids: 32768}},
	} {
		if got := readFeatures(tc.model.CPUID()); got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
}

// A guest has the MSRs that the switch moves, and no others.
func TestGuestMSRs(t *testing.T) {
	e, _ := newEngine(t, cpuidtest.QEMUEPYC)
	m := msrPermissions(amd64.Bytes(uintptr(e.msrpm), msrpmSize))
	free := map[uint32]bool{
		msr.STAR: true, msr.LSTAR: true, msr.CSTAR: true, msr.SFMask: true, msr.FSBase: true, msr.GSBase: true,
		msr.KernelGSBase: true, msr.SysenterCS: true, msr.SysenterESP: true, msr.SysenterEIP: true,
	}
	for _, start := range []uint32{0, 0xc000_0000, 0xc001_0000} {
		for n := start; n < start+0x2000; n++ {
			if read, write := m.intercepts(n); read == free[n] || write == free[n] {
				t.Errorf("MSR %#x: read exits %v, write exits %v", n, read, write)
			}
		}
	}
	for i, b := range m[0x1800:] {
		if b != 0xff {
			t.Fatalf("byte %#x of the map is %#x", 0x1800+i, b)
		}
	}
}

// No port is the guest's, nor are the three behind the last, which accesses
// to it of more than a byte would touch.
func TestGuestPorts(t *testing.T) {
	e, _ := newEngine(t, cpuidtest.QEMUEPYC)
	for i, b := range amd64.Bytes(uintptr(e.iopm), 64<<10/8+1) {
		if b != 0xff {
			t.Fatalf("byte %#x of the map is %#x", i, b)
		}
	}
}

func TestIntercepts(t *testing.T) {
	for name, m := range map[string]cpuidtest.Model{"QEMU": cpuidtest.QEMUEPYC, "full": fullEPYC} {
		e, _ := newEngine(t, m)
		v := enter(t, newCPU(t, e))
		// What would leave the host to the guest, or hold the processor.
		const must1 = InterceptINTR | InterceptNMI | InterceptSMI | InterceptINIT | InterceptShutdown | InterceptIO | InterceptMSR |
			InterceptCPUID | InterceptHLT | InterceptINVD | InterceptINVLPGA | InterceptRDPMC | InterceptTaskSwitch | InterceptFERRFreeze
		const must2 = InterceptVMRUN | InterceptVMLOAD | InterceptVMSAVE | InterceptVMMCALL | InterceptSTGI | InterceptCLGI | InterceptSKINIT |
			InterceptWBINVD | InterceptMONITOR | InterceptMWAIT | InterceptMWAITArmed | InterceptXSETBV | InterceptRDPRU | InterceptICEBP
		if missing := must1 &^ v.Intercept1; missing != 0 {
			t.Errorf("%s: bits %#x of the first word are missing", name, missing)
		}
		if missing := must2 &^ v.Intercept2; missing != 0 {
			t.Errorf("%s: bits %#x of the second word are missing", name, missing)
		}
		if v.InterceptVectors&(1<<amd64.Debug|1<<amd64.AlignmentCheck) != 1<<amd64.Debug|1<<amd64.AlignmentCheck {
			t.Errorf("%s: a guest that loops in #DB or #AC holds the processor: %#x", name, v.InterceptVectors)
		}
		if v.InterceptVectors>>amd64.MachineCheck&1 == 0 {
			t.Errorf("%s: the host does not hear of a machine check: %#x", name, v.InterceptVectors)
		}
		if v.InterceptVectors>>amd64.NMI&1 != 0 {
			t.Errorf("%s: vector 2 must not be intercepted", name)
		}
		if v.InterceptCRRead|v.InterceptCRWrite != 0 {
			t.Errorf("%s: control registers are the guest's: %#x %#x", name, v.InterceptCRRead, v.InterceptCRWrite)
		}
		// What costs time for nothing, or is done wrong when intercepted.
		if v.Intercept1&(InterceptRDTSC|InterceptPUSHF|InterceptPOPF|InterceptIRET|InterceptVINTR) != 0 {
			t.Errorf("%s: intercepts %#x, %#x", name, v.Intercept1, v.Intercept2)
		}
		if pause := v.Intercept1&InterceptPAUSE != 0; pause != e.pauseFilter || pause && v.PauseCount == 0 {
			t.Errorf("%s: every PAUSE exits", name)
		}
		if v.VIntr&VIntrMasking == 0 {
			t.Errorf("%s: the guest's RFLAGS.IF masks the host's interrupts", name)
		}
		if v.NestedPaging != 1 || v.NestedCR3 == 0 {
			t.Errorf("%s: nested paging %#x, CR3 %#x", name, v.NestedPaging, v.NestedCR3)
		}
	}
}

// A state that no processor can be in is not entered, and named.
func TestWrongStates(t *testing.T) {
	for _, tc := range []struct {
		why   string
		wrong func(s *x86.State)
	}{
		{"CR0 is 0xa0000011: NW is set and CD is not", func(s *x86.State) { s.CR0 |= 1 << 29 }},
		{"CR4 is 0x0: PAE must be set: EFER.LME and CR0.PG are", func(s *x86.State) { s.CR4 = 0 }},
		{"PAT is 0x2: an entry has a memory type that does not exist", func(s *x86.State) { s.PAT = 2 }},
		{"SPEC_CTRL is 0x1: bits 0x1 are reserved on this processor", func(s *x86.State) { s.SpecCtrl = 1 }},
		{"XCR0 is 0x0: x87 state must be on", func(s *x86.State) { s.XCR0 = 0 }},
		{"XCR0 is 0x9: bits 0x8 are reserved on this processor", func(s *x86.State) { s.XCR0 = 9 }},
		{"XCR0 is 0x5: AVX state needs SSE state", func(s *x86.State) { s.XCR0 = 5 }},
	} {
		e, _ := newEngine(t, cpuidtest.QEMUEPYC)
		c := newCPU(t, e)
		s := longMode()
		tc.wrong(&s)
		c.SetState(&s)
		entered := 0
		onRun(t, func(_ *context, v *VMCB) {
			entered++
			exitWith(v, 0xffff_ffff)
		})
		for range 2 {
			x := vmm.Exit{Entered: 1, Left: 2, Length: 3}
			c.Run(&x)
			if want := (vmm.Exit{Reason: vmm.ReasonInvalid, RIP: s.RIP}); x != want || entered != 0 {
				t.Errorf("%s: %+v, entered %d times", tc.why, x, entered)
			}
		}
		if err := c.Why(); err == nil || err.Error() != tc.why {
			t.Errorf("why: %v, want %s", err, tc.why)
		}
		s = longMode()
		c.SetState(&s)
		enter(t, c)
		// The processor may know of more that is wrong.
		if x := exit(t, c, 0xffff_ffff, nil); x.Reason != vmm.ReasonInvalid || c.Why() != errUnknown {
			t.Errorf("%v, %v", x.Reason, c.Why())
		}
	}
}
