package apic

import "testing"

func TestOneShotTimer(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		for divider, code := range map[uint32]uint32{1: 11, 2: 0, 4: 1, 8: 2, 16: 3, 32: 8, 64: 9, 128: 10} {
			f.reg[regTimerInitial] = 77
			if err := l.TimerOneShot(TimerVector, divider); err != nil {
				t.Errorf("divider %d: %v", divider, err)
			}
			if f.reg[regTimerDivide] != code || f.reg[regLVTTimer] != TimerVector || f.reg[regTimerInitial] != 0 {
				t.Errorf("divider %d: code %#x, entry %#x, count %d", divider,
					f.reg[regTimerDivide], f.reg[regLVTTimer], f.reg[regTimerInitial])
			}
		}
		l.Arm(1000)
		if got := f.reg[regTimerInitial]; got != 1000 {
			t.Errorf("armed for %d ticks, want 1000", got)
		}
		f.reg[regTimerCurrent] = 400
		if got := l.Current(); got != 400 {
			t.Errorf("%d ticks left, want 400", got)
		}
		l.Arm(0)
		if got := f.reg[regTimerInitial]; got != 1 {
			t.Errorf("armed for now with %d ticks, want 1: 0 would stop it", got)
		}
		l.Stop()
		if got := f.reg[regTimerInitial]; got != 0 {
			t.Errorf("stopped with %d ticks", got)
		}
	})
}

func TestDeadlineTimer(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		f.msr[msrDeadline] = 99
		if err := l.TimerDeadline(TimerVector); err != nil {
			t.Fatal(err)
		}
		if got := f.reg[regLVTTimer]; got != 2<<17|TimerVector {
			t.Errorf("entry %#x", got)
		}
		if got := f.msr[msrDeadline]; got != 0 {
			t.Errorf("armed for %d from the start", got)
		}
		l.ArmDeadline(1 << 50)
		if got := f.msr[msrDeadline]; got != 1<<50 {
			t.Errorf("armed for %#x", got)
		}
		l.ArmDeadline(0)
		if got := f.msr[msrDeadline]; got == 0 {
			t.Error("a deadline in the past disarmed the timer")
		}
		l.StopDeadline()
		if got := f.msr[msrDeadline]; got != 0 {
			t.Errorf("stopped with %#x", got)
		}
	})
}

func TestTimerRefusesWhatItCannotDo(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		for _, d := range []uint32{0, 3, 256, 1 << 31, ^uint32(0)} {
			if err := l.TimerOneShot(TimerVector, d); err != ErrDivider {
				t.Errorf("divider %d: error %v, want %v", d, err, ErrDivider)
			}
			if _, err := l.StartCountdown(d); err != ErrDivider {
				t.Errorf("countdown with divider %d: error %v, want %v", d, err, ErrDivider)
			}
		}
		if err := l.TimerOneShot(15, 1); err != ErrVector {
			t.Errorf("vector 15: error %v, want %v", err, ErrVector)
		}
		if err := l.TimerDeadline(15); err != ErrVector {
			t.Errorf("vector 15, deadline: error %v, want %v", err, ErrVector)
		}
	})
}

func TestCountdownCountsUpWithoutAnInterrupt(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		c, err := l.StartCountdown(16)
		if err != nil {
			t.Fatal(err)
		}
		if f.reg[regLVTTimer]&lvtMasked == 0 {
			t.Error("the timer may interrupt")
		}
		if got := f.reg[regTimerInitial]; got != ^uint32(0) {
			t.Errorf("counts from %#x", got)
		}
		f.reg[regTimerCurrent] = ^uint32(0) - 1234
		if got := c.Read(); got != 1234 {
			t.Errorf("read %d, want 1234", got)
		}
		if c.Width() != 32 || c.Hz() != 0 {
			t.Errorf("width %d, rate %d", c.Width(), c.Hz())
		}
	})
}
