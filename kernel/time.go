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
// started, and what that counts. Its rate changes only while the only
// processor that runs has interrupts off.
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
	m := &clockMachine
	m.TSC, m.CPUID, m.Rough = amd64.RDTSC, amd64.CPUID, true
	if err := earlyPIT.Start(amd64.Ports{}); err == nil {
		m.References = append(clockReferences[:0], &earlyPIT)
	} else {
		logEnd(klog.Warn, logLine().Str("clock: warning: ").Str(err.Error()))
	}
	if counter, err := lapic.StartCountdown(timerDivider); err == nil {
		timerCounter = counter
		m.Timer = &timerCounter
	}
	calibrate()
	wallStart = readRTC(0)
	shareClock()
	startTimer()
}

// These are static because their addresses are stored: on the stack they would
// escape.
var (
	earlyPIT        pit.PIT
	timerCounter    apic.Countdown
	clockReferences [clock.MaxReferences]clock.Counter
	clockMachine    clock.Machine
)

// calibrate measures the TSC and the local APIC's timer by what clockMachine
// names, and lets the clock go on at the rate it finds. Interrupts are off.
func calibrate() {
	lapic.StartCountdown(timerDivider)
	result, err := clock.Calibrate(&clockMachine)
	hz := uint64(guessHz)
	if err == nil {
		hz = result.Hz()
		calibration = result
		timerHz = result.Timer.Hz
	}
	if timerHz == 0 {
		timerHz = hz / timerDivider
	}
	if clockRuns {
		hostClock.Adjust(hz)
	} else {
		hostClock.Start(amd64.RDTSC, hz)
		clockOffset = clock.TicksToNS(amd64.RDTSC()-entryTSC, hz)
		clockRuns = true
	}
	shareClock()
	reportCalibration(err)
}

// reportCalibration logs what the calibration found, and err if it failed.
func reportCalibration(err error) {
	if err != nil {
		logEnd(klog.Warn, logLine().Str("clock: warning: ").Str(err.Error()))
		return
	}
	logEnd(klog.Info, logLine().Raw(calibration.Summary(clockText[:])))
	for i := 0; ; i++ {
		w := calibration.Warning(i, clockText[:])
		// The first calibration has one source only, and no second opinion.
		if w == nil || clockMachine.Rough {
			return
		}
		logEnd(klog.Warn, logLine().Raw(w))
	}
}

var clockText [256]byte

// shareClock tells the thread layer the clock's parameters, with which the Go
// runtime reads the clock without a system call.
func shareClock() {
	base, mul := hostClock.Line()
	thread.SetClock(base, mul, clockOffset, wallStart)
}

// thread.SetClock's scale is hostClock's.
var _ = [1]int{}[clock.Shift-thread.ClockShift]

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
