package pit

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

const second = 1_000_000_000

func TestCounter0Interrupts(t *testing.T) {
	for _, c := range []struct {
		name    string
		control uint8
		count   uint16
		ticks   uint64
		edges   int
		level   bool
	}{
		{"terminal count, before", 0x30, 1000, 1000, 0, false},
		{"terminal count, then", 0x30, 1000, 1001, 1, true},
		{"terminal count, once", 0x30, 1000, 500_000, 1, true},
		{"one-shot never, its gate is high", 0x32, 1000, 100_000, 1, true},
		{"rate generator", 0x34, 1000, 10_001, 11, true},
		{"rate generator of zero", 0x34, 0, 65536*3 + 1, 4, true},
		{"square wave", 0x36, 1001, 10_011, 11, true},
		{"software strobe, before", 0x38, 1000, 1001, 1, true},
		{"software strobe, then", 0x38, 1000, 1002, 2, true},
		{"software strobe, once", 0x38, 1000, 500_000, 2, true},
	} {
		// OUT rises with the control word in all modes but 0.
		r := newRig()
		r.out(0x43, c.control)
		r.out(0x40, uint8(c.count), uint8(c.count>>8))
		r.ticks(c.ticks)
		if r.line.Edges != c.edges || r.line.Level != c.level {
			t.Errorf("%s: %d edges and level %t after %d ticks, want %d and %t",
				c.name, r.line.Edges, r.line.Level, c.ticks, c.edges, c.level)
		}
	}
}

func TestPeriodicTicksDoNotDrift(t *testing.T) {
	r := newRig()
	r.out(0x43, 0x34)
	r.out(0x40, 0xa9, 0x04) // 1193
	r.line.Edges = 0
	r.ticks(1 + 1193*600*1000)
	if want := 600 * 1000; r.line.Edges != want {
		t.Errorf("%d interrupts in %d periods", r.line.Edges, want)
	}
}

func TestControlWordOfMode0MakesTheLineLow(t *testing.T) {
	r := newRig()
	r.out(0x43, 0x34)
	r.out(0x40, 100, 0)
	r.ticks(1000)
	r.out(0x43, 0x30)
	if r.line.Level {
		t.Error("the line is high")
	}
	r.line.Edges = 0
	r.clock.Advance(10 * second)
	if r.line.Edges != 0 {
		t.Errorf("a counter without a count interrupts %d times", r.line.Edges)
	}
}

func TestANewPeriodBeginsAfterTheOldOne(t *testing.T) {
	for _, control := range []uint8{0x34, 0x36} {
		r := newRig()
		r.out(0x43, control)
		r.out(0x40, 0xe8, 0x03) // 1000
		r.ticks(1 + 600)
		r.out(0x40, 0xd0, 0x07) // 2000
		r.line.Edges = 0
		r.ticks(400 - 1)
		if r.line.Edges != 0 {
			t.Errorf("control %#x: the old period ends early", control)
		}
		r.in(0x40) // looking changes nothing
		r.ticks(1)
		if r.line.Edges != 1 {
			t.Errorf("control %#x: the old period does not end", control)
		}
		r.ticks(2000*5 - 1)
		if r.line.Edges != 5 {
			t.Errorf("control %#x: %d edges in 5 periods less a tick", control, r.line.Edges)
		}
	}
}

// lateClock is a clock on a busy host: it is ahead of what its timers go by.
type lateClock struct {
	devicetest.Clock
	late uint64 // ns
}

type lateTimer struct {
	device.Timer
	clock *lateClock
}

func (c *lateClock) Now() uint64 { return c.Clock.Now() + c.late }

func (c *lateClock) NewTimer(fire func()) device.Timer {
	return lateTimer{c.Clock.NewTimer(fire), c}
}

func (t lateTimer) Set(at uint64) { t.Timer.Set(at - min(at, t.clock.late)) }

func TestMissedTicksAreBounded(t *testing.T) {
	const period = 11932 // ticks, 10 ms
	for _, c := range []struct {
		catchUp int
		late    uint64 // periods
		edges   int    // in the six periods from then on
	}{
		{0, 20, 6},     // only what comes in time
		{3, 2, 2 + 6},  // all
		{4, 20, 4 + 6}, // the most allowed
	} {
		clock := new(lateClock)
		var line devicetest.Line
		p := New(clock, &line, c.catchUp)
		p.Out(3, 1, 0x34)
		p.Out(0, 1, period&0xff)
		p.Out(0, 1, period>>8)
		clock.Advance(nanosOf(period + 1)) // the first tick
		line.Edges = 0
		clock.late = nanosOf(c.late * period)
		clock.Advance(nanosOf(period*5/4 + 1))
		if line.Edges != 1 {
			t.Errorf("catch-up of %d, %d periods late: %d edges within a quarter of a period", c.catchUp, c.late, line.Edges)
		}
		clock.Advance(nanosOf(period * 19 / 4))
		if line.Edges != c.edges {
			t.Errorf("catch-up of %d, %d periods late: %d edges, want %d", c.catchUp, c.late, line.Edges, c.edges)
		}
	}
}

func TestATickThatIsDueIsDeliveredBeforeReprogramming(t *testing.T) {
	clock := new(lateClock)
	var line devicetest.Line
	p := New(clock, &line, 5)
	p.Out(3, 1, 0x34)
	p.Out(0, 1, 0)
	p.Out(0, 1, 0)
	line.Edges = 0
	clock.late = second
	p.Out(3, 1, 0x30)
	if line.Edges != 1 || line.Level {
		t.Errorf("%d edges and level %t, want one and low", line.Edges, line.Level)
	}
	if _, ok := p.irq.timer.Deadline(); ok {
		t.Error("a timer runs for a counter without a count")
	}
	clock.Advance(second)
	if line.Edges != 1 {
		t.Error("ticks of the past come after the counter was reprogrammed")
	}
}

func TestAOneShotThatIsDueIsDeliveredBeforeTheNext(t *testing.T) {
	clock := new(lateClock)
	var line devicetest.Line
	p := New(clock, &line, 0)
	p.Out(3, 1, 0x18)
	p.Out(0, 1, 0x10)
	line.Edges = 0
	clock.late = second
	p.Out(0, 1, 0x20)
	if line.Edges != 1 {
		t.Errorf("%d edges, want one", line.Edges)
	}
}

func TestTheFastestTickLeavesTimeForOthers(t *testing.T) {
	r := newRig()
	r.out(0x43, 0x14)
	r.out(0x40, 2)
	r.line.Edges = 0
	r.clock.Advance(second)
	if most := second / minGap; r.line.Edges > most || r.line.Edges < most*9/10 {
		t.Errorf("%d interrupts a second, want at most %d", r.line.Edges, most)
	}
}

func TestResetIsSilent(t *testing.T) {
	r := newRig()
	r.out(Port61, 3)
	r.out(0x43, 0x34)
	r.out(0x40, 0, 0)
	r.Reset()
	r.line.Edges = 0
	r.clock.Advance(10 * second)
	if r.line.Edges != 0 || r.line.Level || r.in(Port61)&0x0f != 0 {
		t.Errorf("after a reset: %d edges, level %t, port 0x61 %#x", r.line.Edges, r.line.Level, r.in(Port61))
	}
}
