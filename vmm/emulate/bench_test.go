package emulate

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// quiet is a guest whose device does nothing, so that the Emulator is what is
// measured.
type quiet struct{ *guest }

func (quiet) Read(uint64, int) uint64   { return 0x55 }
func (quiet) Write(uint64, int, uint64) {}
func (quiet) In(uint16, int) uint32     { return 0x66 }

func (quiet) InString(_ uint16, size int, p []byte) int {
	if size == 4 { // a port that no string device has
		storeBytes(p, size, 0x66)
		return 1
	}
	clear(p)
	return len(p) / size
}

func newQuiet(b testing.TB, mode x86.Mode, code string) *guest {
	g := newGuest(b, mode, code)
	q := quiet{g}
	g.Emulator = New(processor{g}, q, q, q)
	g.GPR[x86.RDI], g.GPR[x86.RSI] = deviceVA, memoryVA
	if mode == x86.Protected32 {
		g.GPR[x86.RDI] = deviceAt
	}
	return g
}

var hot = []struct {
	name, code string
	mode       x86.Mode
}{
	{"store", "8987b0000000", x86.Long64},
	{"load", "8b87b0000000", x86.Long64},
	{"store immediate", "c787b000000000000000", x86.Long64},
	{"load with zero-extension", "0fb687b0000000", x86.Long64},
	{"store in protected mode", "8987b0000000", x86.Protected32},
	{"or", "0987b0000000", x86.Long64},
	{"movdqu", "f30f7f87b0000000", x86.Long64},
}

func BenchmarkMMIO(b *testing.B) {
	for _, tc := range hot {
		b.Run(tc.name, func(b *testing.B) {
			g := newQuiet(b, tc.mode, tc.code)
			b.ReportAllocs()
			for b.Loop() {
				g.RIP = codeAt
				if err := g.MMIO(deviceAt + 0xb0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("store, not in the cache", func(b *testing.B) {
		g := newQuiet(b, x86.Long64, "8987b0000000")
		b.ReportAllocs()
		for b.Loop() {
			g.RIP = codeAt
			g.mem[codeAt+1] ^= 8
			if err := g.MMIO(deviceAt + 0xb0); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rep stosd of 128", func(b *testing.B) {
		g := newQuiet(b, x86.Long64, "f3ab")
		b.ReportAllocs()
		for b.Loop() {
			g.RIP, g.GPR[x86.RDI], g.GPR[x86.RCX] = codeAt, deviceVA, 128
			if err := g.MMIO(deviceAt); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// portStrings are 256 items of what guests do.
var portStrings = []struct{ name, code string }{
	{"rep insw", "f3666d"},
	{"rep insd, item by item", "f36d"},
}

func (g *guest) portString(t testing.TB) {
	g.RIP, g.GPR[x86.RDI], g.GPR[x86.RCX] = codeAt, memoryVA, 256
	if err := g.PortString(); err != nil || g.GPR[x86.RCX] != 0 {
		t.Fatal(err, g.GPR[x86.RCX])
	}
}

func BenchmarkPortStringsOf256(b *testing.B) {
	for _, tc := range portStrings {
		b.Run(tc.name, func(b *testing.B) {
			g := newQuiet(b, x86.Long64, tc.code)
			b.ReportAllocs()
			for b.Loop() {
				g.portString(b)
			}
		})
	}
}

func TestPortStringsAllocateNothing(t *testing.T) {
	for _, tc := range portStrings {
		g := newQuiet(t, x86.Long64, tc.code)
		if n := testing.AllocsPerRun(100, func() { g.portString(t) }); n != 0 {
			t.Errorf("%s: %v allocations", tc.name, n)
		}
	}
}

func BenchmarkLengthAtRIP(b *testing.B) {
	g := newQuiet(b, x86.Long64, "0fa2")
	b.ReportAllocs()
	for b.Loop() {
		if n, err := g.Length(); n != 2 || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkLength(b *testing.B) {
	code := unhex(b, "0fa29090909090909090")
	b.ReportAllocs()
	for b.Loop() {
		if n, _ := Length(code, 64); n != 2 {
			b.Fatal(n)
		}
	}
}

func TestExecutionAllocatesNothing(t *testing.T) {
	for _, tc := range append(hot, struct {
		name, code string
		mode       x86.Mode
	}{"rep movsb", "f3a4", x86.Long64}) {
		g := newQuiet(t, tc.mode, tc.code)
		g.GPR[x86.RCX] = 10
		n := testing.AllocsPerRun(100, func() {
			g.RIP = codeAt
			if err := g.MMIO(deviceAt + 0xb0); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", tc.name, n)
		}
	}
}
