package policy

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// rich is a host with everything: every feature that has a name, all state
// components up to PKRU, 52-bit addresses.
func rich(vendor string) cpuid.Func {
	all := map[[2]uint32][4]uint32{}
	for _, leaf := range []uint32{1, 6, 7, 0xd, 0x80000001, 0x80000007, 0x80000008, 0x8000000a} {
		all[[2]uint32{leaf, 0}] = [4]uint32{^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0)}
	}
	ones := all[[2]uint32{7, 0}]
	all[[2]uint32{7, 1}] = ones
	all[[2]uint32{0, 0}] = [4]uint32{0x20, le(vendor[0:4]), le(vendor[8:12]), le(vendor[4:8])}
	all[[2]uint32{0x80000000, 0}] = [4]uint32{0x80000028, 0, 0, 0}
	all[[2]uint32{1, 0}] = [4]uint32{0x00a20f12, 0xff400812, ^uint32(0), ^uint32(0)}
	all[[2]uint32{0x80000008, 0}] = [4]uint32{0x00003934, ^uint32(0), 0x4fff, 0}
	all[[2]uint32{0xd, 0}] = [4]uint32{0x2e7, 0x240, 0xa88, 0}
	all[[2]uint32{0xd, 1}] = [4]uint32{0xf, 0x240, 0x1800, 0}
	all[[2]uint32{0xd, 2}] = [4]uint32{0x100, 0x240, 0, 0}
	all[[2]uint32{0xd, 5}] = [4]uint32{0x40, 0x440, 0, 0}
	all[[2]uint32{0xd, 6}] = [4]uint32{0x200, 0x480, 0, 0}
	all[[2]uint32{0xd, 7}] = [4]uint32{0x400, 0x680, 0, 0}
	all[[2]uint32{0xd, 9}] = [4]uint32{0x8, 0xa80, 2, 0}
	all[[2]uint32{0xd, 11}] = [4]uint32{0x10, 0, 1, 0}
	for sub := uint32(0); sub < 4; sub++ {
		r := [4]uint32{1 + sub%2 | (sub+1)<<5 | 0x3ff<<14 | 0x3f<<26, 0x1c0003f, 63, 0}
		all[[2]uint32{4, sub}] = r
		all[[2]uint32{0x8000001d, sub}] = r
	}
	all[[2]uint32{0x80000021, 0}] = ones
	for _, leaf := range []uint32{0xa, 0xb, 0xf, 0x10, 0x12, 0x14, 0x17, 0x18, 0x8000001b, 0x8000001f, 0x80000020, 5} {
		all[[2]uint32{leaf, 0}] = ones
	}
	return cpuidtest.Model{Leaves: all}.CPUID()
}

