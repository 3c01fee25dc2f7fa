//go:build tamago

package main

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/apic"
	"github.com/ringo-vmm/ringo/drivers/pit"
	"github.com/ringo-vmm/ringo/drivers/rtc"
	"github.com/ringo-vmm/ringo/kernel/clock"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// The clock, in ns since the kernel's entry: clockOffset when hostClock
// started, and what that counts. Both change only while the only processor
// that runs has interrupts off.
var (
	entryTSC    uint64 // TSC at entry
	hostClock   clock.Clock
	clockOffset uint64
	clockRuns   bool
	wallStart   uint64 // ns since 1970 when the clock was 0

	// calibration is the last one, for the monitor.
	calibration clock.Result
	timerHz     uint64
)

// timerDivider slows the local APIC's timer down, so that its 32 bits last
// longer than a second on any machine.
const timerDivider = 16

// guessHz is the rate of a TSC that nothing can tell us. The clock is wrong
// then, but it runs.
const guessHz = 1_000_000_000

// now is the time in ns since entry.
func now() uint64 {
	if !clockRuns {
		return 0
	}
	return clockOffset + hostClock.Now()
}

// initClock starts the clock by what needs no firmware tables: CPUID, and the
// PIT. Pre-runtime.
func initClock() {
	references := clockReferences[:0]
	if err := earlyPIT.Start(amd64.Ports{}); err == nil {
		references = append(references, &earlyPIT)
	} else {
		logEnd(klog.Warn, logLine().Str("clock: ").Str(err.Error()))
	}
	calibrate(references)
	wallStart = readRTC(0)
	shareClock()
	startTimer()
}

// These are static because their addresses are stored: on the stack they would
// escape.
var (
	earlyPIT        pit.PIT
	clockReferences [clock.MaxReferences]clock.Counter
	clockMachine    clock.Machine
)

// calibrate measures the TSC and the local APIC's timer against the references
// and lets the clock go on at the rate it finds. Interrupts are off.
func calibrate(references []clock.Counter) {
	m := &clockMachine
	*m = clock.Machine{TSC: amd64.RDTSC, CPUID: amd64.CPUID, References: references}
	countdown, err := lapic.StartCountdown(timerDivider)
	if err == nil {
		timerCounter = countdown
		m.Timer = &timerCounter
	}
	result, err := clock.Calibrate(m)
	hz := uint64(guessHz)
	if err == nil {
		hz = result.Hz()
		calibration = result
		timerHz = result.Timer.Hz
	}
	if timerHz == 0 {
		timerHz = hz / timerDivider
	}
	before := now()
	if !clockRuns {
		before = ticksToNS(amd64.RDTSC()-entryTSC, hz)
	}
	if hostClock.Start(amd64.RDTSC, hz) != nil {
		hostClock.Start(amd64.RDTSC, guessHz)
	}
	clockOffset, clockRuns = before, true
	shareClock()
	logEnd(klog.Info, logLine().Raw(calibration.Summary(clockText[:])))
	if err != nil {
		logEnd(klog.Warn, logLine().Str("clock: warning: ").Str(err.Error()))
	}
}

// shareClock tells the thread layer the clock's parameters, with which the Go
// runtime reads the clock without a system call.
func shareClock() {
	base, mul := hostClock.Line()
	thread.SetClock(base, mul, clockOffset, wallStart)
}

// thread.SetClock's scale is hostClock's.
var _ = [1]int{}[clock.Shift-thread.ClockShift]

var (
	timerCounter apic.Countdown
	clockText    [256]byte
)

// ticksToNS is for a few seconds of ticks at most.
func ticksToNS(ticks, hz uint64) uint64 { return ticks / (hz/1_000_000 + 1) * 1000 }

// startTimer sets this processor's timer up for setTimer.
func startTimer() {
	if hasDeadline {
		lapic.TimerDeadline(apic.TimerVector)
	} else {
		lapic.TimerOneShot(apic.TimerVector, timerDivider)
	}
}

// setTimer makes this processor take the timer interrupt at a time in ns since
// entry, or never. The one-shot timer may be early, by its calibration's error
// or because it counts no further; the layer then sets it again.
func setTimer(deadline uint64) {
	const never = 1<<64 - 1
	switch {
	case deadline == never && hasDeadline:
		lapic.StopDeadline()
	case deadline == never:
		lapic.Stop()
	case hasDeadline:
		lapic.ArmDeadline(hostClock.Deadline(max(deadline, clockOffset) - clockOffset))
	default:
		t := now()
		lapic.Arm(clock.TimerTicks(max(deadline, t)-t, timerHz))
	}
}

// readRTC is the time in ns since 1970 at which the clock was 0, by the
// machine's real-time clock, whose century is in CMOS register century if that
// is not 0.
func readRTC(century uint8) uint64 {
	t, err := rtc.Read(amd64.Ports{}, century)
	if err != nil {
		logEnd(klog.Warn, logLine().Str("clock: ").Str(err.Error()))
		return 0
	}
	return uint64(max(t.Unix(), 0))*1e9 - now()
}
