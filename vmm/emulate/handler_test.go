package emulate

import (
	"encoding/binary"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Where the guest handles a vector, in each of its modes.
func TestHandler(t *testing.T) {
	const idt, vector = 0x14000, 6
	entry := func(g *guest, at int, words ...uint16) {
		for i, w := range words {
			binary.LittleEndian.PutUint16(g.mem[idt+at+2*i:], w)
		}
	}
	for _, tc := range []struct {
		name  string
		mode  x86.Mode
		limit uint16
		words []uint16 // the entry
		want  uint64   // 0: none
	}{
		{"real mode", x86.Real, 0x3ff, []uint16{0x10, 0x1234}, 0x12350},
		{"32-bit gate", x86.Protected32, 0x7ff, []uint16{0x5678, selCode0, 0x8e00, 0x1234}, 0x12345678},
		{"32-bit trap gate", x86.Protected32, 0x7ff, []uint16{0x5678, selCode0, 0x8f00, 0x1234}, 0x12345678},
		{"16-bit gate", x86.Protected32, 0x7ff, []uint16{0x5678, selCode0, 0x8600, 0x1234}, 0x5678},
		{"task gate", x86.Protected32, 0x7ff, []uint16{0, selNew, 0x8500, 0}, 0},
		{"no such segment", x86.Protected32, 0x7ff, []uint16{0x5678, 0x1008, 0x8e00, 0x1234}, 0},
		{"64-bit gate", x86.Long64, 0xfff, []uint16{0x5678, selCode0, 0x8e00, 0x1234, 0xffff, 0xffff, 0, 0}, 0xffff_ffff_1234_5678},
		{"beyond the limit", x86.Long64, vector*16 + 14, []uint16{0x5678, selCode0, 0x8e00, 0x1234}, 0},
	} {
		g := newGuest(t, tc.mode, "90")
		size := map[x86.Mode]int{x86.Real: 4, x86.Protected32: 8, x86.Long64: 16}[tc.mode]
		g.GDTR, g.IDTR = x86.Table{Base: gdtAt, Limit: gdtLimit}, x86.Table{Base: idt, Limit: tc.limit}
		g.entry(gdtAt+selCode0, 0, 0xfffff, typeCode, 0xc)
		entry(g, vector*size, tc.words...)
		if got, ok := Handler(&g.State, g, vector); ok != (tc.want != 0) || got != tc.want {
			t.Errorf("%s: %#x, %v, want %#x", tc.name, got, ok, tc.want)
		}
	}
}

// PUSHF shows the guest the trap flag of who steps through it.
func TestPushedTrap(t *testing.T) {
	for code, want := range map[string]bool{"9c": true, "669c": true, "9d": false, "0f9cc0": false, "90": false} {
		if got := newGuest(t, x86.Long64, code).AtPUSHF(); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
	for _, set := range []bool{false, true} {
		for mode, base := range map[x86.Mode]uint64{x86.Long64: 0, x86.Protected32: 0, x86.Real: 0x1000} {
			g := newGuest(t, mode, "90")
			g.Seg[x86.SS].Base = base
			g.GPR[x86.RSP] = 0x7ff0
			g.mem[base+0x7ff0], g.mem[base+0x7ff1] = 0x46, 0x02|byte(x86.FlagTF>>8)*b2i(!set)
			PushedTrap(&g.State, g, set)
			if got := g.mem[base+0x7ff1]; got != 0x02|byte(x86.FlagTF>>8)*b2i(set) || g.mem[base+0x7ff0] != 0x46 {
				t.Errorf("mode %v, set %v: %#x", mode, set, got)
			}
		}
	}
}

func b2i(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func TestAtINT1(t *testing.T) {
	for code, want := range map[string]bool{"f1": true, "cc": false, "f4": false} {
		if got := newGuest(t, x86.Long64, code).AtINT1(); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
}
