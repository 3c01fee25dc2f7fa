package policy

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/msr"
)

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
		"+RDTSCP":       "a register that is not switched",
		"+IBRS":         "a register that is not switched",
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

func TestComponentsThatNoGuestHasAreHidden(t *testing.T) {
	const bounds, tiles = 3 << 3, 3 << 17
	host := rich(intel)
	wider := func(n, sub uint32) (eax, ebx, ecx, edx uint32) {
		eax, ebx, ecx, edx = host(n, sub)
		if n == cpuid.LeafXSAVE && sub == 0 {
			eax |= bounds | tiles
		}
		return eax, ebx, ecx, edx
	}
	c := newCPUID(t, Processor{Host: wider, XCR0: ^uint64(0)})
	if eax, _, _, _ := c.Lookup(cpuid.LeafXSAVE, 0, 0, 1, 0); eax != 0x2e7 || c.ValidXCR0(0x2e7|bounds) {
		t.Errorf("the guest is told of XCR0 %#x", eax)
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

func TestTSCAuxNeedsTheEngine(t *testing.T) {
	for _, switched := range []bool{false, true} {
		c := newCPUID(t, Processor{Host: rich(amd), TSCAux: switched})
		for _, name := range []string{"RDTSCP", "RDPID"} {
			if c.Has(list(name)[0]) != switched {
				t.Errorf("TSC_AUX switched: %v, %s: %v", switched, name, !switched)
			}
		}
		if _, ok := NewMSRs(MSRConfig{CPUID: c}).Read(msr.TSCAux); ok != switched {
			t.Errorf("TSC_AUX switched: %v, and it can be read: %v", switched, ok)
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
