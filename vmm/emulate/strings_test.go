package emulate

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestRepeatedStringStopsForInterrupts(t *testing.T) {
	g := newGuest(t, x86.Long64, "f3ab") // rep stosd
	g.GPR[x86.RDI], g.GPR[x86.RCX], g.GPR[x86.RAX] = deviceVA, 1000, 7
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	if g.RIP != codeAt || g.GPR[x86.RCX] != 1000-maxRepeat || g.GPR[x86.RDI] != deviceVA+4*maxRepeat || len(g.log) != maxRepeat {
		t.Errorf("RIP %#x, RCX %d, RDI %#x, %d accesses", g.RIP, g.GPR[x86.RCX], g.GPR[x86.RDI], len(g.log))
	}
	g.GPR[x86.RCX] = 3
	g.log = nil
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	if g.RIP != codeAt+2 || g.GPR[x86.RCX] != 0 || len(g.log) != 3 {
		t.Errorf("RIP %#x, RCX %d, %d accesses", g.RIP, g.GPR[x86.RCX], len(g.log))
	}
}

func TestRepeatOfExactlyTheBoundEnds(t *testing.T) {
	g := newGuest(t, x86.Long64, "f3aa")
	g.GPR[x86.RDI], g.GPR[x86.RCX] = deviceVA, maxRepeat
	if err := g.MMIO(deviceAt); err != nil || g.RIP != codeAt+2 {
		t.Errorf("%v, RIP %#x", err, g.RIP)
	}
}

func TestRepeatOfNothingTouchesNothing(t *testing.T) {
	g := newGuest(t, x86.Long64, "f3a4")
	g.GPR[x86.RSI] = 0x700000
	if err := g.MMIO(deviceAt); err != nil || g.RIP != codeAt+2 {
		t.Errorf("%v, RIP %#x", err, g.RIP)
	}
}

func TestStringsIn16BitCode(t *testing.T) {
	g := newGuest(t, x86.Real, "f3a5") // rep movsw
	g.Seg[x86.DS].Base, g.Seg[x86.ES].Base = 0x10000, 0xb8000
	g.GPR[x86.RSI], g.GPR[x86.RDI], g.GPR[x86.RCX] = 0xaaaa_0000_0000_fffc, 0xbbbb_0000, 0xcccc_0003
	g.RFLAGS |= x86.FlagDF
	copy(g.mem[0x1fff8:], "\x11\x11\x22\x22\x33\x33")
	g.GPR[x86.RDI] |= 2
	if err := g.MMIO(0xb8002); err != nil {
		t.Fatal(err)
	}
	// DI goes below 0 and around within 64 KiB.
	g.expect(t, "write 0xb8002 2 0x3333", "write 0xb8000 2 0x2222", "write 0xc7ffe 2 0x1111")
	if g.GPR[x86.RSI] != 0xaaaa_0000_0000_fff6 || g.GPR[x86.RDI] != 0xbbbb_fffc || g.GPR[x86.RCX] != 0xcccc_0000 {
		t.Errorf("registers %x", g.GPR)
	}
}

func TestSourceSegmentOverride(t *testing.T) {
	g := newGuest(t, x86.Protected32, "64a5") // movsd es:[edi], fs:[esi]
	g.Seg[x86.FS].Base = 0x10000
	copy(g.mem[0x10010:], "\x78\x56\x34\x12")
	g.GPR[x86.RSI], g.GPR[x86.RDI] = 0x10, deviceAt
	if err := g.MMIO(deviceAt); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "write 0xfee00000 4 0x12345678")
}

func TestPortStrings(t *testing.T) {
	for _, tc := range []struct {
		name, code string
		mode       x86.Mode
		log        []string
		memory     string // at 0x10000
		rsi, rdi   uint64
	}{
		{"rep insw", "f3666d", x86.Long64, []string{"in 0x1f0 2", "in 0x1f0 2", "in 0x1f0 2"}, "\x01\x00\x02\x00\x03\x00", 0x10000, 0x10006},
		{"insb once", "6c", x86.Long64, []string{"in 0x1f0 1"}, "\x01", 0x10000, 0x10001},
		{"insd in 16-bit code", "f3666d", x86.Real, []string{"in 0x1f0 4", "in 0x1f0 4", "in 0x1f0 4"}, "\x01\x00\x00\x00\x02\x00\x00\x00\x03", 0, 0xc},
		{"rep outsb", "f36e", x86.Long64, []string{"out 0x1f0 1 0x0", "out 0x1f0 1 0x0", "out 0x1f0 1 0x0"}, "", 0x10003, 0x10000},
		{"outsw with a 32-bit address", "67666f", x86.Long64, []string{"out 0x1f0 2 0x0"}, "", 0x10002, 0x10000},
	} {
		g := newGuest(t, tc.mode, tc.code)
		g.GPR[x86.RSI], g.GPR[x86.RDI], g.GPR[x86.RCX], g.GPR[x86.RDX] = 0x10000, 0x10000, 3, 0xabc_01f0
		if tc.mode == x86.Real {
			g.Seg[x86.ES].Base = 0x10000
			g.GPR[x86.RSI], g.GPR[x86.RDI] = 0, 0
		}
		if err := g.PortString(); err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		g.expect(t, tc.log...)
		if !strings.HasPrefix(string(g.mem[0x10000:]), tc.memory) || g.GPR[x86.RSI] != tc.rsi || g.GPR[x86.RDI] != tc.rdi {
			t.Errorf("%s: memory % x, RSI %#x, RDI %#x", tc.name, g.mem[0x10000:0x10010], g.GPR[x86.RSI], g.GPR[x86.RDI])
		}
		if want := codeAt + uint64(len(tc.code))/2; g.RIP != want {
			t.Errorf("%s: RIP %#x, want %#x", tc.name, g.RIP, want)
		}
	}
}

func TestPortStringFaultsBeforeThePort(t *testing.T) {
	g := newGuest(t, x86.Long64, "6c")
	g.GPR[x86.RDI] = 0x700000
	if err := g.PortString(); err == nil {
		t.Error("no fault")
	}
	g.expect(t)
}

func TestPortStringOnlyExecutesPortStrings(t *testing.T) {
	g := newGuest(t, x86.Long64, storeRDI)
	if err := g.PortString(); err == nil || !strings.Contains(err.Error(), "no string instruction on a port") {
		t.Errorf("got %v", err)
	}
}
