//go:build tamago && linux

package main

import (
	"fmt"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// All processors read the same clock, so their TSCs must agree. Each is
// compared with the first one's before it runs anything: the first reads its
// own before and after the other has read, and the shortest of many such
// readings says the most. One that differs is set.

// drift is what a processor's TSC is ahead of the first one's, in ticks.
type drift struct {
	ticks  int64
	within uint64 // what the measurement can be off by
	set    int64  // what it was before it was set, 0 if it was not
}

// drifts are the processors', by index.
var drifts [thread.MaxProcessors]drift

func (d drift) String() string {
	text := fmt.Sprintf("TSC %+d ticks, measured to %d", d.ticks, d.within)
	if d.set != 0 {
		text += fmt.Sprintf(", was %+d", d.set)
	}
	return text
}

// off tells whether the TSC is known to differ.
func (d drift) off() bool { return d.ticks > int64(d.within) || d.ticks < -int64(d.within) }

// compareTSC compares the TSC of the processor that is being started with this
// one's, and makes it the same.
func compareTSC() drift {
	d := measureDrift()
	if !d.off() {
		return d
	}
	was := d.ticks
	starting.adjust = uint64(-was)
	inLayer(func() { order(orderAdjust) })
	d = measureDrift()
	d.set = was
	return d
}

// Bounds of a measurement.
const (
	driftReadings = 1000
	driftTime     = 20_000_000  // ns
	driftMost     = 200_000_000 // ns, while no reading was shorter than
	driftGood     = 10_000      // ticks
	orderTime     = 2_000_000_000
)

// measureDrift measures once.
func measureDrift() (d drift) {
	d.within = 1<<63 - 1
	inLayer(func() {
		start := now()
		for i := 0; i < driftReadings; i++ {
			if t := now() - start; t > driftMost || t > driftTime && d.within <= driftGood {
				return
			}
			before := amd64.RDTSC()
			if !order(orderTSC) {
				return
			}
			took := amd64.RDTSC() - before
			if took/2 < d.within {
				d.within, d.ticks = took/2, int64(starting.tsc-before-took/2)
			}
		}
	})
	return d
}

// order gives an order and waits for the answer. It tells false when none comes.
func order(what int) bool {
	until := now() + orderTime
	for giveOrder(what); !answered(); amd64.Pause() {
		if now() > until {
			return false
		}
	}
	return true
}
