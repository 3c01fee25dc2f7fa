package apic

import (
	"slices"
	"testing"
)

func TestIPICommands(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		to := func(dest, command uint64) uint64 {
			if l.X2() {
				return dest<<32 | command
			}
			return dest<<56 | command
		}
		for _, c := range []struct {
			name string
			send func() error
			want uint64
		}{
			{"fixed", func() error { return l.SendIPI(3, 0xfc) }, to(3, 0x40fc)},
			{"NMI", func() error { return l.SendNMI(4) }, to(4, 0x4400)},
			{"INIT", func() error { return l.SendINIT(5) }, to(5, 0x4500)},
			{"start-up at 0x8000", func() error { return l.SendSIPI(6, 8) }, to(6, 0x4608)},
			{"NMI to all others", l.SendNMIToOthers, to(0, 0xc4400)},
		} {
			f.sent = nil
			if err := c.send(); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			if !slices.Equal(f.sent, []uint64{c.want}) {
				t.Errorf("%s: sent %#x, want %#x", c.name, f.sent, c.want)
			}
		}
	})
}

func TestSelfIPI(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		f.sent = nil
		if err := l.SendSelf(0x40); err != nil {
			t.Error(err)
		}
		if l.X2() {
			if !slices.Equal(f.self, []uint64{0x40}) || f.sent != nil {
				t.Errorf("SELF IPI %#x, ICR %#x", f.self, f.sent)
			}
		} else if !slices.Equal(f.sent, []uint64{0x44040}) {
			t.Errorf("sent %#x", f.sent)
		}
	})
}

func TestIPIsThatCannotBeSent(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		for v := range uint8(minVector) {
			if err := l.SendIPI(1, v); err != ErrVector {
				t.Errorf("vector %d: error %v", v, err)
			}
			if err := l.SendSelf(v); err != ErrVector {
				t.Errorf("vector %d to itself: error %v", v, err)
			}
		}
		bad := []uint32{0xffff_ffff}
		if !l.X2() {
			bad = append(bad, 0xff, 0x100, 0x1_0005)
		}
		for _, dest := range bad {
			for _, err := range []error{l.SendIPI(dest, 0x40), l.SendNMI(dest), l.SendINIT(dest), l.SendSIPI(dest, 8)} {
				if err != ErrDestination {
					t.Errorf("destination %#x: error %v", dest, err)
				}
			}
		}
		if f.sent != nil || f.self != nil {
			t.Errorf("sent %#x %#x", f.sent, f.self)
		}
	})
}

func TestX2APICReachesLargeIDs(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		if !l.X2() {
			return
		}
		if err := l.SendIPI(0x1_0005, 0x40); err != nil {
			t.Error(err)
		}
		if !slices.Equal(f.sent, []uint64{0x1_0005_0000_4040}) {
			t.Errorf("sent %#x", f.sent)
		}
	})
}

func TestIPIWaitsUntilItHasLeft(t *testing.T) {
	f := newLAPIC(t)
	var l LAPIC
	if err := l.Init(fakeMSRs{f}, f, false); err != nil {
		t.Fatal(err)
	}
	f.busy = 17
	if err := l.SendIPI(1, 0x40); err != nil {
		t.Error(err)
	}
	if f.left != 0 {
		t.Error("returned while the IPI was still to be sent")
	}
	f.busy = -1
	if err := l.SendIPI(1, 0x40); err != ErrUndelivered {
		t.Errorf("an IPI that never leaves: error %v, want %v", err, ErrUndelivered)
	}
	f.busy = 0
	if err := l.SendIPI(2, 0x41); err != nil {
		t.Errorf("the next IPI: %v", err)
	}
	if len(f.sent) != 3 {
		t.Errorf("sent %#x, want three", f.sent)
	}
}
