//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
)

func TestSpecCtrlBits(t *testing.T) {
	for bits, want := range map[uint32]uint64{0: 0, withIBPB: 0, withIBRS: 1, withSTIBP: 2, withSSBD: 4, withPSFD: 0x80, everyControl: 0x87} {
		if l := readLimits(withSpeculation(cpuidtest.QEMUEPYC, bits).CPUID()); l.specCtrl != want {
			t.Errorf("features %#x: SPEC_CTRL may have %#x, want %#x", bits, l.specCtrl, want)
		}
	}
}

func TestControlRegisterLimits(t *testing.T) {
	for _, tc := range []struct {
		name      string
		model     cpuidtest.Model
		cr4, efer uint64
	}{
		{"QEMU EPYC", cpuidtest.QEMUEPYC, 0x3507fc, 0x3d01},
		{"Bochs toliman", cpuidtest.BochsToliman, 0x7ff, 0x7d01},
		{"without LMSLE", withSpeculation(cpuidtest.QEMUEPYC, 1<<20), 0x3507fc, 0x1d01},
	} {
		if l := readLimits(tc.model.CPUID()); l.cr4 != tc.cr4 || l.efer != tc.efer {
			t.Errorf("%s: CR4 may have %#x, EFER %#x, want %#x, %#x", tc.name, l.cr4, l.efer, tc.cr4, tc.efer)
		}
	}
}

func TestXCR0(t *testing.T) {
	wide := limits{xcr0: 0x602ff}
	for _, tc := range []struct {
		v  uint64
		l  limits
		ok bool
	}{
		{0, limits{}, true}, {1, limits{}, false}, {0, wide, false},
		{1, wide, true}, {3, wide, true}, {7, wide, true}, {5, wide, false}, {2, wide, false}, {0x207, wide, true},
		{0xe7, wide, true}, {0xe3, wide, false}, {0x27, wide, false}, {0x67, wide, false},
		{0x1f, wide, true}, {0xf, wide, false}, {0x60007, wide, true}, {0x20007, wide, false},
		{1 << 63, wide, false}, {0x107, wide, false},
	} {
		if err := checkXCR0(tc.v, tc.l); (err == nil) != tc.ok {
			t.Errorf("XCR0 %#x: %v", tc.v, err)
		}
	}
}

// A component that the area has no room for is not the guest's, nor is one that
// only goes with it: the host turns all on at once, which must not fault.
func TestXCR0HasRoom(t *testing.T) {
	m := cpuidtest.QEMUEPYC.Clone()
	m.Leaves[[2]uint32{0xd, 0}] = [4]uint32{0x60007, 0x240, 0x2b00, 0}
	m.Leaves[[2]uint32{0xd, 17}] = [4]uint32{64, 0xac0, 0, 0}
	m.Leaves[[2]uint32{0xd, 18}] = [4]uint32{8192, 0xb00, 2, 0}
	if l := readLimits(m.CPUID()); l.xcr0 != 7 || checkXCR0(l.xcr0, l) != nil {
		t.Errorf("XCR0 may have %#x, want 7", l.xcr0)
	}
}
