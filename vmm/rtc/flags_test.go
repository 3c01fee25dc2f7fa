package rtc

import (
	"math/rand"
	"testing"
	"time"
)

func TestUpdateInterruptsEachSecond(t *testing.T) {
	r := newRig()
	r.set(regA, 0x20) // no periodic pulses
	r.set(regB, b24|bUIE)
	r.clock.Advance(second*3/4 - 1)
	if r.line.Level {
		t.Fatal("an interrupt before the update")
	}
	for i := range 5 {
		r.clock.Advance(1)
		if !r.line.Level {
			t.Fatalf("no interrupt at update %d", i)
		}
		if got := r.get(regC); got != cIRQF|cUF {
			t.Fatalf("register C is %#x, want %#x", got, cIRQF|cUF)
		}
		if r.line.Level || r.get(regC) != 0 {
			t.Fatal("reading register C does not clear it")
		}
		r.clock.Advance(second - 1)
	}
	if r.line.Edges != 5 {
		t.Errorf("%d interrupts in 5 seconds", r.line.Edges)
	}
}

func TestFlagsAreSetWithoutInterrupts(t *testing.T) {
	r := newRig()
	r.clock.Advance(second)
	if got := r.get(regC); got != cUF|cPF {
		t.Errorf("register C is %#x, want %#x", got, cUF|cPF)
	}
	if got := r.get(regC); got != 0 {
		t.Errorf("register C read again is %#x", got)
	}
	r.clock.Advance(second)
	if r.line.Edges != 0 {
		t.Error("an interrupt that is not enabled")
	}
	r.set(regB, b24|bPIE)
	if !r.line.Level {
		t.Error("no interrupt when a flag that is set is enabled")
	}
}

func TestPeriodicRates(t *testing.T) {
	for rate, want := range []int{0, 256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2} {
		r := newRig()
		r.set(regA, 0x20|uint8(rate))
		r.get(regC)
		r.set(regB, b24|bPIE)
		for range 100_000 {
			r.clock.Advance(second / 100_000)
			if r.line.Level {
				r.get(regC)
			}
		}
		if got := r.line.Edges; got != want {
			t.Errorf("rate %d: %d interrupts a second, want %d", rate, got, want)
		}
	}
}

func TestUnreadPulsesAreOneInterruptAndNoTimer(t *testing.T) {
	r := newRig()
	r.set(regA, 0x23)
	r.set(regB, b24|bPIE)
	r.clock.Advance(10 * second)
	if r.line.Edges != 1 {
		t.Errorf("%d interrupts", r.line.Edges)
	}
	if _, ok := r.periodic.Deadline(); ok {
		t.Error("a timer runs while the interrupt is pending")
	}
	r.set(regA, 0x63) // the divider is held
	r.get(regC)
	r.line.Edges = 0
	r.clock.Advance(second)
	if r.line.Edges != 0 {
		t.Error("interrupts of a divider that is held")
	}
}

func TestAlarm(t *testing.T) {
	for _, c := range []struct {
		name    string
		b       uint8
		alarm   [3]uint8 // hour, minute, second
		seconds int64    // from 23:59:50 to the first one
		next    int64    // and to the second
	}{
		{"a time", b24, [3]uint8{0x23, 0x59, 0x55}, 5, 86400},
		{"the next day", b24, [3]uint8{0x00, 0x00, 0x05}, 15, 86400},
		{"now is tomorrow", b24, [3]uint8{0x23, 0x59, 0x50}, 86400, 86400},
		{"a 12-hour time", 0, [3]uint8{0x91, 0x59, 0x55}, 5, 86400},
		{"binary", b24 | bBinary, [3]uint8{23, 59, 55}, 5, 86400},
		{"each hour", b24, [3]uint8{0xff, 0x59, 0x55}, 5, 3600},
		{"each minute", b24, [3]uint8{0xff, 0xc0, 0x55}, 5, 60},
		{"each second", b24, [3]uint8{0xff, 0xff, 0xff}, 1, 1},
		{"each second of a minute", b24, [3]uint8{0xff, 0x00, 0xff}, 10, 1},
		{"an hour, then its minutes", b24, [3]uint8{0x23, 0xff, 0x00}, 82810, 60},
		{"each hour, the minute is over", b24, [3]uint8{0xff, 0x59, 0x45}, 3595, 3600},
	} {
		r := newRig()
		for i, reg := range []uint8{regHoursAlarm, regMinutesAlarm, regSecondsAlarm} {
			r.set(reg, c.alarm[i])
		}
		r.set(regB, c.b|bAIE)
		for i, wait := range []int64{c.seconds - 1, c.next - 1} {
			r.clock.Advance(uint64(wait) * second)
			if r.line.Level {
				t.Errorf("%s: alarm %d comes early", c.name, i)
			}
			r.clock.Advance(second)
			if !r.line.Level {
				t.Errorf("%s: alarm %d does not come", c.name, i)
			}
			if got := r.get(regC) &^ cPF; got != cIRQF|cAF|cUF {
				t.Errorf("%s: register C is %#x", c.name, got)
			}
		}
	}
}

