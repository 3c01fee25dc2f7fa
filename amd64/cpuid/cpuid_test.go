package cpuid_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
)

func TestIdentityOfEachModel(t *testing.T) {
	for _, tc := range []struct {
		name          string
		model         cpuidtest.Model
		vendor, brand string
		signature     cpuid.Signature
		bits          cpuid.AddressBits
	}{
		{"QEMU EPYC", cpuidtest.QEMUEPYC, "AuthenticAMD", "AMD EPYC Processor",
			cpuid.Signature{Raw: 0x800f12, Family: 0x17, Model: 1, Stepping: 2}, cpuid.AddressBits{Physical: 40, Linear: 48}},
		{"Bochs trinity", cpuidtest.BochsTrinity, "AuthenticAMD", "AMD A8-5600K APU with Radeon(tm) HD Graphics",
			cpuid.Signature{Raw: 0x610f01, Family: 0x15, Model: 0x10, Stepping: 1}, cpuid.AddressBits{Physical: 40, Linear: 48}},
		{"Bochs broadwell", cpuidtest.BochsBroadwell, "GenuineIntel", "Intel(R) Processor 5Y70 CPU @ 1.10GHz",
			cpuid.Signature{Raw: 0x306d4, Family: 6, Model: 0x3d, Stepping: 4}, cpuid.AddressBits{Physical: 40, Linear: 48}},
		{"no extended leaves", cpuidtest.BochsWillamette, "GenuineIntel", "",
			cpuid.Signature{Raw: 0xf12, Family: 0xf, Model: 1, Stepping: 2}, cpuid.AddressBits{Physical: 36, Linear: 32}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := tc.model.CPUID()
			if got := f.Vendor(); got != tc.vendor {
				t.Errorf("Vendor() = %q, want %q", got, tc.vendor)
			}
			if got := f.Brand(); got != tc.brand {
				t.Errorf("Brand() = %q, want %q", got, tc.brand)
			}
			if got := f.Signature(); got != tc.signature {
				t.Errorf("Signature() = %+v, want %+v", got, tc.signature)
			}
			if got := f.AddressBits(); got != tc.bits {
				t.Errorf("AddressBits() = %+v, want %+v", got, tc.bits)
			}
		})
	}
}

func TestLeafOutOfRangeIsZero(t *testing.T) {
	f := cpuidtest.BochsWillamette.CPUID()
	if eax, _, _, _ := f(7, 0); eax == 0 {
		t.Fatal("the model should answer leaf 7 with leaf 2's data")
	}
	for _, leaf := range []uint32{3, 7, 0x15, 0x4000_0000, 0x8000_0000, 0x8000_0001, 0xffff_ffff} {
		if a, b, c, d := f.Leaf(leaf, 0); a|b|c|d != 0 {
			t.Errorf("Leaf(%#x) = %#x %#x %#x %#x, want zeros", leaf, a, b, c, d)
		}
	}
	if max, ok := f.Max(0); !ok || max != 2 {
		t.Errorf("Max(0) = %#x, %v, want 2, true", max, ok)
	}
	if _, ok := f.Max(cpuid.LeafExtended); ok {
		t.Error("Max(LeafExtended) is ok on a processor without extended leaves")
	}
	bare := cpuidtest.QEMUEPYC.Clone()
	bare.Leaves[[2]uint32{1, 0}] = [4]uint32{0x800f12, 0x800, 0x76d8320b, 0x78bfbfd}
	if _, ok := bare.CPUID().Max(cpuid.LeafHypervisor); ok {
		t.Error("Max(LeafHypervisor) is ok without the hypervisor bit")
	}
}

func TestUnprintableVendorIsMadePrintable(t *testing.T) {
	f := cpuid.Func(func(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
		return 0, 0x41071b42, 0x44434241, 0x41ff4241
	})
	if got, want := f.Vendor(), "B..AAB.AABCD"; got != want {
		t.Errorf("Vendor() = %q, want %q", got, want)
	}
}

