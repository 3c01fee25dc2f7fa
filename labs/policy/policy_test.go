package policy

import (
	"encoding/binary"
	"strings"
	"testing"
)

// all has every bit set, so that a test sees which ones answer takes away.
var all = [4]uint32{0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff}

func TestNoHypervisor(t *testing.T) {
	if got := answer(1, 0, all)[2]; got>>31 != 0 {
		t.Errorf("leaf 1: ECX = %#x; bit 31 says that there is a hypervisor", got)
	}
	for _, leaf := range []uint32{0x4000_0000, 0x4000_0001, 0x4000_0010, 0x4000_00ff} {
		if got := answer(leaf, 0, all); got != [4]uint32{} {
			t.Errorf("leaf %#x: %#x; the hypervisor's leaves are 4000_0000h to 4000_00ffh", leaf, got)
		}
	}
	for _, leaf := range []uint32{0, 0x3fff_ffff, 0x4000_0100, 0x8000_0000} {
		if got := answer(leaf, 0, all); got != all {
			t.Errorf("leaf %#x has changed to %#x", leaf, got)
		}
	}
}

func TestName(t *testing.T) {
	var text []byte
	for leaf := uint32(0x8000_0002); leaf <= 0x8000_0004; leaf++ {
		for _, r := range answer(leaf, 0, all) {
			text = binary.LittleEndian.AppendUint32(text, r)
		}
	}
	if got := strings.TrimRight(string(text), "\x00"); got != name {
		t.Errorf("the processor is called %q, want %q, filled up with zeros to 48 bytes", got, name)
	}
}

func TestNoAVX(t *testing.T) {
	for _, tc := range []struct {
		what      string
		leaf, sub uint32
		register  int
		gone      uint32 // bits that must be 0
		stay      uint32 // bits that must not change
	}{
		{"leaf 1 ECX (AVX, FMA, F16C)", 1, 0, 2, 1<<28 | 1<<12 | 1<<29, 0x4fff_efff},
		{"leaf 7 EBX (AVX2, AVX-512)", 7, 0, 1, 1<<5 | 1<<16 | 1<<17 | 1<<21 | 1<<26 | 1<<27 | 1<<28 | 1<<30 | 1<<31, 0x23dc_ffdf},
		{"leaf 0Dh EAX (the state that XSAVE saves)", 0xd, 0, 0, 1<<2 | 7<<5, 0xffff_ff1b},
	} {
		got := answer(tc.leaf, tc.sub, all)[tc.register]
		if got&tc.gone != 0 {
			t.Errorf("%s: bits %#x say that there is AVX", tc.what, got&tc.gone)
		}
		if got&tc.stay != tc.stay {
			t.Errorf("%s: bits %#x are gone, which are not AVX's", tc.what, tc.stay&^got)
		}
	}
	if got := answer(7, 1, all); got != all {
		t.Errorf("leaf 7, sub-leaf 1 is another leaf, and has changed to %#x", got)
	}
}

func TestRegisterCounts(t *testing.T) {
	var m counter
	for n := uint64(1); n <= 3; n++ {
		if got := m.read(); got != n {
			t.Errorf("read for the time %d, it is %d", n, got)
		}
	}
	if m.write(5) || m.write(1<<63) {
		t.Error("a value other than 0 could be written")
	}
	if got := m.read(); got != 4 {
		t.Errorf("a write that is refused changes nothing: read for the 4th time, it is %d", got)
	}
	if !m.write(0) {
		t.Error("0 could not be written")
	}
	if got := m.read(); got != 1 {
		t.Errorf("after a write of 0 it counts from the start: it is %d", got)
	}
}
