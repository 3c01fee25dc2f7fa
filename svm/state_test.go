//go:build !tamago

package svm

import (
	"reflect"
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

func randomState(t *testing.T) func() x86.State {
	r := random()
	return func() (s x86.State) {
		randomize(r, reflect.ValueOf(&s).Elem())
		s.XCR0 |= 1
		return s
	}
}

func TestStateIsWhatWasSet(t *testing.T) {
	e, _ := newEngine(t, cpuidtest.QEMUEPYC)
	c, next := newCPU(t, e), randomState(t)
	for range 1000 {
		want := next()
		want.CR8 &= 0xf
		c.SetState(&want)
		var got x86.State
		c.State(&got)
		want.EFER &^= msr.EFERSVME
		want.TSCAux &= 0xffff_ffff
		if got != want {
			t.Fatalf("state is\n%+v\nwant\n%+v", got, want)
		}
	}
}

// What the guest sees in one place, the processor must find in the VMCB.
func TestSetStateFillsTheVMCB(t *testing.T) {
	e, _ := newEngine(t, cpuidtest.QEMUEPYC)
	c, next := newCPU(t, e), randomState(t)
	s := next()
	c.SetState(&s)
	v := c.v
	for _, f := range []struct {
		name      string
		got, want uint64
	}{
		{"RIP", v.RIP, s.RIP}, {"RFLAGS", v.RFLAGS, s.RFLAGS}, {"CPL", uint64(v.CPL), uint64(s.CPL)},
		{"CR0", v.CR0, s.CR0}, {"CR2", v.CR2, s.CR2}, {"CR3", v.CR3, s.CR3}, {"CR4", v.CR4, s.CR4},
		{"EFER", v.EFER, s.EFER | msr.EFERSVME}, {"DR6", v.DR6, s.DR6}, {"DR7", v.DR7, s.DR7},
		{"STAR", v.STAR, s.STAR}, {"LSTAR", v.LSTAR, s.LSTAR}, {"CSTAR", v.CSTAR, s.CSTAR}, {"SFMASK", v.SFMASK, s.SFMASK},
		{"KernelGSBase", v.KernelGSBase, s.KernelGSBase}, {"SysenterCS", v.SysenterCS, s.SysenterCS},
		{"SysenterESP", v.SysenterESP, s.SysenterESP}, {"SysenterEIP", v.SysenterEIP, s.SysenterEIP}, {"PAT", v.PAT, s.PAT},
		{"GDTR base", v.GDTR.Base, s.GDTR.Base}, {"GDTR limit", uint64(v.GDTR.Limit), uint64(s.GDTR.Limit)},
		{"IDTR base", v.IDTR.Base, s.IDTR.Base}, {"IDTR limit", uint64(v.IDTR.Limit), uint64(s.IDTR.Limit)},
		{"RAX", c.context.state.GPR[x86.RAX], s.GPR[x86.RAX]}, {"XCR0", c.xcr0(), s.XCR0},
	} {
		if f.got != f.want {
			t.Errorf("%s is %#x, want %#x", f.name, f.got, f.want)
		}
	}
	if shadow := v.InterruptShadow != 0; shadow != s.Shadow {
		t.Errorf("shadow is %v, want %v", shadow, s.Shadow)
	}
	for i, g := range []Segment{v.ES, v.CS, v.SS, v.DS, v.FS, v.GS, v.LDTR, v.TR} {
		if w := s.Seg[i]; g != (Segment{w.Selector, uint16(w.Attributes), w.Limit, w.Base}) {
			t.Errorf("segment %d is %+v, want %+v", i, g, w)
		}
	}
}

func TestGuestNeverSeesSVME(t *testing.T) {
	e, _ := newEngine(t, cpuidtest.QEMUEPYC)
	c := newCPU(t, e)
	for _, efer := range []uint64{0, msr.EFERSVME, msr.EFERLME | msr.EFERSVME} {
		s := longMode()
		s.EFER = efer
		c.SetState(&s)
		c.State(&s)
		if s.EFER&msr.EFERSVME != 0 {
			t.Errorf("EFER %#x set, %#x read", efer, s.EFER)
		}
		if c.v.EFER&msr.EFERSVME == 0 {
			t.Errorf("EFER %#x set: VMRUN would find %#x", efer, c.v.EFER)
		}
	}
}

func TestNewCPUCanBeEntered(t *testing.T) {
	for _, m := range []cpuidtest.Model{cpuidtest.QEMUEPYC, cpuidtest.BochsTrinity, cpuidtest.BochsToliman, fullEPYC} {
		e, _ := newEngine(t, m)
		c := newCPU(t, e)
		v := enter(t, c)
		if err := check(&v, e.limits); err != nil {
			t.Errorf("with %d ASIDs: %v", e.features.asids, err)
		}
		var got, want x86.State
		c.State(&got)
		want.Reset(0)
		if !e.xsave {
			want.XCR0 = 0
		}
		if got != want {
			t.Errorf("state is %+v, want that of power-on", got)
		}
	}
}

func TestSkip(t *testing.T) {
	e, _ := newEngine(t, cpuidtest.QEMUEPYC)
	c := newCPU(t, e)
	for _, tc := range []struct {
		name      string
		efer      uint64
		cs        x86.Segment
		rip, want uint64
	}{
		{"64-bit", x86.EFERLMA, x86.FlatCode64, 0xffff_ffff, 0x1_0000_0001},
		{"compatibility mode", x86.EFERLMA, x86.FlatCode32, 0xffff_ffff, 1},
		{"32-bit", 0, x86.FlatCode32, 0xffff_fffe, 0},
		{"32-bit, behind 64 KiB", 0, x86.FlatCode32, 0xfffe, 0x1_0000},
		{"L without long mode", 0, x86.FlatCode64, 0xffff_ffff, 1},
		{"real mode", 0, x86.Segment{Attributes: 0x9b, Limit: 0xffff}, 0x7c00, 0x7c02},
	} {
		s := longMode()
		s.EFER, s.Seg[x86.CS], s.RIP, s.Shadow = tc.efer, tc.cs, tc.rip, true
		c.SetState(&s)
		c.Skip(2)
		if c.RIP() != tc.want {
			t.Errorf("%s: RIP is %#x, want %#x", tc.name, c.RIP(), tc.want)
		}
		if !c.CanInterrupt() {
			t.Errorf("%s: the interrupt shadow has outlived its instruction", tc.name)
		}
	}
}

// XCR0 is the processor's while its guest's AVX state is in it, so that state
// is put away before XCR0 changes.
func TestXCR0IsChangedWithTheStatePutAway(t *testing.T) {
	e, f := newEngine(t, cpuidtest.QEMUEPYC)
	c := newCPU(t, e)
	var s x86.State
	c.State(&s)
	before := f.exclusive
	s.XCR0 = 7
	c.SetState(&s)
	if f.exclusive != before+1 || c.xcr0() != 7 {
		t.Errorf("%d calls, XCR0 %#x", f.exclusive-before, c.xcr0())
	}
	e, f = newEngine(t, cpuidtest.BochsToliman)
	c = newCPU(t, e)
	c.SetState(&s)
	if f.exclusive != 0 || c.xcr0() != 0 {
		t.Errorf("without XSAVE: %d calls, XCR0 %#x", f.exclusive, c.xcr0())
	}
}

func TestRetire(t *testing.T) {
	e, _ := newEngine(t, fullEPYC)
	c := newCPU(t, e)
	enter(t, c)
	var s, got x86.State
	c.State(&s)
	randomize(random(), reflect.ValueOf(&s.Registers).Elem())
	c.v.InterruptShadow = 1
	c.Look().Registers = s.Registers
	c.Retire()
	if c.State(&got); got != s {
		t.Errorf("%+v, want\n%+v", got, s)
	}
	if v := enter(t, c); v.Clean != CleanAll || v.TLBControl != TLBKeep {
		t.Errorf("clean bits %#x, TLB control %d", v.Clean, v.TLBControl)
	}
}

// An instruction that is repeated, or has raised an exception, is not over.
func TestRetireEndsAShadow(t *testing.T) {
	c := running(t, fullEPYC)
	for moved, shadow := range map[uint64]uint64{0: 1, 2: 0} {
		var s x86.State
		c.State(&s)
		c.v.InterruptShadow = 1
		s.RIP += moved
		c.Look().Registers = s.Registers
		if c.Retire(); c.v.InterruptShadow != shadow {
			t.Errorf("RIP moved by %d: the shadow is %d", moved, c.v.InterruptShadow)
		}
	}
}

// VMRUN does not flush when the guest's paging has changed. APM vol. 2 §15.16.
func TestSetStateFlushes(t *testing.T) {
	e, _ := newEngine(t, fullEPYC)
	c := newCPU(t, e)
	s := longMode()
	c.SetState(&s)
	enter(t, c)
	if v := enter(t, c); v.TLBControl != TLBKeep {
		t.Fatalf("TLB control %d with nothing changed", v.TLBControl)
	}
	for name, change := range map[string]func(){
		"CR3":      func() { s.CR3 += 0x1000 },
		"CR0.WP":   func() { s.CR0 ^= x86.CR0WP },
		"CR4.PGE":  func() { s.CR4 ^= amd64.CR4PGE },
		"EFER.NXE": func() { s.EFER ^= msr.EFERNXE },
	} {
		change()
		c.SetState(&s)
		if v := enter(t, c); v.TLBControl != TLBFlushASID {
			t.Errorf("%s: TLB control %d", name, v.TLBControl)
		}
	}
}

// The switch loads CR2 when it was set, and only then.
func TestCR2IsLoadedWhenItWasSet(t *testing.T) {
	c := running(t, fullEPYC)
	var s x86.State
	c.State(&s)
	c.extra = 0
	if c.SetState(&s); c.extra&extraCR2 != 0 {
		t.Error("CR2 is as it was, and is loaded")
	}
	s.CR2++
	if c.SetState(&s); c.extra&extraCR2 == 0 || c.v.CR2 != s.CR2 {
		t.Error("CR2 is another, and is not loaded")
	}
}
