package hpet

import (
	"math/rand"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

type rig struct {
	*HPET
	clock    devicetest.Clock
	inputs   [24]devicetest.Line
	pit, rtc devicetest.Line
}

// newRig has inputs 2 and 20 to 23 wired.
func newRig() *rig {
	r := new(rig)
	w := Wires{PIT: &r.pit, RTC: &r.rtc}
	for _, i := range []int{2, 20, 21, 22, 23} {
		w.Inputs[i] = &r.inputs[i]
	}
	r.HPET = New(&r.clock, w)
	return r
}

func (r *rig) set(off, v uint64)     { r.Write(off, 8, v) }
func (r *rig) get(off uint64) uint64 { return r.Read(off, 8) }

// ticks lets the counter run so many times 100 ns.
func (r *rig) ticks(n uint64) { r.clock.Advance(n * 100) }

func config(i uint64) uint64     { return 0x100 + 0x20*i }
func comparator(i uint64) uint64 { return 0x108 + 0x20*i }

func TestCapabilities(t *testing.T) {
	r := newRig()
	if got := r.get(0); got != 0x05f5e100_8086a201 {
		t.Errorf("capabilities %#x", got)
	}
	for i := range uint64(3) {
		if got := r.get(config(i)); got != 0x00f00004_00000030 {
			t.Errorf("timer %d: %#x", i, got)
		}
	}
	if got := r.Read(4, 4); uint32(got) != 0x05f5e100 {
		t.Errorf("upper half %#x", got)
	}
	r.set(0, 0)
	if r.get(0) == 0 || r.get(0x160) != 0 || r.get(0x3f8) != 0 || r.get(8) != 0 || r.get(0x110) != 0 {
		t.Error("a register that there is not")
	}
}

func TestTheCounterRunsWhileItIsEnabled(t *testing.T) {
	r := newRig()
	r.ticks(50)
	if r.get(0xf0) != 0 {
		t.Error("it runs")
	}
	r.set(0xf0, 1<<40)
	r.set(0x10, 1)
	r.ticks(123)
	if got := r.get(0xf0); got != 1<<40+123 {
		t.Errorf("counter %#x", got)
	}
	if got := r.Read(0xf4, 4); got != 1<<8 {
		t.Errorf("upper half %#x", got)
	}
	r.Write(0xf0, 4, 0xffffffff)
	r.ticks(1)
	if got := r.get(0xf0); got != 1<<40+1<<32 {
		t.Errorf("counter %#x", got)
	}
	r.set(0x10, 0)
	r.ticks(50)
	if got := r.get(0xf0); got != 1<<40+1<<32 {
		t.Errorf("halted at %#x", got)
	}
}

func TestOddAccessesDoNothing(t *testing.T) {
	r := newRig()
	r.Write(0x10, 1, 1)
	r.Write(0x10, 2, 1)
	r.Write(0x0e, 4, 1<<16)
	r.Write(0x0c, 8, 1<<32)
	if r.get(0x10) != 0 {
		t.Error("the configuration is written")
	}
	r.Write(0x10, 4, 0xffffffff)
	if got := r.get(0x10); got != 3 {
		t.Errorf("configuration %#x", got)
	}
	if got := r.Read(3, 1) & 0xff; got != 0x80 {
		t.Errorf("byte 3 is %#x", got)
	}
}

// oneShot is what Linux does to a comparator: interrupt on input 20.
func (r *rig) oneShot(i, flags, wait uint64) {
	r.set(0x10, r.get(0x10)|1)
	r.set(config(i), timerInterrupts|20<<9|flags)
	r.set(comparator(i), r.get(0xf0)+wait)
}

func TestAOneShotInterruptsOnce(t *testing.T) {
	r := newRig()
	r.oneShot(2, 0, 1000)
	r.ticks(999)
	if r.inputs[20].Edges != 0 {
		t.Error("too early")
	}
	r.ticks(1)
	if r.inputs[20].Edges != 1 || r.inputs[20].Level || r.get(0x20) != 0 {
		t.Errorf("%d edges, level %t, status %#x", r.inputs[20].Edges, r.inputs[20].Level, r.get(0x20))
	}
	r.ticks(1 << 40)
	if r.inputs[20].Edges != 1 {
		t.Error("again")
	}
	r.set(comparator(2), r.get(0xf0)) // is there already
	r.set(comparator(1), 5)           // timer 1 is not enabled
	r.ticks(1 << 40)
	if r.inputs[20].Edges != 1 {
		t.Error("a comparator that is passed interrupts")
	}
}

func TestA32BitTimerComesAround(t *testing.T) {
	r := newRig()
	r.set(0xf0, 7<<32)
	r.oneShot(0, timer32, 10)
	if got := r.get(comparator(0)); got != 10 {
		t.Errorf("comparator %#x", got)
	}
	r.ticks(10)
	r.ticks(1 << 32)
	if r.inputs[20].Edges != 2 {
		t.Errorf("%d interrupts", r.inputs[20].Edges)
	}
	r.set(comparator(0), 9) // just passed
	r.ticks(1<<32 - 2)
	if r.inputs[20].Edges != 2 {
		t.Errorf("%d interrupts", r.inputs[20].Edges)
	}
	r.ticks(1)
	if r.inputs[20].Edges != 3 {
		t.Errorf("%d interrupts", r.inputs[20].Edges)
	}
}

func TestAPeriodicTimer(t *testing.T) {
	r := newRig()
	r.set(config(0), timerInterrupts|timerPeriodic|timerSet|21<<9)
	r.set(comparator(0), 500)
	if got := r.get(config(0)); got&timerSet != 0 {
		t.Errorf("configuration %#x", got)
	}
	r.set(comparator(0), 10_000)
	r.set(0x10, 1)
	r.ticks(500)
	if r.inputs[21].Edges != 1 || r.get(comparator(0)) != 10_500 {
		t.Errorf("%d interrupts, next %d", r.inputs[21].Edges, r.get(comparator(0)))
	}
	r.ticks(10_000*9 + 9_999)
	if r.inputs[21].Edges != 10 {
		t.Errorf("%d interrupts", r.inputs[21].Edges)
	}
	r.set(0x10, 0)
	r.ticks(100_000)
	if r.inputs[21].Edges != 10 {
		t.Error("it interrupts while it is halted")
	}
	r.set(0x10, 1)
	r.ticks(1)
	if r.inputs[21].Edges != 11 {
		t.Error("it does not go on")
	}
}

func TestAPeriodThatIsTooShortIsLate(t *testing.T) {
	r := newRig()
	r.set(config(0), timerInterrupts|timerPeriodic|timerSet|21<<9)
	r.set(comparator(0), 1)
	r.set(0x10, 1)
	r.ticks(10_000) // 1 ms
	if n := r.inputs[21].Edges; n < 50 || n > 101 {
		t.Errorf("%d interrupts in a ms", n)
	}
	if got, now := r.get(comparator(0)), r.get(0xf0); got != now+1 {
		t.Errorf("comparator %d, counter %d", got, now)
	}
}

func TestALevelStaysUntilItIsCleared(t *testing.T) {
	r := newRig()
	r.oneShot(1, timerLevel, 10)
	r.oneShot(2, timerLevel, 20)
	r.ticks(20)
	if !r.inputs[20].Level || r.get(0x20) != 6 {
		t.Errorf("level %t, status %#x", r.inputs[20].Level, r.get(0x20))
	}
	r.set(0x20, 2)
	if !r.inputs[20].Level {
		t.Error("the other timer's level goes with it")
	}
	r.set(0x10, 0)
	if r.inputs[20].Level {
		t.Error("it stays when the block is off")
	}
	r.set(0x10, 1)
	r.set(config(2), timerInterrupts|timerLevel|22<<9)
	if r.inputs[20].Level || !r.inputs[22].Level {
		t.Error("the level does not move with the route")
	}
	r.set(0x20, 0xff)
	if r.inputs[22].Level || r.get(0x20) != 0 {
		t.Error("it is not cleared")
	}
	// Without an interrupt there is a status all the same.
	r.set(config(1), timerLevel)
	r.set(comparator(1), r.get(0xf0)+5)
	r.ticks(5)
	if r.get(0x20) != 2 {
		t.Errorf("status %#x", r.get(0x20))
	}
	r.set(config(1), 0)
	if r.get(0x20) != 0 {
		t.Error("an edge has a status")
	}
}

func TestRoutesThatAreNotWiredAreRefused(t *testing.T) {
	r := newRig()
	for _, tt := range []struct{ route, want uint64 }{{2, 2}, {3, 2}, {23, 23}, {31, 23}, {0, 23}} {
		r.set(config(0), tt.route<<9)
		if got := r.get(config(0)) >> 9 & 31; got != tt.want {
			t.Errorf("route %d is %d, want %d", tt.route, got, tt.want)
		}
	}
}

func TestLegacyReplacement(t *testing.T) {
	r := newRig()
	r.PIT().Set(true)
	if !r.pit.Level {
		t.Error("the PIT does not reach its line")
	}
	r.set(0x10, 2)
	if r.pit.Level {
		t.Error("the PIT keeps its line")
	}
	r.RTC().Set(true)
	r.PIT().Set(false)
	r.PIT().Set(true)
	if r.pit.Edges != 1 || r.rtc.Edges != 0 {
		t.Error("a device reaches its line")
	}
	for i := range uint64(3) {
		r.oneShot(i, 0, 10)
	}
	r.ticks(10)
	if r.pit.Edges != 2 || r.rtc.Edges != 1 || r.inputs[20].Edges != 1 {
		t.Errorf("%d, %d and %d interrupts", r.pit.Edges, r.rtc.Edges, r.inputs[20].Edges)
	}
	r.Reset()
	if !r.pit.Level || !r.rtc.Level || r.get(0x10) != 0 || r.get(0xf0) != 0 {
		t.Error("a reset does not give the lines back")
	}
}

// TestLinuxSetsItsTick does what Linux does for a tick of 250 Hz in place of the
// PIT's.
func TestLinuxSetsItsTick(t *testing.T) {
	r := newRig()
	for i := range uint64(3) {
		r.Write(config(i), 4, r.get(config(i)))
	}
	r.Write(0xf0, 4, 0)
	r.Write(0xf4, 4, 0)
	r.Write(0x10, 4, 1)
	r.ticks(12345)
	r.Write(0x10, 4, 2) // stop, and replace the PIT
	r.Write(config(0), 4, 0x17c)
	r.Write(comparator(0), 4, r.get(0xf0)+40_000)
	r.Write(comparator(0), 4, 40_000)
	r.Write(0x10, 4, 3)
	r.ticks(10_000_000)
	if r.pit.Edges != 250 || r.get(0xf0) != 10_012_345 {
		t.Errorf("%d ticks in a second, counter %d", r.pit.Edges, r.get(0xf0))
	}
	r.Write(config(0), 4, timerInterrupts|timer32) // one-shot
	r.Write(comparator(0), 4, r.get(0xf0)+500)
	r.ticks(500)
	if r.pit.Edges != 251 {
		t.Errorf("%d interrupts", r.pit.Edges)
	}
}

func TestStateSurvives(t *testing.T) {
	r := newRig()
	r.oneShot(1, timerLevel, 10)
	r.set(config(0), timerInterrupts|timerPeriodic|timerSet|21<<9)
	r.set(comparator(0), r.get(0xf0)+500)
	r.set(comparator(0), 1000)
	r.ticks(100)
	fresh := newRig()
	fresh.clock.Advance(r.clock.Now())
	devicetest.Survives(t, r, fresh)
	if !fresh.inputs[20].Level {
		t.Error("the line is low")
	}
	for range 3 {
		r.ticks(777)
		fresh.ticks(777)
		if a, b := r.inputs[21].Edges, fresh.inputs[21].Edges; a != b || r.get(0xf0) != fresh.get(0xf0) || r.get(comparator(0)) != fresh.get(comparator(0)) {
			t.Errorf("%d and %d interrupts, counters %d and %d", a, b, r.get(0xf0), fresh.get(0xf0))
		}
	}
	if r.inputs[21].Edges == 0 {
		t.Error("no interrupts")
	}
	fresh.Reset()
	if fresh.inputs[20].Level {
		t.Error("a reset leaves the line up")
	}
}

// drive does what a guest could.
func (r *rig) drive(ops []byte) {
	for ; len(ops) >= 4; ops = ops[4:] {
		off := uint64(ops[1]) | uint64(ops[0]>>6)<<8
		size := 1 << (ops[0] >> 4 & 3)
		v := uint64(ops[2]) << (ops[3] & 63)
		switch ops[0] & 3 {
		case 0:
			r.Write(off, size, v|uint64(ops[3]))
		case 1:
			r.Read(off, size)
		case 2:
			r.clock.Advance(v & (1<<28 - 1))
		case 3:
			r.PIT().Set(ops[1]&1 != 0)
			r.RTC().Set(ops[1]&2 != 0)
		}
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte{0x60, 0x00, 0x4c, 0, 0x60, 0x08, 1, 8, 0x20, 0x10, 3, 0, 2, 0, 1, 12, 0x21, 0x20, 0, 0}, []byte(nil))
	r := newRig()
	r.oneShot(0, timer32|timerLevel, 100)
	r.set(config(1), timerInterrupts|timerPeriodic|timerSet)
	r.set(comparator(1), 1)
	f.Add([]byte{2, 0, 1, 20}, devicetest.Save(r))
	f.Fuzz(func(t *testing.T, ops, saved []byte) {
		r := newRig()
		if saved != nil {
			r.State(state.Loader(saved))
		}
		r.drive(ops[:min(len(ops), 64)])
		fresh := newRig()
		fresh.clock.Advance(r.clock.Now())
		devicetest.Survives(t, r, fresh)
	})
}

func TestAccessesDoNotAllocate(t *testing.T) {
	ops := make([]byte, 400)
	rand.New(rand.NewSource(1)).Read(ops)
	r := newRig()
	if n := testing.AllocsPerRun(3, func() { r.drive(ops) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCounter(b *testing.B) {
	r := newRig()
	r.set(0x10, 1)
	b.ReportAllocs()
	for b.Loop() {
		r.Read(0xf0, 8)
	}
}

func BenchmarkComparator(b *testing.B) {
	r := newRig()
	r.oneShot(0, 0, 1000)
	b.ReportAllocs()
	for b.Loop() {
		r.Write(0x108, 4, 1<<30)
	}
}
