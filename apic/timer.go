package apic

// divideCode is what the divide configuration register holds for each power
// of two from 1 to 128. Intel SDM vol. 3 §11.5.4 figure 11-10.
var divideCode = [8]uint32{0xb, 0x0, 0x1, 0x2, 0x3, 0x8, 0x9, 0xa}

// TimerOneShot sets the timer of this processor to interrupt at vector once
// for every Arm. It counts down at the timer's input rate divided by divider,
// a power of two from 1 to 128. The timer is left stopped. Intel SDM vol. 3
// §11.5.4.
func (l *LAPIC) TimerOneShot(vector uint8, divider uint32) error {
	if vector < minVector {
		return ErrVector
	}
	return l.oneShot(uint32(vector), divider)
}

// oneShot stops the timer before it changes the divider, and the mode last.
func (l *LAPIC) oneShot(lvt, divider uint32) error {
	for shift, code := range &divideCode {
		if divider == 1<<shift {
			l.write(regTimerInitial, 0)
			l.write(regTimerDivide, code)
			l.write(regLVTTimer, lvt)
			return nil
		}
	}
	return ErrDivider
}

// TimerDeadline sets the timer of this processor to interrupt at vector when
// the time-stamp counter reaches the value given to ArmDeadline. The processor
// must have CPUID.1:ECX[24]. The timer is left stopped. Intel SDM vol. 3
// §11.5.4.1.
func (l *LAPIC) TimerDeadline(vector uint8) error {
	if vector < minVector {
		return ErrVector
	}
	l.write(regLVTTimer, lvtTimerDeadline|uint32(vector))
	l.msr.Write(msrDeadline, 0)
	return nil
}

// Arm makes the one-shot timer fire ticks of its divided rate from now, in
// place of what it was armed for. Zero ticks count as one, so that a deadline
// in the past still fires.
func (l *LAPIC) Arm(ticks uint32) { l.write(regTimerInitial, max(ticks, 1)) }

// ArmDeadline makes the deadline timer fire when the time-stamp counter
// reaches tsc, at once when it has passed that, in place of what it was armed
// for.
func (l *LAPIC) ArmDeadline(tsc uint64) { l.msr.Write(msrDeadline, max(tsc, 1)) }

// Stop disarms the one-shot timer. An interrupt that already fired still
// arrives.
func (l *LAPIC) Stop() { l.write(regTimerInitial, 0) }

// StopDeadline disarms the deadline timer, as Stop does the one-shot timer.
func (l *LAPIC) StopDeadline() { l.msr.Write(msrDeadline, 0) }

// Current returns the ticks until the one-shot timer fires, 0 once it has or
// when it is stopped.
func (l *LAPIC) Current() uint32 { return l.read(regTimerCurrent) }

// Countdown is the timer of this processor as a counter whose rate is to be
// found: it counts down from its largest value, without an interrupt.
type Countdown struct{ lapic *LAPIC }

// StartCountdown starts the timer for a measurement, at its input rate divided
// by divider. It counts for 2^32 ticks and then stands still.
func (l *LAPIC) StartCountdown(divider uint32) (Countdown, error) {
	if err := l.oneShot(lvtMasked|TimerVector, divider); err != nil {
		return Countdown{}, err
	}
	l.Arm(^uint32(0))
	return Countdown{l}, nil
}

// Name returns what a log calls the counter.
func (c Countdown) Name() string { return "local APIC timer" }

// Read returns the ticks since StartCountdown.
func (c Countdown) Read() uint64 { return uint64(^c.lapic.Current()) }

// Hz returns 0: nothing says how fast the timer counts.
func (c Countdown) Hz() uint64 { return 0 }

// Width returns the size of the counter in bits.
func (c Countdown) Width() uint { return 32 }
