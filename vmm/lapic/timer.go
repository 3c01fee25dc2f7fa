package lapic

import (
	"math/bits"

	"github.com/ringo-vmm/ringo/vmm/device"
)

const (
	second = 1_000_000_000 // ns

	// minPeriod bounds what a periodic timer costs the host, in ns: a guest
	// that wants more interrupts gets every second one, or third.
	minPeriod = 100_000
)

// timer is the timer of a local APIC. Intel SDM vol. 3 §11.5.4.
//
// It counts nothing. Time is in ticks of the bus since the virtual machine
// began, and the current count is worked out when it is read. A periodic timer
// goes on from when it should have expired, not from when it was noticed, so
// it does not drift.
type timer struct {
	alarm     device.Timer
	minPeriod uint64 // in ticks

	initial uint32 // initial-count register
	divide  uint32 // divide configuration register
	shift   uint8  // the divider is 1 << shift

	running  bool
	start    uint64 // ticks when the count was the initial count; may be before 0, modulo 1<<64
	deadline uint64 // IA32_TSC_DEADLINE
}

func (t *timer) reset() {
	*t = timer{alarm: t.alarm, minPeriod: t.minPeriod, shift: 1}
	t.alarm.Stop()
}

// period is the ticks from the initial count to 0.
func (t *timer) period() uint64 { return uint64(t.initial) << t.shift }

// since is the ticks since the count was the initial count.
func (l *LAPIC) since() uint64 {
	return uint64(max(int64(l.ticks()-l.timer.start), 0))
}

// ticks is the time in ticks.
func (l *LAPIC) ticks() uint64 {
	return scale(l.cfg.Clock.Now(), l.cfg.BusHz, second)
}

// scale is v * mul / div, rounded down, and all ones when that is too large.
func scale(v, mul, div uint64) uint64 {
	high, low := bits.Mul64(v, mul)
	if high >= div {
		return ^uint64(0)
	}
	v, _ = bits.Div64(high, low, div)
	return v
}

// scaleUp is scale, rounded up, so that no timer fires too early.
func scaleUp(v, mul, div uint64) uint64 {
	high, low := bits.Mul64(v, mul)
	low, carry := bits.Add64(low, div-1, 0)
	if high += carry; high >= div {
		return ^uint64(0)
	}
	v, _ = bits.Div64(high, low, div)
	return v
}

func (l *LAPIC) timerMode() uint32 { return l.lvt[lvtTimer] & lvtTimerMode }

// startTimer is a write to the initial-count register, which starts the count;
// 0 stops it.
func (l *LAPIC) startTimer(initial uint32) {
	if l.timerMode() == lvtDeadline {
		return
	}
	t := &l.timer
	t.initial = initial
	t.running = initial != 0
	t.start = l.ticks()
	l.arm()
}

// currentCount is the current-count register.
func (l *LAPIC) currentCount() uint32 {
	t := &l.timer
	if !t.running {
		return 0
	}
	since, period := l.since(), t.period()
	if since >= period {
		if l.timerMode() != lvtPeriodic {
			return 0
		}
		since %= period
	}
	return t.initial - uint32(since>>t.shift)
}

// settle brings start and running up to now, and interrupts if the count has
// passed 0.
func (l *LAPIC) settle() {
	t := &l.timer
	if !t.running {
		return
	}
	since, period := l.since(), t.period()
	if since < period {
		return
	}
	if l.timerMode() == lvtPeriodic {
		t.start += since - since%period
	} else {
		t.running = false
	}
	l.local(lvtTimer)
}

// arm sets the alarm for when the count is 0. A timer that is masked needs
// none: its count is worked out when somebody looks.
func (l *LAPIC) arm() {
	t := &l.timer
	if !t.running || l.lvt[lvtTimer]&lvtMasked != 0 {
		t.alarm.Stop()
		return
	}
	wait := t.period()
	if wait < t.minPeriod && l.timerMode() == lvtPeriodic {
		wait *= (t.minPeriod + wait - 1) / wait
	}
	t.alarm.Set(scaleUp(t.start+wait, second, l.cfg.BusHz))
}

// expire is the alarm.
func (l *LAPIC) expire() {
	if l.timerMode() == lvtDeadline {
		if l.timer.deadline != 0 {
			l.timer.deadline = 0
			l.local(lvtTimer)
		}
		return
	}
	l.settle()
	l.arm()
}

// divideTimer is a write to the divide configuration register. The count goes
// on from where it is. Intel SDM vol. 3 §11.5.4 figure 11-10.
func (l *LAPIC) divideTimer(v uint32) {
	t := &l.timer
	done := l.since() >> t.shift
	t.divide = v & divideBits
	t.shift = divideShift(t.divide)
	if t.running {
		t.start = l.ticks() - done<<t.shift
		l.arm()
	}
}

// divideShift is the divider's power of two: bits 3, 1 and 0 are one less, and
// 7 is none.
func divideShift(divide uint32) uint8 {
	return uint8((divide>>1&4|divide&3)+1) & 7
}

// writeTimer is a write to the timer's entry of the local vector table. Going
// to TSC-deadline mode or from it disarms the timer. Intel SDM vol. 3 §11.5.4.1.
func (l *LAPIC) writeTimer(v uint32) {
	t := &l.timer
	l.settle()
	v = l.legalTimer(v)
	toDeadline, fromDeadline := v&lvtTimerMode == lvtDeadline, l.timerMode() == lvtDeadline
	l.lvt[lvtTimer] = v
	if toDeadline != fromDeadline {
		t.running, t.initial, t.deadline = false, 0, 0
	}
	if !toDeadline || !fromDeadline {
		l.arm()
	}
}

// legalTimer takes a timer mode that there is not out of the timer's entry.
func (l *LAPIC) legalTimer(v uint32) uint32 {
	if v&lvtPeriodic != 0 || !l.hasDeadline() {
		v &^= lvtDeadline
	}
	return v
}
