package policy

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestValidXCR0(t *testing.T) {
	c := newCPUID(t, Processor{Host: rich(intel), XCR0: ^uint64(0)})
	for v, want := range map[uint64]bool{
		0: false, 1: true, 2: false, 3: true, 5: false, 7: true, 0x27: false, 0xe7: true, 0xe3: false, 0x207: true, 0x10007: false, 1 << 63: false,
	} {
		if got := c.ValidXCR0(v); got != want {
			t.Errorf("%#x: %v, want %v", v, got, want)
		}
	}
}

func TestXSAVESizesFollowTheRegisters(t *testing.T) {
	c := newCPUID(t, Processor{Host: rich(intel), XCR0: ^uint64(0), XSS: 0x800})
	for _, tc := range []struct {
		xcr0, xss         uint64
		standard, compact uint32
	}{
		{1, 0, 576, 576}, {3, 0, 576, 576}, {7, 0, 832, 832}, {0xe7, 0, 0xa80, 832 + 0x40 + 0x200 + 0x400},
		{0x207, 0, 0xa88, 832 + 8}, {3, 0x800, 576, 576 + 0x10}, {0x207, 0x800, 0xa88, 896 + 0x10},
	} {
		_, ebx, ecx, _ := c.Lookup(cpuid.LeafXSAVE, 0, 0, tc.xcr0, tc.xss)
		_, compact, low, _ := c.Lookup(cpuid.LeafXSAVE, 1, 0, tc.xcr0, tc.xss)
		if ebx != tc.standard || ecx != 0xa88 || compact != tc.compact || low != 0x800 {
			t.Errorf("XCR0 %#x, XSS %#x: sizes %#x of %#x, %#x, XSS %#x, want %#x of 0xa88, %#x, 0x800", tc.xcr0, tc.xss, ebx, ecx, compact, low, tc.standard, tc.compact)
		}
	}
	if size, offset, flags, _ := c.Lookup(cpuid.LeafXSAVE, 9, 0, 1, 0); size != 8 || offset != 0xa80 || flags != 2 {
		t.Errorf("PKRU: %#x, %#x, %#x", size, offset, flags)
	}
	if size, _, flags, _ := c.Lookup(cpuid.LeafXSAVE, 11, 0, 1, 0); size != 0x10 || flags != 3 {
		t.Errorf("a supervisor component: %#x, flags %#x", size, flags)
	}
	for _, sub := range []uint32{3, 17, 62, 63, 64, ^uint32(0)} {
		if a, b, c, d := c.Lookup(cpuid.LeafXSAVE, sub, 0, 1, 0); a|b|c|d != 0 {
			t.Errorf("component %d is there", sub)
		}
	}
}

func TestXSSNeedsXSAVES(t *testing.T) {
	with := newCPUID(t, Processor{Host: rich(intel), XCR0: 7, XSS: 0x800})
	without := newCPUID(t, Processor{Host: rich(intel), XCR0: 7, XSS: 0x800, Changes: []string{"-XSAVES"}})
	if with.XSS() != 0x800 || without.XSS() != 0 {
		t.Errorf("IA32_XSS may be %#x, and %#x without XSAVES", with.XSS(), without.XSS())
	}
}

func TestOSXSAVEAndOSPKEFollowCR4(t *testing.T) {
	c := newCPUID(t, Processor{Host: rich(amd), XCR0: ^uint64(0)})
	none := newCPUID(t, Processor{Host: rich(amd)})
	for _, cr4 := range []uint64{0, x86.CR4OSXSAVE, x86.CR4PKE, x86.CR4OSXSAVE | x86.CR4PKE} {
		_, _, ecx, _ := c.Lookup(1, 0, cr4, 1, 0)
		if got := ecx>>27&1 != 0; got != (cr4&x86.CR4OSXSAVE != 0) {
			t.Errorf("CR4 %#x: OSXSAVE %v", cr4, got)
		}
		_, _, ecx, _ = c.Lookup(7, 0, cr4, 1, 0)
		if got := ecx>>4&1 != 0; got != (cr4&x86.CR4PKE != 0) {
			t.Errorf("CR4 %#x: OSPKE %v", cr4, got)
		}
		if _, _, ecx, _ = none.Lookup(1, 0, cr4, 1, 0); ecx>>27&1 != 0 {
			t.Error("OSXSAVE without XSAVE")
		}
	}
}

func TestControlRegistersFollowTheFeatures(t *testing.T) {
	all := newCPUID(t, Processor{Host: rich(intel), XCR0: ^uint64(0)})
	if want := uint64(0x771fff &^ 0); all.CR4() != want {
		t.Errorf("CR4 %#x, want %#x", all.CR4(), want)
	}
	some := newCPUID(t, Processor{Host: rich(intel), Changes: []string{"-SMEP", "-LA57", "-PCID"}})
	if some.CR4()&(x86.CR4SMEP|x86.CR4LA57|x86.CR4PCIDE|x86.CR4OSXSAVE|x86.CR4VMXE|x86.CR4CET) != 0 {
		t.Errorf("CR4 %#x has bits of features that are not there", some.CR4())
	}
}

func TestValidEFER(t *testing.T) {
	const lma, lme, nxe, sce = x86.EFERLMA, x86.EFERLME, x86.EFERNXE, x86.EFERSCE
	const paging = x86.CR0PG | x86.CR0PE
	a := newCPUID(t, Processor{Host: rich(amd)})
	i := newCPUID(t, Processor{Host: rich(intel)})
	noNX := newCPUID(t, Processor{Host: rich(amd), Changes: []string{"-NX"}})
	for _, tc := range []struct {
		name        string
		c           *CPUID
		old, v, cr0 uint64
		want        uint64
		ok          bool
	}{
		{"set LME", a, 0, lme | nxe | sce, 0, lme | nxe | sce, true},
		{"clear LME with paging on", a, lme | lma, lma, paging, lme | lma, false},
		{"set LME with paging on", a, 0, lme, paging, 0, false},
		{"set SCE with paging on", a, lme | lma, lme | lma | sce, paging, lme | lma | sce, true},
		{"AMD: clear LMA", a, lme | lma, lme, paging, lme | lma, false},
		{"Intel: LMA is read-only", i, lme | lma, lme | sce, paging, lme | lma | sce, true},
		{"Intel: LMA cannot be set", i, 0, lma, 0, 0, true},
		{"SVME", a, 0, x86.EFERSVME, 0, 0, false},
		{"NXE without NX", noNX, 0, nxe, 0, 0, false},
		{"reserved", a, 0, 1 << 40, 0, 0, false},
	} {
		if got, ok := tc.c.ValidEFER(tc.old, tc.v, tc.cr0); got != tc.want || ok != tc.ok {
			t.Errorf("%s: %#x, %v, want %#x, %v", tc.name, got, ok, tc.want, tc.ok)
		}
	}
}
