//go:build tamago

package main

import (
	"math"
	"sync"
	"time"

	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/thread"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// scheduler shares the processors out among the guests. Its policy is the
// option scheduler=NAME of the kernel's command line.
var scheduler = sync.OnceValue(func() *sched.Scheduler {
	name := "stride"
	if text, ok := handover.Lookup("scheduler"); ok {
		name = text
	}
	policy, err := sched.ByName(name)
	if err != nil {
		logf(klog.Error, "scheduler: %v; stride it is", err)
		policy, _ = sched.ByName("stride")
	}
	return sched.New(sched.Options{Processors: thread.Count(), Clock: schedClock{}, Policy: policy, Quantum: quantum})
})

// quantum is a guest's slice in ns while others wait for its processor.
const quantum = 10_000_000

// schedClock is the host's clock and the runtime's timers.
type schedClock struct{}

// Now is the time in ns since entry.
func (schedClock) Now() uint64 { return now() }

// NewTimer makes a timer.
func (schedClock) NewTimer(fire func()) sched.Timer {
	t := schedTimer{time.AfterFunc(math.MaxInt64, fire)}
	t.Stop()
	return t
}

type schedTimer struct{ timer *time.Timer }

// Set sets the timer to a time of the clock.
func (t schedTimer) Set(at uint64) {
	at = max(at, now()) - now()
	t.timer.Reset(time.Duration(min(at, math.MaxInt64)))
}

// Stop stops it.
func (t schedTimer) Stop() { t.timer.Stop() }
