// Package devicetest is what the tests of virtual devices stand on: a clock
// that moves when it is told to, interrupt lines that remember, and a check
// that a device's state survives a save and a load.
package devicetest

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// Clock is a device.Clock under a test's control. The zero value is at 0 ns.
type Clock struct {
	now    uint64
	timers []*timer
}

type timer struct {
	clock *Clock
	at    uint64
	set   bool
	fire  func()
}

// Now is the time in ns.
func (c *Clock) Now() uint64 { return c.now }

// NewTimer makes a timer that fires while Advance passes its time.
func (c *Clock) NewTimer(fire func()) device.Timer {
	t := &timer{clock: c, fire: fire}
	c.timers = append(c.timers, t)
	return t
}

func (t *timer) Set(at uint64)            { t.at, t.set = at, true }
func (t *timer) Stop()                    { t.set = false }
func (t *timer) Deadline() (uint64, bool) { return t.at, t.set }

// maxFires bounds the timers that one Advance runs: a device that sets its
// timer to the present for ever hangs a machine.
const maxFires = 1_000_000

// Advance moves the clock by ns and fires the timers on the way, in order.
func (c *Clock) Advance(ns uint64) {
	end := c.now + ns
	for range maxFires {
		var first *timer
		for _, t := range c.timers {
			if t.set && t.at <= end && (first == nil || t.at < first.at) {
				first = t
			}
		}
		if first == nil {
			c.now = end
			return
		}
		c.now = max(c.now, first.at)
		first.set = false
		first.fire()
	}
	panic("devicetest: a timer fires without end")
}

// Line is a device.IRQ that remembers.
type Line struct {
	Level bool
	Edges int // times it went up
}

// Set is device.IRQ's.
func (l *Line) Set(level bool) {
	if level && !l.Level {
		l.Edges++
	}
	l.Level = level
}

// Save is a device's state.
func Save(d device.Stateful) []byte {
	c := state.Saver()
	d.State(c)
	return c.Bytes()
}

// Load loads a device's state.
func Load(t testing.TB, d device.Stateful, b []byte) {
	t.Helper()
	c := state.Loader(b)
	d.State(c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// Survives checks that fresh, after it has loaded old's state, saves the same.
func Survives(t testing.TB, old, fresh device.Stateful) {
	t.Helper()
	b := Save(old)
	Load(t, fresh, b)
	if again := Save(fresh); string(again) != string(b) {
		t.Errorf("saved %x, loaded, and saved %x", b, again)
	}
}
