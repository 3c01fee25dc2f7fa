package lapic

// hasDeadline tells whether there is a TSC-deadline mode.
func (l *LAPIC) hasDeadline() bool { return l.cfg.TSC != nil && l.cfg.TSCHz != 0 }

// writeDeadline is a write to IA32_TSC_DEADLINE, which has no effect in the
// other timer modes. Intel SDM vol. 3 §11.5.4.1.
func (l *LAPIC) writeDeadline(tsc uint64) {
	if l.timerMode() == lvtDeadline {
		l.timer.deadline = tsc
		l.armDeadline()
	}
}

// TSCChanged says that the guest's time-stamp counter has jumped, by a write
// to IA32_TIME_STAMP_COUNTER or IA32_TSC_ADJUST.
func (l *LAPIC) TSCChanged() {
	if l.timerMode() == lvtDeadline {
		l.armDeadline()
	}
}

func (l *LAPIC) armDeadline() {
	t := &l.timer
	if t.deadline == 0 {
		t.alarm.Stop()
		return
	}
	tsc := l.cfg.TSC()
	wait := scaleUp(t.deadline-min(tsc, t.deadline), second, l.cfg.TSCHz)
	now := l.cfg.Clock.Now()
	t.alarm.Set(now + min(wait, ^now))
}