func TestFeatureNames(t *testing.T) {
	names := func(f cpuid.Func) []string {
		var s []string
		for _, x := range f.Features() {
			s = append(s, x.String())
		}
		return s
	}
	epyc := strings.Join(names(cpuidtest.QEMUEPYC.CPUID()), " ")
	const wantEPYC = "SSE3 PCLMULQDQ MONITOR SSSE3 FMA CMPXCHG16B SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C RDRAND HYPERVISOR " +
		"FPU DE PSE TSC MSR PAE MCE CX8 APIC SEP MTRR PGE MCA CMOV PAT PSE-36 CLFSH MMX FXSR SSE SSE2 " +
		"ARAT FSGSBASE BMI1 AVX2 SMEP BMI2 ADX SMAP CLFLUSHOPT XSAVEOPT XGETBV_ECX_1 " +
		"LahfSahf SVM AltMovCr8 LZCNT SSE4A SYSCALL NX MmxExt Page1GB RDTSCP LM NP VGIF"
	if epyc != wantEPYC {
		t.Errorf("EPYC's features:\n got %s\nwant %s", epyc, wantEPYC)
	}
	broadwell := names(cpuidtest.BochsBroadwell.CPUID())
	for name, want := range map[string]bool{
		"VMX": true, "x2APIC": true, "TSC-Deadline": true, "PCID": true, "InvariantTSC": true, "LM": true, "NX": true,
		"SVM": false, "HYPERVISOR": false, "LA57": false, "AVX512F": false,
	} {
		if slices.Contains(broadwell, name) != want {
			t.Errorf("broadwell: %s present = %v, want %v", name, !want, want)
		}
	}
}

