package apic

import (
	"strings"
	"testing"
)

// fakeIOAPIC is an I/O APIC. It fails the test when an unmasked entry is
// changed: an interrupt could go to the new processor with the old vector.
type fakeIOAPIC struct {
	t      *testing.T
	index  uint32
	reg    map[uint32]uint32
	writes int
}

func newIOAPIC(t *testing.T, lastPin uint32) *fakeIOAPIC {
	return &fakeIOAPIC{t: t, reg: map[uint32]uint32{0: 2 << 24, 1: lastPin<<16 | 0x20}}
}

func (f *fakeIOAPIC) Read32(off uintptr) uint32 {
	if off != ioWindow {
		f.t.Errorf("read at %#x", off)
	}
	return f.reg[f.index]
}

func (f *fakeIOAPIC) Write32(off uintptr, v uint32) {
	switch off {
	case ioSelect:
		f.index = v
	case ioWindow:
		f.writes++
		last := f.reg[1] >> 16 & 0xff
		if f.index < ioRegRedirect || f.index > ioRegRedirect+2*last+1 {
			f.t.Errorf("write to register %#x", f.index)
		}
		if f.index&1 == 1 && f.reg[f.index-1]&redirMasked == 0 {
			f.t.Errorf("destination in register %#x changed while the pin is unmasked", f.index)
		}
		f.reg[f.index] = v
	default:
		f.t.Errorf("write at %#x", off)
	}
}

func TestIOAPICStartsWithAllPinsMasked(t *testing.T) {
	f := newIOAPIC(t, 23)
	f.reg[ioRegRedirect+2*7] = 0x1234
	var a IOAPIC
	if err := a.Init(f); err != nil {
		t.Fatal(err)
	}
	if a.Pins() != 24 || a.Version() != 0x20 || a.ID() != 2 {
		t.Errorf("%d pins, version %#x, id %d", a.Pins(), a.Version(), a.ID())
	}
	for pin := range uint32(24) {
		if f.reg[ioRegRedirect+2*pin]&redirMasked == 0 {
			t.Errorf("pin %d is not masked", pin)
		}
	}
}

func TestRouteAndReadBack(t *testing.T) {
	f := newIOAPIC(t, 23)
	var a IOAPIC
	if err := a.Init(f); err != nil {
		t.Fatal(err)
	}
	for _, r := range []Redirection{
		{Vector: 0x30},
		{Vector: 0xef, Dest: 254, ActiveLow: true, Level: true, Masked: true},
		{Vector: 0x41, Dest: 1, ActiveLow: true},
		{Vector: 0x42, Dest: 2, Level: true},
	} {
		if err := a.Route(9, r); err != nil {
			t.Fatal(err)
		}
		if got, err := a.Entry(9); err != nil || got != r {
			t.Errorf("routed %+v, read back %+v, %v", r, got, err)
		}
	}
	if low, high := f.reg[0x22], f.reg[0x23]; low != 0x8042 || high != 2<<24 {
		t.Errorf("entry of pin 9 is %#x %#x", low, high)
	}
	if err := a.Mask(9); err != nil || f.reg[0x22] != 0x18042 {
		t.Errorf("masked: %#x, %v", f.reg[0x22], err)
	}
	if err := a.Unmask(9); err != nil || f.reg[0x22] != 0x8042 {
		t.Errorf("unmasked: %#x, %v", f.reg[0x22], err)
	}
}

func TestRoutesThatCannotBe(t *testing.T) {
	f := newIOAPIC(t, 23)
	var a IOAPIC
	if err := a.Init(f); err != nil {
		t.Fatal(err)
	}
	f.writes = 0
	for _, c := range []struct {
		pin  int
		r    Redirection
		want error
	}{
		{-1, Redirection{Vector: 0x30}, ErrIOAPICPin},
		{24, Redirection{Vector: 0x30}, ErrIOAPICPin},
		{1 << 40, Redirection{Vector: 0x30}, ErrIOAPICPin},
		{0, Redirection{Vector: 15}, ErrVector},
		{0, Redirection{Vector: 0x30, Dest: 255}, ErrDestination},
		{0, Redirection{Vector: 0x30, Dest: 256}, ErrDestination},
	} {
		if err := a.Route(c.pin, c.r); err != c.want {
			t.Errorf("pin %d, %+v: error %v, want %v", c.pin, c.r, err, c.want)
		}
	}
	for _, pin := range []int{-1, 24} {
		_, err := a.Entry(pin)
		if a.Mask(pin) != ErrIOAPICPin || a.Unmask(pin) != ErrIOAPICPin || err != ErrIOAPICPin {
			t.Errorf("pin %d is accepted", pin)
		}
	}
	if f.writes != 0 {
		t.Errorf("%d writes", f.writes)
	}
}

