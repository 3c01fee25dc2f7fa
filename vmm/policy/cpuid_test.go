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
	all[[2]uint32{0xd, 11}] = [4]uint32{0x10, 0, 3, 0}
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
	many := newCPUID(t, Processor{Host: rich(intel), CPUs: MaxCPUs})
	if eax, _, _, _ := many.Lookup(4, 3, 0, 0, 0); eax>>26 != 0x3f || eax>>14&0xfff != 255 {
		t.Errorf("with %d processors leaf 4.3 has eax %#x", MaxCPUs, eax)
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