// The constants must name the bits the table describes: a slip in either shows.
func TestConstantsMatchTheTable(t *testing.T) {
	for x, want := range map[cpuid.Feature]string{
		cpuid.Monitor: "MONITOR", cpuid.VMX: "VMX", cpuid.SMX: "SMX", cpuid.CMPXCHG16B: "CMPXCHG16B", cpuid.PCID: "PCID",
		cpuid.X2APIC: "x2APIC", cpuid.TSCDeadline: "TSC-Deadline", cpuid.XSAVE: "XSAVE", cpuid.OSXSAVE: "OSXSAVE", cpuid.AVX: "AVX",
		cpuid.RDRAND: "RDRAND", cpuid.Hypervisor: "HYPERVISOR", cpuid.TSC: "TSC", cpuid.MSR: "MSR", cpuid.PAE: "PAE", cpuid.MCE: "MCE",
		cpuid.APIC: "APIC", cpuid.SEP: "SEP", cpuid.MTRR: "MTRR", cpuid.PGE: "PGE", cpuid.MCA: "MCA", cpuid.PAT: "PAT",
		cpuid.FXSR: "FXSR", cpuid.SSE2: "SSE2", cpuid.HTT: "HTT", cpuid.ARAT: "ARAT", cpuid.FSGSBASE: "FSGSBASE", cpuid.SMEP: "SMEP",
		cpuid.INVPCID: "INVPCID", cpuid.RDSEED: "RDSEED", cpuid.SMAP: "SMAP", cpuid.UMIP: "UMIP", cpuid.LA57: "LA57",
		cpuid.SpecCtrl: "IBRS_IBPB", cpuid.ArchCapabilities: "ARCH_CAPABILITIES", cpuid.XSAVEOPT: "XSAVEOPT", cpuid.XSAVEC: "XSAVEC",
		cpuid.XSAVES: "XSAVES", cpuid.SVM: "SVM", cpuid.SYSCALL: "SYSCALL", cpuid.NX: "NX", cpuid.Page1GB: "Page1GB",
		cpuid.RDTSCP: "RDTSCP", cpuid.LongMode: "LM", cpuid.InvariantTSC: "InvariantTSC", cpuid.NestedPaging: "NP", cpuid.LBRVirt: "LbrVirt",
		cpuid.SVMLock: "SVML", cpuid.NRIPSave: "NRIPS", cpuid.TSCRate: "TscRateMsr", cpuid.VMCBClean: "VmcbClean",
		cpuid.FlushByASID: "FlushByAsid", cpuid.DecodeAssists: "DecodeAssists", cpuid.PauseFilter: "PauseFilter",
		cpuid.PauseFilterThreshold: "PauseFilterThreshold", cpuid.AVIC: "AVIC", cpuid.VMSAVEVirt: "VMSAVEvirt", cpuid.VGIF: "VGIF",
		cpuid.X2AVIC: "x2AVIC", cpuid.SpecCtrlVirt: "SpecCtrl", cpuid.VNMI: "VNMI",
	} {
		if got := x.String(); got != want {
			t.Errorf("%s: the table says %q, want %q", x.Where(), got, want)
		}
		if x.Meaning() == "" {
			t.Errorf("%s has no meaning", want)
		}
	}
	for x, want := range map[cpuid.Feature]string{
		cpuid.VMX: "00000001h.ecx[5]", cpuid.SVM: "80000001h.ecx[2]", cpuid.XSAVES: "0000000dh.1.eax[3]", cpuid.InvariantTSC: "80000007h.edx[8]",
	} {
		if got := x.Where(); got != want {
			t.Errorf("%v.Where() = %q, want %q", x, got, want)
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]string{}
	for x := range cpuid.Feature(32 * 32) {
		if x.Meaning() == "" {
			continue
		}
		key := strings.ToLower(x.String())
		if other := seen[key]; other != "" {
			t.Errorf("%s and %s are both called %s", other, x.Where(), key)
		}
		seen[key] = x.Where()
		if got, ok := cpuid.Lookup(key); !ok || got != x {
			t.Errorf("Lookup(%q) = %v, %v, want %v", key, got, ok, x)
		}
	}
	if len(seen) < 200 {
		t.Errorf("only %d features have names", len(seen))
	}
}

func TestUnknownFeatureIsHarmless(t *testing.T) {
	x := cpuid.Feature(0xffff)
	if cpuidtest.QEMUEPYC.CPUID().Has(x) || x.String() != "Feature(65535)" || x.Meaning() != "" || x.Where() != "" {
		t.Errorf("an unknown feature is present or has a name: %v", x)
	}
	if _, ok := cpuid.Lookup(""); ok {
		t.Error("the empty name finds a reserved bit")
	}
}

func TestDecodeNamesSetBits(t *testing.T) {
	got, ok := cpuid.Decode(cpuid.LeafSVM, 0, cpuid.EDX, 0x44f|1<<31)
	want := []string{"NP", "LbrVirt", "SVML", "NRIPS", "FlushByAsid", "PauseFilter", "bit 31"}
	if !ok || !slices.Equal(got, want) {
		t.Errorf("Decode = %v, %v, want %v", got, ok, want)
	}
	if got, ok := cpuid.Decode(cpuid.LeafSVM, 0, cpuid.EAX, 1); ok {
		t.Errorf("Decode of a register of numbers = %v, want not ok", got)
	}
}

func TestTopology(t *testing.T) {
	smp := cpuidtest.QEMUEPYC.Clone()
	smp.Leaves[[2]uint32{1, 0}] = [4]uint32{0x800f12, 0x03040800, 0xf6d8320b, 0x178bfbfd}
	smp.Leaves[[2]uint32{0xb, 0}] = [4]uint32{1, 2, 0x100, 0x103}
	smp.Leaves[[2]uint32{0xb, 1}] = [4]uint32{3, 8, 0x201, 0x103}
	old := cpuidtest.BochsWillamette.Clone()
	old.Leaves[[2]uint32{1, 0}] = [4]uint32{0xf12, 0x05020800, 0, 0x1febfbff}
	for _, tc := range []struct {
		name  string
		model cpuidtest.Model
		want  cpuid.Topology
	}{
		{"one processor, leaf 0Bh", cpuidtest.QEMUEPYC, cpuid.Topology{FromLeaf: 0xb, Logical: 1}},
		{"leaf 0Bh without levels", cpuidtest.BochsBroadwell, cpuid.Topology{FromLeaf: 0xb, Logical: 1}},
		{"eight processors, leaf 0Bh", smp, cpuid.Topology{InitialAPICID: 3, X2APICID: 0x103, FromLeaf: 0xb, Logical: 8}},
		{"leaf 1 only", old, cpuid.Topology{InitialAPICID: 5, X2APICID: 5, FromLeaf: 1, Logical: 2}},
	} {
		if got := tc.model.CPUID().Topology(); got != tc.want {
			t.Errorf("%s: Topology() = %+v, want %+v", tc.name, got, tc.want)
		}
	}
}

func TestTSCRate(t *testing.T) {
	crystal := cpuidtest.BochsSkylake.Clone()
	crystal.Leaves[[2]uint32{0x15, 0}] = [4]uint32{2, 292, 24_000_000, 0}
	told := cpuidtest.QEMUEPYC.Clone()
	told.Leaves[[2]uint32{0x4000_0000, 0}] = [4]uint32{0x4000_0010, 0x4b4d564b, 0x564b4d56, 0x4d}
	told.Leaves[[2]uint32{0x4000_0010, 0}] = [4]uint32{2_500_000, 1_000_000, 0, 0}
	for _, tc := range []struct {
		name   string
		model  cpuidtest.Model
		hz     uint64
		source cpuid.TSCRateSource
	}{
		{"crystal", crystal, 3_504_000_000, cpuid.FromCrystal},
		{"base frequency", cpuidtest.BochsSkylake, 3_500_000_000, cpuid.FromBase},
		{"hypervisor", told, 2_500_000_000, cpuid.FromHypervisor},
		{"not given", cpuidtest.QEMUEPYC, 0, cpuid.NotInCPUID},
		{"no such leaves", cpuidtest.BochsWillamette, 0, cpuid.NotInCPUID},
	} {
		if hz, source := tc.model.CPUID().TSCRate(); hz != tc.hz || source != tc.source {
			t.Errorf("%s: TSCRate() = %d, %q, want %d, %q", tc.name, hz, source, tc.hz, tc.source)
		}
	}
	h, ok := told.CPUID().HypervisorInfo()
	if want := (cpuid.HypervisorInfo{Signature: "KVMKVMKVM", MaxLeaf: 0x4000_0010, TSCkHz: 2_500_000, APICkHz: 1_000_000}); !ok || h != want {
		t.Errorf("HypervisorInfo() = %+v, %v, want %+v", h, ok, want)
	}
	if h, ok := cpuidtest.BochsBroadwell.CPUID().HypervisorInfo(); ok {
		t.Errorf("HypervisorInfo() without the hypervisor bit = %+v", h)
	}
}

func TestXSAVEInfo(t *testing.T) {
	got, ok := cpuidtest.BochsSkylake.CPUID().XSAVEInfo()
	want := cpuid.XSAVEInfo{XCR0: 0xe7, Size: 0x240, MaxSize: 0xa80, Components: []cpuid.XSAVEComponent{
		{Number: 2, Size: 0x100, Offset: 0x240},
		{Number: 5, Size: 0x40, Offset: 0x440},
		{Number: 6, Size: 0x200, Offset: 0x480},
		{Number: 7, Size: 0x400, Offset: 0x680},
	}}
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("XSAVEInfo() = %+v, %v\nwant %+v", got, ok, want)
	}
	cet := cpuidtest.BochsSkylake.Clone()
	cet.Leaves[[2]uint32{0xd, 1}] = [4]uint32{0xf, 0, 0x800, 0}
	cet.Leaves[[2]uint32{0xd, 11}] = [4]uint32{0x10, 0, 3, 0}
	got, _ = cet.CPUID().XSAVEInfo()
	last := got.Components[len(got.Components)-1]
	if want := (cpuid.XSAVEComponent{Number: 11, Size: 0x10, Supervisor: true, Aligned: true}); got.XSS != 0x800 || last != want {
		t.Errorf("XSS %#x, last component %+v, want 0x800 and %+v", got.XSS, last, want)
	}
	if _, ok := cpuidtest.BochsPenryn.CPUID().XSAVEInfo(); !ok {
		t.Error("penryn has XSAVE, leaf 0Dh")
	}
	if _, ok := cpuidtest.BochsWillamette.CPUID().XSAVEInfo(); ok {
		t.Error("willamette has no XSAVE")
	}
}

func TestSVMInfo(t *testing.T) {
	if got, ok := cpuidtest.BochsTrinity.CPUID().SVMInfo(); !ok || got != (cpuid.SVMInfo{Revision: 1, ASIDs: 64}) {
		t.Errorf("SVMInfo() = %+v, %v, want revision 1, 64 ASIDs", got, ok)
	}
	if got, ok := cpuidtest.BochsBroadwell.CPUID().SVMInfo(); ok {
		t.Errorf("SVMInfo() on Intel = %+v, want not ok", got)
	}
}