func TestWhatIsNoIOAPICIsRefused(t *testing.T) {
	for _, version := range []uint32{0, ^uint32(0), 240<<16 | 0x11} {
		f := newIOAPIC(t, 23)
		f.reg[1] = version
		var s IOAPICs
		if err := s.Add(f, 0); err != ErrIOAPICVersion {
			t.Errorf("version register %#x: error %v, want %v", version, err, ErrIOAPICVersion)
		}
		if s.Len() != 0 {
			t.Error("it was added all the same")
		}
	}
}

func TestGSIsFindTheirIOAPIC(t *testing.T) {
	var s IOAPICs
	first, second := newIOAPIC(t, 23), newIOAPIC(t, 7)
	if err := s.Add(first, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(second, 32); err != nil {
		t.Fatal(err)
	}
	if err := s.Route(35, Redirection{Vector: 0x55, Dest: 1, Level: true, ActiveLow: true}); err != nil {
		t.Fatal(err)
	}
	if got := second.reg[ioRegRedirect+2*3]; got != 0xa055 {
		t.Errorf("pin 3 of the second is %#x", got)
	}
	if err := s.Mask(35); err != nil || second.reg[ioRegRedirect+6] != 0x1a055 {
		t.Errorf("mask: %v", err)
	}
	if err := s.Unmask(35); err != nil || second.reg[ioRegRedirect+6] != 0xa055 {
		t.Errorf("unmask: %v", err)
	}
	for _, gsi := range []uint32{24, 31, 40, ^uint32(0)} {
		if s.Route(gsi, Redirection{Vector: 0x55}) != ErrNoGSI || s.Mask(gsi) != ErrNoGSI || s.Unmask(gsi) != ErrNoGSI {
			t.Errorf("GSI %d is served", gsi)
		}
	}
	want := "I/O APIC 2: version 0x20, 24 pins, GSI 0 to 23\n" +
		"I/O APIC 2: version 0x20, 8 pins, GSI 32 to 39\n" +
		"  GSI  35: vector 0x55 to APIC 1 fixed active-low level\n"
	if got := s.String(); got != want {
		t.Errorf("text\n%swant\n%s", got, want)
	}
}

func TestIOAPICsThatOverlapAreRefused(t *testing.T) {
	var s IOAPICs
	if err := s.Add(newIOAPIC(t, 23), 24); err != nil {
		t.Fatal(err)
	}
	for _, gsi := range []uint32{1, 24, 30, 47} {
		if err := s.Add(newIOAPIC(t, 23), gsi); err != ErrIOAPICOverlap {
			t.Errorf("a second at GSI %d: error %v, want %v", gsi, err, ErrIOAPICOverlap)
		}
	}
	for _, gsi := range []uint32{0, 48, ^uint32(0) - 5} {
		if err := s.Add(newIOAPIC(t, 23), gsi); err != nil {
			t.Errorf("a second at GSI %d: %v", gsi, err)
		}
	}
}

func TestSetIsBounded(t *testing.T) {
	var s IOAPICs
	for i := range uint32(MaxIOAPICs) {
		if err := s.Add(newIOAPIC(t, 0), i); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Add(newIOAPIC(t, 0), MaxIOAPICs); err != ErrIOAPICFull {
		t.Errorf("error %v, want %v", err, ErrIOAPICFull)
	}
}

func TestEveryModeHasAText(t *testing.T) {
	for mode := range uint8(16) {
		r := Redirection{Mode: mode, RemoteIRR: true, Pending: true}
		if got := r.String(); !strings.HasSuffix(got, "pending in-service") {
			t.Errorf("mode %d: %q", mode, got)
		}
	}
}
