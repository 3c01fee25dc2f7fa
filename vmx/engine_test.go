//go:build !tamago

package vmx

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/msr"
)

func TestControlsAreAsTheProcessorAllows(t *testing.T) {
	for name, m := range map[string]cpuidtest.Model{"broadwell": cpuidtest.BochsBroadwell, "skylake": cpuidtest.BochsSkylake} {
		e, _ := newEngine(t, m)
		for _, tc := range []struct {
			register uint32
			value    uint32
			need     uint32
		}{
			{msr.VMXTruePinCtls, e.pin, needPin}, {msr.VMXTrueProcCtls, e.primary, needPrimary &^ (primaryCR8Load | primaryCR8Store)},
			{msr.VMXProcCtls2, e.secondary, needSecondary}, {msr.VMXTrueExitCtls, e.exit, needExit}, {msr.VMXTrueEntryCtls, e.entry, needEntry},
		} {
			v, _ := m.ReadMSR(tc.register)
			must, may := uint32(v), uint32(v>>32)
			if tc.value&must != must || tc.value&^may != 0 || tc.value&tc.need != tc.need {
				t.Errorf("%s, %s: %#x, must have %#x, may have %#x, needs %#x", name, msr.Name(tc.register), tc.value, must, may, tc.need)
			}
		}
		if e.entry&entryIA32e != 0 || e.invept != invalidateSingle || e.invvpid != invalidateSingle || !e.gigabytePages || e.revision == 0 {
			t.Errorf("%s: %+v", name, e.features)
		}
	}
}

func TestNewRefusesWithTheReason(t *testing.T) {
	for _, tc := range []struct {
		model cpuidtest.Model
		want  string
	}{
		{cpuidtest.QEMUEPYC, "no VMX"},
		{cpuidtest.BochsPenryn, "no EPT"},
		{with(map[uint32]uint64{msr.VMXProcCtls2: 0x00057f7f_00000000}), "no unrestricted guest"},
		{with(map[uint32]uint64{msr.VMXCR4Fixed1: gone}), "IA32_VMX_CR4_FIXED1 cannot be read"},
		{with(map[uint32]uint64{msr.VMXTrueExitCtls: 0x007ffffb_00036dfb}), "lacks the controls 0x4"},
	} {
		f := newFrames(t)
		if _, err := New(tc.model.CPUID(), tc.model.ReadMSR, f); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("got %v, want %s", err, tc.want)
		}
		if len(f.pages) != 0 {
			t.Errorf("%s: %d pages remain", tc.want, len(f.pages))
		}
	}
	f := newFrames(t)
	f.left = 0
	if _, err := New(cpuidtest.BochsBroadwell.CPUID(), cpuidtest.BochsBroadwell.ReadMSR, f); !errors.Is(err, errNoFrames) {
		t.Errorf("without memory: %v", err)
	}
}

// Without INVVPID what the TLB holds could not be dropped.
func TestNoVPIDWithoutINVVPID(t *testing.T) {
	e, _ := newEngine(t, with(map[uint32]uint64{msr.VMXEPTVPIDCap: 0x06334141}))
	if e.invvpid != 0 || e.secondary&(1<<secondaryVPID) != 0 {
		t.Errorf("%+v", e.features)
	}
}

func TestMSRBitmap(t *testing.T) {
	e, _ := newEngine(t, cpuidtest.BochsBroadwell)
	m := msrBitmap(amd64.Bytes(uintptr(e.msrBitmap), msrBitmapSize))
	for num, want := range map[uint32][2]bool{
		msr.FSBase: {false, false}, msr.GSBase: {false, false}, msr.KernelGSBase: {false, false},
		msr.SysenterCS: {false, false}, msr.SysenterEIP: {false, false},
		msr.STAR: {false, true}, msr.LSTAR: {false, true}, msr.SFMask: {false, true},
		msr.CSTAR: {true, true}, msr.EFER: {true, true}, msr.PAT: {true, true}, msr.TSC: {true, true},
		0x1fff: {true, true}, 0x2000: {true, true}, 0xc0001fff: {true, true}, 0xc0002000: {true, true}, 0x40000000: {true, true},
	} {
		if read, write := m.exits(num); read != want[0] || write != want[1] {
			t.Errorf("%s: reads exit %v, writes %v", msr.Name(num), read, write)
		}
	}
	// The places of SDM vol. 3 §24.6.9.
	m = newMSRBitmap(make([]byte, msrBitmapSize))
	m.allow(0x175, true, false)
	m.allow(0xc0000101, false, true)
	if m[0x175/8] != 0xff&^(1<<5) || m[0xc00+0x101/8] != 0xff&^(1<<1) {
		t.Error("the bits are elsewhere")
	}
	if m.allow(0x2000, true, true) {
		t.Error("an MSR without a place is allowed")
	}
}

func TestVPIDs(t *testing.T) {
	var p vpidPool
	seen := map[uint16]bool{}
	for range 0xffff {
		v, err := p.take()
		if err != nil || v == 0 || seen[v] {
			t.Fatalf("%d, %v", v, err)
		}
		seen[v] = true
	}
	if _, err := p.take(); err == nil {
		t.Error("there is a 65536th")
	}
	p.give(77)
	if v, err := p.take(); v != 77 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
}