func TestAnImpossibleAlarmNeverComes(t *testing.T) {
	for _, c := range []struct{ reg, v uint8 }{{regHoursAlarm, 0x24}, {regMinutesAlarm, 0x60}, {regSecondsAlarm, 0x99}} {
		r := newRig()
		r.set(c.reg, c.v)
		r.set(regB, b24|bAIE)
		r.clock.Advance(100_000 * second)
		if r.line.Edges != 0 || r.get(regC)&cAF != 0 {
			t.Errorf("register %#x: an alarm at %#x", c.reg, c.v)
		}
	}
}

// TestNextAlarmIsTheFirstMatch compares with a search second by second.
func TestNextAlarmIsTheFirstMatch(t *testing.T) {
	r := newRig()
	rnd := rand.New(rand.NewSource(1))
	pick := func(n int) uint8 {
		if rnd.Intn(3) == 0 {
			return 0xff
		}
		return r.encode(rnd.Intn(n))
	}
	for range 2000 {
		h, m, s := pick(24), pick(60), pick(60)
		r.cmos[regHoursAlarm], r.cmos[regMinutesAlarm], r.cmos[regSecondsAlarm] = h, m, s
		from := rnd.Int63n(86400)
		want := from + 1
		match := func(alarm uint8, v int64) bool { return alarm >= dontCare || alarm == r.encode(int(v)) }
		for !match(h, want/3600%24) || !match(m, want/60%60) || !match(s, want%60) {
			want++
		}
		if got, ok := r.nextAlarm(from); !ok || got != want-from {
			t.Fatalf("alarm %x:%x:%x after %d: in %d s (%t), want %d", h, m, s, from, got, ok, want-from)
		}
	}
}

func TestAnAlarmMayBeSetWhileItIsEnabled(t *testing.T) {
	r := newRig()
	r.set(regB, b24|bAIE)
	r.set(regHoursAlarm, 0xff)
	r.set(regMinutesAlarm, 0xff)
	r.set(regSecondsAlarm, 0x55)
	r.clock.Advance(5 * second)
	if !r.line.Level {
		t.Error("no alarm")
	}
}

func TestSettingTheClockIsNoUpdate(t *testing.T) {
	r := newRig()
	r.get(regC)
	r.set(CenturyRegister, 0x21)
	if got := r.get(regC); got&cUF != 0 {
		t.Errorf("register C is %#x after a jump ahead", got)
	}
	r.clock.Advance(second)
	r.set(CenturyRegister, 0x20)
	if got := r.get(regC); got&cUF == 0 {
		t.Errorf("register C is %#x: a jump back takes an update away", got)
	}
}

func TestAnotherRateIsNoPulse(t *testing.T) {
	r := newRig()
	r.clock.Advance(10 * second)
	r.set(regA, 0x2f)
	r.get(regC)
	for _, rate := range []uint8{0x23, 0x2a, 0x20, 0x2e} {
		r.set(regA, rate)
		if got := r.get(regC); got != 0 {
			t.Errorf("register C is %#x with rate %#x", got, rate)
		}
	}
}

func TestSETClearsTheUpdateInterrupt(t *testing.T) {
	r := newRig()
	r.set(regB, b24|bUIE|bAIE)
	r.set(regB, b24|bUIE|bAIE|bSET)
	if got := r.get(regB); got != b24|bAIE|bSET {
		t.Errorf("register B is %#x", got)
	}
	r.clock.Advance(10 * second)
	if r.line.Edges != 0 {
		t.Error("an interrupt while SET holds the time")
	}
	r.get(regC)
	r.set(regB, b24|bUIE)
	r.clock.Advance(second)
	if r.line.Edges != 1 {
		t.Errorf("%d interrupts in the second after SET", r.line.Edges)
	}
}

func TestResetDisablesInterrupts(t *testing.T) {
	r := newRig()
	r.set(regB, b24|bPIE|bUIE|bAIE|bSQWE)
	r.clock.Advance(2 * second)
	r.Reset()
	if got := r.get(regB); got != b24 || r.line.Level || r.get(regC) != 0 {
		t.Errorf("register B is %#x, the line %t", got, r.line.Level)
	}
	r.line.Edges = 0
	r.clock.Advance(2 * second)
	if r.line.Edges != 0 {
		t.Error("interrupts after a reset")
	}
}

func TestAWallClockThatJumpsOrStands(t *testing.T) {
	r := newRig()
	r.set(regB, b24|bUIE)
	r.wall0 -= int64(time.Hour)
	r.clock.Advance(second)
	if r.line.Edges > 1 {
		t.Error("a step back is an update for each second")
	}
	r.get(regC)
	at := r.clock.Now()
	r.wall = func() int64 { return r.wall0 + int64(at) } // stands
	r.clock.Advance(10 * second)
	r.wall = func() int64 { return r.wall0 + int64(r.clock.Now()) }
	r.clock.Advance(second)
	if !r.line.Level {
		t.Error("no update after the wall clock has stood still")
	}
}
