package apic

import (
	"slices"
	"testing"
)

func TestEnableMasksAllButErrors(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		for _, r := range []reg{regLVTTimer, regLVTLINT0, regLVTLINT1, regLVTPerf, regLVTThermal, regLVTCMCI} {
			if v := f.reg[r]; v&lvtMasked == 0 || v&lvtVector < minVector {
				t.Errorf("entry at %#x is %#x, want it masked with a legal vector", r, v)
			}
		}
		if v := f.reg[regLVTError]; v != ErrorVector {
			t.Errorf("error entry %#x, want vector %#x unmasked", v, ErrorVector)
		}
		if v := f.reg[regSVR]; v != svrEnable|0xff {
			t.Errorf("SVR %#x", v)
		}
		if v := f.reg[regTPR]; v != 0 {
			t.Errorf("TPR %#x, want every priority let through", v)
		}
		if f.log[0] != regLVTError {
			t.Errorf("the first register written is %#x, want the error entry masked first", f.log[0])
		}
	})
}

func TestEnableLeavesEntriesAloneThatDoNotExist(t *testing.T) {
	f := newLAPIC(t)
	f.reg[regVersion] = 3<<versionMaxLVTBit | 0x14
	var l LAPIC
	if err := l.Init(fakeMSRs{f}, f, false); err != nil {
		t.Fatal(err)
	}
	if err := l.Enable(); err != nil {
		t.Fatal(err)
	}
	for _, r := range []reg{regLVTPerf, regLVTThermal, regLVTCMCI} {
		if slices.Contains(f.log, r) {
			t.Errorf("wrote the entry at %#x, which MaxLVT 3 does not have", r)
		}
	}
}

func TestEnableEndsWhatTheFirmwareLeftInService(t *testing.T) {
	f := newLAPIC(t)
	f.reg[regISR+16] = 1<<3 | 1<<30
	f.reg[regISR+7*16] = 1 << 31
	var l LAPIC
	if err := l.Init(fakeMSRs{f}, f, false); err != nil {
		t.Fatal(err)
	}
	if err := l.Enable(); err != nil {
		t.Fatal(err)
	}
	if f.eois != 3 {
		t.Errorf("%d EOIs, want 3", f.eois)
	}
}

func TestID(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		want := uint32(5)
		if l.X2() {
			want = 0x1_0005
		}
		if got := l.ID(); got != want {
			t.Errorf("id %#x, want %#x", got, want)
		}
		if l.Version() != 0x15 || l.MaxLVT() != 6 {
			t.Errorf("version %#x, MaxLVT %d", l.Version(), l.MaxLVT())
		}
	})
}

func TestBase(t *testing.T) {
	f := newLAPIC(t)
	f.base = 0xf_fee0_0000 | baseEnable | baseX2 | 0xff<<52
	if phys, x2 := Base(fakeMSRs{f}); phys != 0xf_fee0_0000 || !x2 {
		t.Errorf("base %#x, x2APIC %v", phys, x2)
	}
}

func TestX2APICLeftByFirmwareIsKept(t *testing.T) {
	f := newLAPIC(t)
	f.base |= baseX2
	var l LAPIC
	if err := l.Init(fakeMSRs{f}, nil, false); err != nil {
		t.Fatal(err)
	}
	if err := l.Enable(); err != nil {
		t.Fatal(err)
	}
	if !l.X2() {
		t.Error("not in x2APIC mode")
	}
}

func TestHopelessLocalAPICs(t *testing.T) {
	for _, c := range []struct {
		name     string
		breakIt  func(f *fakeLAPIC)
		x2       bool
		noWindow bool
		want     error
	}{
		{name: "disabled by firmware", breakIt: func(f *fakeLAPIC) { f.base &^= baseEnable }, want: ErrDisabled},
		{name: "no window", breakIt: func(f *fakeLAPIC) {}, noWindow: true, want: ErrNoWindow},
		{name: "nothing at the address", breakIt: func(f *fakeLAPIC) { f.reg[regVersion] = ^uint32(0) }, want: ErrVersion},
		{name: "external APIC", breakIt: func(f *fakeLAPIC) { f.reg[regVersion] = 0x04 }, want: ErrVersion},
		{name: "x2APIC refused", breakIt: func(f *fakeLAPIC) { f.stuckX2 = true }, x2: true, want: ErrX2Refused},
		{name: "never out of service", breakIt: func(f *fakeLAPIC) { f.reg[regISR] = 1 << 20; f.sticky = true }, want: ErrInService},
	} {
		f := newLAPIC(t)
		c.breakIt(f)
		var l LAPIC
		var err error
		if c.noWindow {
			err = l.Init(fakeMSRs{f}, nil, c.x2)
		} else {
			err = l.Init(fakeMSRs{f}, f, c.x2)
		}
		if err == nil {
			err = l.Enable()
		}
		if err != c.want {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
	}
}

func TestProcessorInAnotherModeIsAnError(t *testing.T) {
	f := newLAPIC(t)
	var l LAPIC
	if err := l.Init(fakeMSRs{f}, f, false); err != nil {
		t.Fatal(err)
	}
	f.base |= baseX2 // a second processor, which the firmware left otherwise
	if err := l.Enable(); err != ErrMixedModes {
		t.Errorf("error %v, want %v", err, ErrMixedModes)
	}
}

func TestErrorsAreReadAndCleared(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		f.esr = 1<<5 | 1<<7
		got := l.Errors()
		if want := "send illegal vector, illegal register address"; ErrorText(got) != want {
			t.Errorf("errors %q, want %q", ErrorText(got), want)
		}
		if got := l.Errors(); got != 0 || ErrorText(got) != "no error" {
			t.Errorf("errors are still %q", ErrorText(got))
		}
	})
}

func TestNMIPins(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		if err := l.SetNMI(0, true); err != nil {
			t.Error(err)
		}
		if err := l.SetNMI(1, false); err != nil {
			t.Error(err)
		}
		if f.reg[regLVTLINT0] != 0x2400 || f.reg[regLVTLINT1] != 0x400 {
			t.Errorf("LINT0 %#x, LINT1 %#x", f.reg[regLVTLINT0], f.reg[regLVTLINT1])
		}
		for _, pin := range []int{-1, 2, 0xff} {
			if err := l.SetNMI(pin, false); err != ErrLINT {
				t.Errorf("pin %d: error %v, want %v", pin, err, ErrLINT)
			}
		}
	})
}

func TestInterruptPathAllocatesNothing(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		var none quiet
		l.mmio, l.msr = &none, &none
		n := testing.AllocsPerRun(100, func() {
			l.EOI()
			l.Arm(1000)
			l.ArmDeadline(1 << 40)
			l.Stop()
			l.Current()
			_ = l.SendIPI(1, KickVector)
			_ = l.SendIPI(1, 3) // an error
			_ = l.SendNMIToOthers()
			l.Errors()
			s := l.Snapshot()
			_ = s.ID
		})
		if n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// quiet is registers that hold nothing.
type quiet struct{}

func (*quiet) Read32(uintptr) uint32   { return 0 }
func (*quiet) Write32(uintptr, uint32) {}
func (*quiet) Read(uint32) uint64      { return 0 }
func (*quiet) Write(uint32, uint64)    {}
