package rtc

import "math/bits"

const (
	dontCare = 0xc0 // in an alarm register, and above: any value

	chainHz    = 32768
	chainScale = chainHz<<64/second + 1 // pulses of the divider chain in a ns, times 2^64, rounded up

	// minWait keeps a timer from firing all the time where the wall clock
	// does not move on as the machine's clock does, in ns.
	minWait = 100_000
)

// rateShift is the binary logarithm of the divider chain's pulses between two
// periodic ones; ok is false where there are none (MC146818A, Table 5).
func (r *RTC) rateShift() (shift uint8, ok bool) {
	rate := r.a & aRate
	switch {
	case rate == 0 || r.dividerHeld():
		return 0, false
	case rate <= 2:
		return rate + 6, true
	}
	return rate - 1, true
}

// pulses is the number of periodic pulses since the divider chain started.
func (r *RTC) pulses() uint64 {
	shift, ok := r.rateShift()
	now := r.clock.Now()
	if !ok || now < r.chain {
		return 0
	}
	n, _ := bits.Mul64(now-r.chain, chainScale)
	return n >> shift
}

// nextPulse is the clock time in ns of the periodic pulse after those seen.
func (r *RTC) nextPulse() uint64 {
	shift, _ := r.rateShift()
	n := (r.pulses() + 1) << shift
	if n >= chainScale {
		return 1<<64 - 1
	}
	ns, rest := bits.Div64(n, 0, chainScale)
	if rest != 0 {
		ns++
	}
	return r.chain + ns
}

// sync sets the flags of what has happened since the last time.
func (r *RTC) sync() {
	if n := r.pulses(); n != r.pulse {
		r.pulse = n
		r.c |= cPF
	}
	if r.held() {
		return
	}
	sec, _ := r.now()
	if sec > r.seen {
		r.c |= cUF
		if wait, ok := r.nextAlarm(r.seen); ok && wait <= sec-r.seen {
			r.c |= cAF
		}
	}
	r.seen = sec
}

// nextAlarm is how many seconds after sec the alarm is, 1 to 86400; ok is
// false when the registers name no time.
func (r *RTC) nextAlarm(sec int64) (wait int64, ok bool) {
	const day = 86400
	alarms := [3]int{-1, -1, -1} // hour, minute, second; -1 is any
	if b := r.cmos[regHoursAlarm]; b < dontCare {
		alarms[0] = r.decodeHour(b)
	}
	if b := r.cmos[regMinutesAlarm]; b < dontCare {
		alarms[1] = r.decode(b)
	}
	if b := r.cmos[regSecondsAlarm]; b < dontCare {
		alarms[2] = r.decode(b)
	}
	from := ((sec+1)%day + day) % day // the first second that may match
	at := from
	// Each step goes to the start of the next hour, minute or second, so
	// the bound is what a whole day of them and the midnight between takes.
	for range 2 * (24 + 60 + 60) {
		tod := at % day
		switch {
		case alarms[0] >= 0 && tod/3600 != int64(alarms[0]):
			at += 3600 - tod%3600
		case alarms[1] >= 0 && tod/60%60 != int64(alarms[1]):
			at += 60 - tod%60
		case alarms[2] >= 0 && tod%60 != int64(alarms[2]):
			at++
		default:
			return at - from + 1, true
		}
	}
	return 0, false
}

// readC gives the flags and clears them, and lets the line go.
func (r *RTC) readC() uint8 {
	r.sync()
	v := r.c
	if r.raised() {
		v |= cIRQF
	}
	r.c = 0
	r.step()
	return v
}

// changed is the timers'.
func (r *RTC) changed() {
	r.sync()
	r.step()
}

// raised tells whether the interrupt line is.
func (r *RTC) raised() bool { return r.c&r.b&cFlags != 0 }

// step brings the line and the timers in step with flags and enables. A timer
// runs only for an interrupt that is enabled and not pending.
func (r *RTC) step() {
	if level := r.raised(); level != r.level {
		r.level = level
		r.irq.Set(level)
	}
	wanted := r.b &^ r.c
	if _, ok := r.rateShift(); ok && wanted&bPIE != 0 {
		r.periodic.Set(r.nextPulse())
	} else {
		r.periodic.Stop()
	}
	if !r.held() {
		sec, frac := r.now()
		if wanted&bUIE != 0 {
			r.setUpdate(1, frac)
			return
		}
		if wanted&bAIE != 0 {
			if wait, ok := r.nextAlarm(sec); ok {
				r.setUpdate(wait, frac)
				return
			}
		}
	}
	r.update.Stop()
}

// setUpdate sets the timer to the time seconds after this one's begin, which
// was frac ns ago.
func (r *RTC) setUpdate(seconds, frac int64) {
	r.update.Set(r.clock.Now() + uint64(max(seconds*second-frac, minWait)))
}
