//go:build solution

package device

import (
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/state"
)

type Watchdog struct {
	clock  device.Clock
	line   device.IRQ
	alarm  device.Timer
	bite   func()
	period uint64 // ns, 0 is off
	due    uint64 // machine time in ns
	barked bool
}

func New(clock device.Clock, line device.IRQ, bite func()) *Watchdog {
	w := &Watchdog{clock: clock, line: line, bite: bite}
	w.alarm = clock.NewTimer(w.expire)
	return w
}

func (w *Watchdog) expire() {
	if w.barked {
		w.Reset()
		w.bite()
		return
	}
	w.barked = true
	w.line.Set(true)
	w.due += w.period
	w.alarm.Set(w.due)
}

func (w *Watchdog) In(off uint16, size int) uint32 {
	now := w.clock.Now()
	return uint32((max(w.due, now) - now + ms - 1) / ms)
}

func (w *Watchdog) Out(off uint16, size int, v uint32) {
	w.Reset()
	if v &= 0xffff; v != 0 {
		w.period = uint64(v) * ms
		w.due = w.clock.Now() + w.period
		w.alarm.Set(w.due)
	}
}

func (w *Watchdog) Reset() {
	w.period, w.due, w.barked = 0, 0, false
	w.alarm.Stop()
	w.line.Set(false)
}

func (w *Watchdog) State(c *state.Codec) {
	c.Version("watchdog", 1)
	c.U64(&w.period)
	c.U64(&w.due)
	c.Bool(&w.barked)
	if !c.Loading() {
		return
	}
	if w.period > 0xffff*ms {
		c.Fail("a period of %d ns", w.period)
		w.Reset()
		return
	}
	w.alarm.Stop()
	if w.period != 0 {
		w.alarm.Set(w.due)
	}
	w.line.Set(w.barked)
}
