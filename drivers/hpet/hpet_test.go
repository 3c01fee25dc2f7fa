package hpet

import "testing"

// fakeHPET is the registers of an HPET, whose counter moves by step at every
// reading of either half.
type fakeHPET struct {
	reg     [WindowSize / 4]uint32
	counter uint64
	step    uint64
	broken  bool // does not take its enable bit
}

func newHPET(caps, period uint32) *fakeHPET {
	f := &fakeHPET{}
	f.reg[0], f.reg[1] = caps, period
	return f
}

func (f *fakeHPET) Read32(off uintptr) uint32 {
	switch off {
	case 0xf0, 0xf4:
		v := uint32(f.counter >> (8 * (off - 0xf0)))
		f.counter += f.step
		return v
	}
	return f.reg[off/4]
}

func (f *fakeHPET) Write32(off uintptr, v uint32) {
	if off == 0x10 && f.broken {
		return
	}
	f.reg[off/4] = v
}

// caps is three comparators, a 64-bit counter, revision 1.
const caps = 0x8086<<16 | 1<<13 | 2<<8 | 1

func TestStartEnablesTheCounterAndNoInterrupt(t *testing.T) {
	f := newHPET(caps, 69841279)
	f.reg[0x10/4] = 2 // legacy replacement
	for i := range 3 {
		f.reg[(0x100+i*0x20)/4] = 0x4e
	}
	var h HPET
	if err := h.Start(f); err != nil {
		t.Fatal(err)
	}
	if got := f.reg[0x10/4]; got != 1 {
		t.Errorf("configuration %#x, want enabled without legacy replacement", got)
	}
	for i := range 3 {
		if got := f.reg[(0x100+i*0x20)/4]; got != 0x4a {
			t.Errorf("comparator %d is %#x, want only its interrupt off", i, got)
		}
	}
	if h.Hz() != 14318180 || h.Period() != 69841279 {
		t.Errorf("%d Hz, a tick of %d fs", h.Hz(), h.Period())
	}
}

func TestReadGivesTheLowHalf(t *testing.T) {
	f := newHPET(caps, 10_000_000)
	var h HPET
	if err := h.Start(f); err != nil {
		t.Fatal(err)
	}
	f.counter = 0x12_ffff_fff0
	if got := h.Read(); got != 0xffff_fff0 {
		t.Errorf("read %#x", got)
	}
	if h.Hz() != 100_000_000 || h.Width() != 32 {
		t.Errorf("%d Hz, %d bits", h.Hz(), h.Width())
	}
}

func TestCountIsWholeWhenTheUpperHalfMoves(t *testing.T) {
	f := newHPET(caps, 10_000_000)
	var h HPET
	if err := h.Start(f); err != nil {
		t.Fatal(err)
	}
	f.step = 0x10
	for start := uint64(0x5_ffff_ff80); start < 0x6_0000_0080; start++ {
		f.counter = start
		if got := h.Count(); got < start || got > f.counter {
			t.Fatalf("counter went from %#x to %#x, read as %#x", start, f.counter, got)
		}
	}
}

func TestCountOf32BitCounter(t *testing.T) {
	f := newHPET(caps&^(1<<13), 10_000_000)
	var h HPET
	if err := h.Start(f); err != nil {
		t.Fatal(err)
	}
	f.counter = 0x5_0000_0007
	if got := h.Count(); got != 7 {
		t.Errorf("counts %#x, want the 32 bits there are", got)
	}
}

func TestWhatIsNoHPETIsRefused(t *testing.T) {
	for _, c := range []struct {
		name         string
		caps, period uint32
		broken       bool
		want         error
	}{
		{"nothing there", ^uint32(0), ^uint32(0), false, ErrAbsent},
		{"revision 0", caps &^ 0xff, 10_000_000, false, ErrAbsent},
		{"no period", caps, 0, false, ErrPeriod},
		{"faster than any", caps, 999_999, false, ErrPeriod},
		{"slower than allowed", caps, 0x05f5e101, false, ErrPeriod},
		{"cannot be enabled", caps, 10_000_000, true, ErrDisabled},
	} {
		f := newHPET(c.caps, c.period)
		f.broken = c.broken
		var h HPET
		if err := h.Start(f); err != c.want {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	f := newHPET(caps, 10_000_000)
	var h HPET
	if n := testing.AllocsPerRun(10, func() { _ = h.Start(f); h.Read(); h.Count() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