func le(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

const (
	amd   = "AuthenticAMD"
	intel = "GenuineIntel"
)

func newCPUID(t testing.TB, p Processor) *CPUID {
	t.Helper()
	if p.CPUs == 0 {
		p.CPUs = 1
	}
	c, err := NewCPUID(p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFeaturesAreWhereTheManualsPutThem(t *testing.T) {
	for name, want := range map[string]place{
		"SSE3":     {1, 0, cpuid.ECX},
		"FPU":      {1, 0, cpuid.EDX},
		"AVX2":     {7, 0, cpuid.EBX},
		"AVX-VNNI": {7, 1, cpuid.EAX},
		"XSAVEOPT": {0xd, 1, cpuid.EAX},
		"NX":       {0x80000001, 0, cpuid.EDX},
		"IBPB":     {0x80000008, 0, cpuid.EBX},
	} {
		if got := placeOf(list(name)[0]); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestGuestsSeeOnlyWhatIsPassedOn(t *testing.T) {
	for _, vendor := range []string{amd, intel} {
		host := rich(vendor)
		c := newCPUID(t, Processor{Host: host, XCR0: ^uint64(0), CPUs: 2})
		visible := set{}
		for _, x := range append(append(list("HTT CmpLegacy"), passed...), emulated...) {
			visible[x] = true
		}
		for _, x := range host.Features() {
			if got := c.Has(x); got != visible[x] {
				t.Errorf("%s %s: the guest has it: %v, want %v", vendor, x, got, visible[x])
			}
		}
		for _, name := range []string{"SVM", "VMX", "MONITOR", "MONITORX", "PDCM", "DS", "SGX", "PT", "RDT-A", "HLE", "RTM", "IBS", "SKINIT", "x2APIC",
			"TSC-Deadline", "IBRS", "IBRS_IBPB", "CET_SS", "AMX-TILE", "TSC_ADJUST", "LAM", "HWP", "DTS"} {
			if c.Has(list(name)[0]) {
				t.Errorf("%s: the guest sees %s", vendor, name)
			}
		}
	}
}

func TestOldHostsGiveOldGuests(t *testing.T) {
	for name, m := range map[string]cpuidtest.Model{
		"EPYC": cpuidtest.QEMUEPYC, "trinity": cpuidtest.BochsTrinity, "toliman": cpuidtest.BochsToliman, "broadwell": cpuidtest.BochsBroadwell,
		"skylake": cpuidtest.BochsSkylake, "penryn": cpuidtest.BochsPenryn, "willamette": cpuidtest.BochsWillamette, "nothing": {},
	} {
		host := m.CPUID()
		c := newCPUID(t, Processor{Host: host, XCR0: ^uint64(0), CPUs: 3, Index: 1, X2APIC: true})
		own := set{}
		for _, x := range append(list("x2APIC HTT"), emulated...) {
			own[x] = true
		}
		for _, x := range c.Func().Features() {
			if !own[x] && !host.Has(x) {
				t.Errorf("%s: the guest has %s and the host does not", name, x)
			}
		}
		hostMax, _ := host.Max(0)
		if max, _ := c.Func().Max(0); max > hostMax {
			t.Errorf("%s: highest leaf %#x, the host's is %#x", name, max, hostMax)
		}
		if c.Func().Vendor() != host.Vendor() || c.Func().Signature() != host.Signature() || c.Func().Brand() != host.Brand() {
			t.Errorf("%s: vendor, signature or brand are not the host's", name)
		}
	}
}

func TestConfigurationChangesFeatures(t *testing.T) {
	host := rich(amd)
	c := newCPUID(t, Processor{Host: host, XCR0: ^uint64(0), Changes: []string{"+MONITOR", "-avx2", "-HYPERVISOR", "+svm"}})
	for name, want := range map[string]bool{"MONITOR": true, "AVX2": false, "AVX": true, "HYPERVISOR": false, "SVM": true} {
		if c.Has(list(name)[0]) != want {
			t.Errorf("%s: %v, want %v", name, !want, want)
		}
	}
	if eax, ebx, _, _ := c.Lookup(cpuid.LeafHypervisor, 0, 0, 0, 0); eax|ebx != 0 {
		t.Error("hypervisor leaves without the bit")
	}
	for change, want := range map[string]string{
		"avx":           `"avx" is not +feature or -feature`,
		"+-avx":         `"+-avx" is not +feature`,
		"+warp":         `no feature is called "warp"`,
		"":              "is not +feature",
		"+":             "no feature is called",
		"+x2apic":       "the virtual machine's local APIC does not have it",
		"+AVX512F":      "the host's processor does not have it",
		"+TSC-Deadline": "local APIC does not",
		"+XSAVE":        "state is not switched",
	} {
		h := host
		if change == "+AVX512F" || change == "+x2apic" || change == "+TSC-Deadline" {
			h = cpuidtest.QEMUEPYC.CPUID()
		}
		_, err := NewCPUID(Processor{Host: h, CPUs: 1, Changes: []string{change}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", change, err, want)
		}
	}
}

func TestStateComponentsAndFeaturesGoTogether(t *testing.T) {
	host := rich(intel)
	for _, tc := range []struct {
		name    string
		xcr0    uint64
		changes []string
		has     map[string]bool
		want    uint64 // XCR0 the guest is told
	}{
		{"nothing switched", 0, nil, map[string]bool{"XSAVE": false, "AVX": false, "AVX512F": false, "PKU": false, "SSE4.2": true, "XSAVEC": false}, 0},
		{"SSE", 3, nil, map[string]bool{"XSAVE": true, "AVX": false, "FMA": false, "AVX2": false, "VAES": false}, 3},
		{"AVX", 7, nil, map[string]bool{"AVX": true, "AVX2": true, "AVX512F": false, "AVX512VL": false}, 7},
		{"all", ^uint64(0), nil, map[string]bool{"AVX512F": true, "PKU": true}, 0x2e7},
		{"without AVX", ^uint64(0), []string{"-AVX"}, map[string]bool{"AVX": false, "AVX2": false, "AVX512F": false, "PKU": true}, 0x203},
		{"without AVX512F", ^uint64(0), []string{"-AVX512F"}, map[string]bool{"AVX2": true, "AVX512BW": false}, 0x207},
		{"without XSAVE", ^uint64(0), []string{"-XSAVE"}, map[string]bool{"XSAVE": false, "AVX": false, "PKU": false}, 0},
	} {
		c := newCPUID(t, Processor{Host: host, XCR0: tc.xcr0, Changes: tc.changes})
		for name, want := range tc.has {
			if c.Has(list(name)[0]) != want {
				t.Errorf("%s: %s is %v, want %v", tc.name, name, !want, want)
			}
		}
		if eax, _, _, _ := c.Lookup(cpuid.LeafXSAVE, 0, 0, 1, 0); uint64(eax) != tc.want {
			t.Errorf("%s: leaf Dh tells XCR0 %#x, want %#x", tc.name, eax, tc.want)
		}
		if tc.want != 0 && !c.ValidXCR0(tc.want) || c.ValidXCR0(tc.want|1<<17) {
			t.Errorf("%s: ValidXCR0 is not for %#x", tc.name, tc.want)
		}
	}
}

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
		{0x207, 0, 0xa88, 832 + 8}, {3, 0x800, 576, 576 + 0x10}, {0x207, 0x800, 0xa88, 832 + 8 + 0x10},
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
	if size, _, flags, _ := c.Lookup(cpuid.LeafXSAVE, 11, 0, 1, 0); size != 0x10 || flags != 1 {
		t.Errorf("a supervisor component: %#x, flags %#x", size, flags)
	}
	for _, sub := range []uint32{3, 17, 62, 63, 64, ^uint32(0)} {
		if a, b, c, d := c.Lookup(cpuid.LeafXSAVE, sub, 0, 1, 0); a|b|c|d != 0 {
			t.Errorf("component %d is there", sub)
		}
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

func TestTopologyCountsTheMachinesProcessors(t *testing.T) {
	for _, tc := range []struct{ cpus, index, bits int }{{1, 0, 0}, {2, 1, 1}, {3, 2, 2}, {8, 5, 3}, {255, 254, 8}} {
		for _, vendor := range []string{amd, intel} {
			c := newCPUID(t, Processor{Host: rich(vendor), CPUs: tc.cpus, Index: tc.index})
			top := c.Func().Topology()
			if int(top.InitialAPICID) != tc.index || int(top.X2APICID) != tc.index || top.Logical != tc.cpus || top.FromLeaf != cpuid.LeafTopology {
				t.Errorf("%s %+v: %+v", vendor, tc, top)
			}
			if eax, _, _, edx := c.Lookup(0xb, 1, 0, 0, 0); int(eax) != tc.bits || int(edx) != tc.index {
				t.Errorf("%s %+v: %d bits of id, id %d", vendor, tc, eax, edx)
			}
			if a, b, sub, id := c.Lookup(0xb, 7, 0, 0, 0); a|b != 0 || sub != 7 || int(id) != tc.index {
				t.Errorf("%s %+v: beyond the levels %d %d %d %d", vendor, tc, a, b, sub, id)
			}
			if c.Has(cpuid.HTT) != (tc.cpus > 1) {
				t.Errorf("%s %+v: HTT is wrong", vendor, tc)
			}
		}
		a := newCPUID(t, Processor{Host: rich(amd), CPUs: tc.cpus, Index: tc.index})
		if _, _, ecx, _ := a.Lookup(0x80000008, 0, 0, 0, 0); int(ecx&0xff) != tc.cpus-1 || int(ecx>>12) != tc.bits {
			t.Errorf("%+v: leaf 80000008h ecx %#x", tc, ecx)
		}
		if eax, ebx, ecx, _ := a.Lookup(0x8000001e, 0, 0, 0, 0); int(eax) != tc.index || int(ebx) != tc.index || ecx != 0 {
			t.Errorf("%+v: leaf 8000001Eh %#x %#x %#x", tc, eax, ebx, ecx)
		}
		i := newCPUID(t, Processor{Host: rich(intel), CPUs: tc.cpus, Index: tc.index})
		if _, _, ecx, _ := i.Lookup(0x80000008, 0, 0, 0, 0); ecx != 0 {
			t.Errorf("%+v: Intel's leaf 80000008h ecx %#x", tc, ecx)
		}
	}
}

func TestCachesAreSharedByAllCoresAtTheLastLevel(t *testing.T) {
	i := newCPUID(t, Processor{Host: rich(intel), CPUs: 6})
	a := newCPUID(t, Processor{Host: rich(amd), CPUs: 6})
	for sub := range uint32(4) {
		want := uint32(0)
		if sub >= 2 {
			want = 7
		}
		eax, ebx, _, _ := i.Lookup(4, sub, 0, 0, 0)
		if eax>>14&0xfff != want || eax>>26 != 7 || ebx != 0x1c0003f {
			t.Errorf("leaf 4.%d: eax %#x", sub, eax)
		}
		if eax, _, _, _ := a.Lookup(0x8000001d, sub, 0, 0, 0); eax>>14 != want {
			t.Errorf("leaf 8000001Dh.%d: eax %#x", sub, eax)
		}
	}
	if eax, _, _, _ := i.Lookup(4, 4, 0, 0, 0); eax != 0 {
		t.Error("a fifth cache")
	}
}

func TestHypervisorLeaves(t *testing.T) {
	idle := uint64(0x1_2345_6789)
	c := newCPUID(t, Processor{Host: rich(amd), KVMFeatures: 0x01000008, TSCkHz: 2_500_000, APICkHz: 1_000_000, Idle: func() uint64 { return idle }})
	info, ok := c.Func().HypervisorInfo()
	if !ok || info.Signature != "KVMKVMKVM" || info.TSCkHz != 2_500_000 || info.APICkHz != 1_000_000 {
		t.Errorf("%+v, %v", info, ok)
	}
	if eax, _, _, _ := c.Lookup(0x40000001, 0, 0, 0, 0); eax != 0x01000008 {
		t.Errorf("KVM features %#x", eax)
	}
	max, ebx, ecx, edx := c.Lookup(0x40000100, 0, 0, 0, 0)
	if max != 0x40000101 || ebx != le("Ring") || ecx != le("oRin") || edx != le("go\x00\x00") {
		t.Errorf("own leaf %#x %#x %#x %#x", max, ebx, ecx, edx)
	}
	if low, _, _, high := c.Lookup(0x40000101, 0, 0, 0, 0); low != 0x23456789 || high != 1 {
		t.Errorf("idle time %#x %#x", high, low)
	}
	c = newCPUID(t, Processor{Host: rich(amd)})
	if max, _, _, _ := c.Lookup(0x40000100, 0, 0, 0, 0); max != 0x40000100 {
		t.Errorf("own range without idle time ends at %#x", max)
	}
}

func TestFrequenciesOnIntel(t *testing.T) {
	c := newCPUID(t, Processor{Host: cpuidtest.BochsBroadwell.CPUID(), TSCkHz: 2_400_123, APICkHz: 1_000_000})
	if hz, from := c.Func().TSCRate(); hz != 2_400_123_000 || from != cpuid.FromCrystal {
		t.Errorf("%d Hz from %s", hz, from)
	}
	if base, _, _, _ := c.Lookup(0x16, 0, 0, 0, 0); base != 2400 {
		t.Errorf("base frequency %d MHz", base)
	}
	c = newCPUID(t, Processor{Host: cpuidtest.BochsSkylake.CPUID()})
	if eax, ebx, _, _ := c.Lookup(0x15, 0, 0, 0, 0); eax|ebx != 0 {
		t.Error("leaf 15h without a frequency to tell")
	}
}

func TestLeavesOutOfRange(t *testing.T) {
	a := newCPUID(t, Processor{Host: rich(amd), XCR0: 7})
	i := newCPUID(t, Processor{Host: rich(intel), XCR0: 7, TSCkHz: 1_000_000})
	for _, n := range []uint32{0x17, 0x1234, 0x40000200, 0x7fffffff, 0x80000022, 0xc0000000, ^uint32(0)} {
		if r, b, c, d := a.Lookup(n, 0, 0, 0, 0); r|b|c|d != 0 {
			t.Errorf("AMD %#x: %#x %#x %#x %#x", n, r, b, c, d)
		}
		if eax, ebx, _, _ := i.Lookup(n, 0, 0, 0, 0); eax != 1000 || ebx != 1000 {
			t.Errorf("Intel %#x: %#x, %#x, want the highest basic leaf", n, eax, ebx)
		}
	}
}

func TestAddressWidths(t *testing.T) {
	for _, tc := range []struct {
		bits    uint8
		changes []string
		want    cpuid.AddressBits
	}{
		{0, nil, cpuid.AddressBits{Physical: 52, Linear: 57}},
		{40, nil, cpuid.AddressBits{Physical: 40, Linear: 57}},
		{60, []string{"-LA57"}, cpuid.AddressBits{Physical: 52, Linear: 48}},
	} {
		c := newCPUID(t, Processor{Host: rich(amd), PhysicalBits: tc.bits, Changes: tc.changes})
		if got := c.Func().AddressBits(); got != tc.want || c.PhysicalBits() != tc.want.Physical {
			t.Errorf("%d bits, %v: %+v, want %+v", tc.bits, tc.changes, got, tc.want)
		}
	}
}

func TestAMDRepeatsBasicFeatures(t *testing.T) {
	c := newCPUID(t, Processor{Host: cpuidtest.QEMUEPYC.CPUID(), Changes: []string{"-PSE"}})
	_, _, _, basic := c.Lookup(1, 0, 0, 0, 0)
	if _, _, _, edx := c.Lookup(0x80000001, 0, 0, 0, 0); edx&fromBasic != basic&fromBasic || edx>>3&1 != 0 {
		t.Errorf("leaf 1 %#x, leaf 80000001h %#x", basic, edx)
	}
	i := newCPUID(t, Processor{Host: cpuidtest.BochsBroadwell.CPUID()})
	if _, _, _, edx := i.Lookup(0x80000001, 0, 0, 0, 0); edx&fromBasic != 0 {
		t.Errorf("Intel's leaf 80000001h %#x", edx)
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

func TestSpeculationNeedsTheEngine(t *testing.T) {
	with := newCPUID(t, Processor{Host: rich(amd), SpecCtrl: true})
	for _, name := range []string{"IBRS", "IBPB", "AmdSSBD", "IBRS_IBPB", "ARCH_CAPABILITIES"} {
		if !with.Has(list(name)[0]) {
			t.Errorf("no %s", name)
		}
	}
}

func TestProcessorsThatCannotBe(t *testing.T) {
	for _, p := range []Processor{{CPUs: 0}, {CPUs: 256}, {CPUs: 2, Index: 2}, {CPUs: 2, Index: -1}} {
		p.Host = rich(amd)
		if _, err := NewCPUID(p); err == nil || !strings.Contains(err.Error(), "a machine has 1 to 255") {
			t.Errorf("%d of %d: %v", p.Index, p.CPUs, err)
		}
	}
}

func FuzzCPUID(f *testing.F) {
	f.Add(uint32(0xd), uint32(2), uint64(0), uint64(7), "+MONITOR", uint32(0x16), uint32(0x80000021), true)
	f.Add(uint32(0xb), uint32(9), uint64(1<<18), uint64(7), "-AVX", uint32(0xb), uint32(0), false)
	f.Fuzz(func(t *testing.T, n, sub uint32, cr4, xcr0 uint64, change string, basic, extended uint32, vendor bool) {
		name := amd
		if vendor {
			name = intel
		}
		inner := rich(name)
		host := cpuid.Func(func(n, sub uint32) (eax, ebx, ecx, edx uint32) {
			eax, ebx, ecx, edx = inner(n, sub)
			switch n {
			case 0:
				eax = basic
			case 0x80000000:
				eax = extended
			}
			return eax, ebx, ecx, edx
		})
		c, err := NewCPUID(Processor{Host: host, CPUs: 2, XCR0: ^uint64(0), XSS: ^uint64(0), TSCkHz: 1, APICkHz: 1, Changes: []string{change}})
		if err != nil {
			return
		}
		c.Lookup(n, sub, cr4, xcr0, xcr0)
		if n := testing.AllocsPerRun(1, func() { c.Lookup(n, sub, cr4, xcr0, xcr0) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	c := newCPUID(b, Processor{Host: cpuidtest.QEMUEPYC.CPUID(), XCR0: 7})
	for name, n := range map[string]uint32{"leaf 0": 0, "leaf 1": 1, "leaf 7": 7, "leaf Dh": 0xd, "leaf 40000001h": 0x40000001, "leaf 80000001h": 0x80000001, "none": 0x90000000} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var sum uint32
			for b.Loop() {
				eax, ebx, ecx, edx := c.Lookup(n, 0, x86.CR4OSXSAVE, 7, 0)
				sum += eax + ebx + ecx + edx
			}
			_ = sum
		})
	}
}
