package pit

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

// rig is a timer on a clock that stands at a whole tick.
type rig struct {
	*PIT
	clock devicetest.Clock
	line  devicetest.Line
}

func newRig() *rig {
	r := new(rig)
	r.clock.Advance(1_000_000)
	r.PIT = New(&r.clock, &r.line, 2)
	r.ticks(1)
	return r
}

func (r *rig) out(port uint16, v ...uint8) {
	for _, b := range v {
		if port == Port61 {
			r.Port61().Out(0, 1, uint32(b))
		} else {
			r.Out(port-Base, 1, uint32(b))
		}
	}
}

func (r *rig) in(port uint16) uint8 {
	if port == Port61 {
		return uint8(r.Port61().In(0, 1))
	}
	return uint8(r.In(port-Base, 1))
}

// ticks moves the clock to n ticks after the one it is at.
func (r *rig) ticks(n uint64) {
	now := r.clock.Now()
	r.clock.Advance(nanosOf(ticksAt(now)+n) - now)
}

// count latches and reads a counter that is read low byte first.
func (r *rig) count(i uint8) uint16 {
	r.out(0x43, i<<6)
	low := r.in(Base + uint16(i))
	return uint16(r.in(Base+uint16(i)))<<8 | uint16(low)
}

func (r *rig) out2() bool { return r.in(Port61)&p61Out2 != 0 }

func TestTicksAndNanosAreInverse(t *testing.T) {
	for _, n := range []uint64{0, 1, 2, 18, 65536, Hz, 10*365*86400*Hz + 7} {
		ns := nanosOf(n)
		if got := ticksAt(ns); got != n {
			t.Errorf("tick %d begins at %d ns, which is in tick %d", n, ns, got)
		}
		if n > 0 && ticksAt(ns-1) != n-1 {
			t.Errorf("tick %d begins before %d ns", n, ns)
		}
	}
	if got := ticksAt(1_000_000_000 * 86400 * 365); Hz*86400*365-got > 1 {
		t.Errorf("a year has %d ticks, want %d", got, Hz*86400*365)
	}
	if got := nanosOf(1 << 63); got != 1<<64-1 {
		t.Errorf("a tick beyond the end of time is at %d", got)
	}
}

// TestOutFollowsTheDataSheet checks the waveforms of counter 2, whose OUT port
// 0x61 shows: '0' and '1' are levels at one tick after the other, the first
// just after the count was written.
func TestOutFollowsTheDataSheet(t *testing.T) {
	for _, c := range []struct {
		name    string
		control uint8
		count   uint8
		gate    bool
		want    string
	}{
		{"terminal count", 0x90, 4, true, "00000111"},
		{"terminal count without gate", 0x90, 4, false, "00000000"},
		{"one-shot before the trigger", 0x92, 3, true, "11111"},
		{"rate generator", 0x94, 3, true, "1110110110"},
		{"rate generator of an illegal one", 0x94, 1, true, "1101010"},
		{"rate generator without gate", 0x94, 3, false, "1111111"},
		{"rate generator by its other name", 0x9c, 3, true, "1110110110"},
		{"even square wave", 0x96, 4, true, "111001100110"},
		{"odd square wave", 0x96, 5, true, "111100111001110"},
		{"square wave without gate", 0x96, 4, false, "1111111"},
		{"software strobe", 0x98, 4, true, "111110111"},
		{"hardware strobe before the trigger", 0x9a, 3, true, "111111"},
	} {
		r := newRig()
		if c.gate {
			r.out(Port61, p61Gate2)
		}
		r.out(0x43, c.control)
		r.out(0x42, c.count)
		if got := r.wave(len(c.want)); got != c.want {
			t.Errorf("%s of %d: OUT is %s, want %s", c.name, c.count, got, c.want)
		}
	}
}

// wave is OUT 2 at n ticks from this one.
func (r *rig) wave(n int) string {
	s := ""
	for range n {
		if r.out2() {
			s += "1"
		} else {
			s += "0"
		}
		r.ticks(1)
	}
	return s
}

func TestGateTriggersAndStops(t *testing.T) {
	for _, c := range []struct {
		name    string
		control uint8
		count   uint8
		steps   string // + and - move the gate, a digit checks OUT and moves on a tick
	}{
		{"one-shot", 0x92, 3, "11+100011"},
		{"one-shot triggered again", 0x92, 3, "11+100-+0001"},
		{"one-shot is not stopped", 0x92, 3, "+1-00011"},
		{"hardware strobe", 0x9a, 3, "11+1111011"},
		{"hardware strobe triggered again", 0x9a, 3, "+111-+1111011"},
		{"terminal count stops and goes on", 0x90, 4, "+000-000000+0111"},
		{"rate generator starts anew", 0x94, 3, "+1110-111+1110110"},
		{"square wave starts anew", 0x96, 4, "+1110-111+111001100"},
		{"software strobe stops and goes on", 0x98, 3, "+11-11111+1011"},
	} {
		r := newRig()
		r.out(0x43, c.control)
		r.out(0x42, c.count)
		r.ticks(1)
		for i, s := range c.steps {
			switch s {
			case '+':
				r.out(Port61, p61Gate2)
			case '-':
				r.out(Port61, 0)
			default:
				if got := r.out2(); got != (s == '1') {
					t.Errorf("%s: after %q OUT is %t", c.name, c.steps[:i], got)
				}
				r.ticks(1)
			}
		}
	}
}

func TestANewCountIsLoadedWhenTheModeSays(t *testing.T) {
	for _, c := range []struct {
		name        string
		control     uint8
		first, next uint8
		after       uint64 // ticks until next is written
		want        string
	}{
		{"terminal count: at once", 0x90, 9, 2, 4, "0001"},
		{"software strobe: at once", 0x98, 9, 2, 4, "1110111"},
		{"rate generator: after the period", 0x94, 4, 2, 2, "1101010"},
		{"rate generator: after the period that begins", 0x94, 4, 2, 1, "11101010"},
		{"rate generator: before the first", 0x94, 4, 2, 0, "1101010"},
		{"square wave, high: after the half", 0x96, 4, 8, 2, "10000" + "1111" + "0000"},
		{"square wave, low: after the half", 0x96, 4, 8, 3, "00" + "1111" + "0000" + "1111"},
	} {
		r := newRig()
		r.out(Port61, p61Gate2)
		r.out(0x43, c.control)
		r.out(0x42, c.first)
		r.ticks(c.after)
		r.out(0x42, c.next)
		if got := r.wave(len(c.want)); got != c.want {
			t.Errorf("%s: OUT is %s, want %s", c.name, got, c.want)
		}
	}
}

func TestTheFirstOfTwoBytesStopsTerminalCount(t *testing.T) {
	r := newRig()
	r.out(Port61, p61Gate2)
	r.out(0x43, 0xb0)
	r.out(0x42, 2, 0)
	r.ticks(10)
	if !r.out2() {
		t.Fatal("OUT is low after the count")
	}
	r.out(0x42, 5)
	r.ticks(100)
	if r.out2() {
		t.Error("OUT is high after the first byte of a new count")
	}
	r.out(0x42, 0)
	r.ticks(5)
	if r.out2() {
		t.Error("OUT is high before the new count is over")
	}
	r.ticks(1)
	if !r.out2() {
		t.Error("OUT is low after the new count")
	}
}

func TestCountsAreReadBack(t *testing.T) {
	for _, c := range []struct {
		name    string
		control uint8
		count   uint16
		after   uint64
		want    uint16
	}{
		{"not loaded yet", 0xb0, 100, 0, 100},
		{"loaded", 0xb0, 100, 1, 100},
		{"counting", 0xb0, 100, 31, 70},
		{"through zero", 0xb0, 100, 102, 0xffff},
		{"of zero", 0xb0, 0, 2, 0xffff},
		{"decimal", 0xb1, 0x1000, 2, 0x0999},
		{"decimal of four digits", 0xb1, 0x9876, 1, 0x9876},
		{"decimal, a digit each", 0xb1, 0x9876, 1 + 1111, 0x8765},
		{"decimal through zero", 0xb1, 0x0005, 7, 0x9999},
		{"decimal of zero", 0xb1, 0, 2, 0x9999},
		{"rate generator at its end", 0xb4, 10, 10, 1},
		{"rate generator again", 0xb4, 10, 11, 10},
		{"square wave by twos", 0xb6, 10, 4, 4},
		{"square wave's second half", 0xb6, 10, 7, 8},
		{"odd square wave's end", 0xb6, 7, 4, 0},
		{"odd square wave's second half", 0xb6, 7, 5, 6},
		{"software strobe", 0xb8, 10, 3, 8},
	} {
		r := newRig()
		r.out(Port61, p61Gate2)
		r.out(0x43, c.control)
		r.out(0x42, uint8(c.count), uint8(c.count>>8))
		r.ticks(c.after)
		if got := r.count(2); got != c.want {
			t.Errorf("%s: %#x after %d ticks reads %#x, want %#x", c.name, c.count, c.after, got, c.want)
		}
	}
}

func TestBytesOfACount(t *testing.T) {
	r := newRig()
	r.out(0x43, 0x54) // counter 1, low byte only, rate generator
	r.out(0x41, 0x80)
	r.ticks(1)
	if got := r.in(0x41); got != 0x80 {
		t.Errorf("the low byte of 0x80 reads %#x", got)
	}
	r.out(0x43, 0x64) // high byte only
	r.out(0x41, 0x12)
	r.ticks(1)
	if got := r.in(0x41); got != 0x12 {
		t.Errorf("the high byte of 0x1200 reads %#x", got)
	}
	r.out(0x43, 0x74) // both
	r.out(0x41, 0x34, 0x12)
	r.ticks(1)
	if a, b := r.in(0x41), r.in(0x41); a != 0x34 || b != 0x12 {
		t.Errorf("0x1234 reads %#x, %#x", a, b)
	}
	if got := r.in(0x43); got != 0xff {
		t.Errorf("the control word reads %#x", got)
	}
}

func TestALatchedCountStaysUntilItIsRead(t *testing.T) {
	r := newRig()
	r.out(0x43, 0x74)
	r.out(0x41, 0xe8, 0x03)
	r.ticks(1)
	r.out(0x43, 0x40) // latch 1000
	r.ticks(8)
	r.out(0x43, 0x40) // has no effect
	if a, b := r.in(0x41), r.in(0x41); a != 0xe8 || b != 0x03 {
		t.Errorf("the latched 1000 reads %#x, %#x", a, b)
	}
	if a, b := r.in(0x41), r.in(0x41); a != 0xe0 || b != 0x03 {
		t.Errorf("992 after the latch reads %#x, %#x", a, b)
	}
}

func TestReadBackGivesStatusThenCount(t *testing.T) {
	r := newRig()
	r.out(Port61, p61Gate2)
	r.out(0x43, 0xb6) // counter 2, both bytes, square wave
	r.out(0x43, 0xe8) // status of counter 2
	if got := r.in(0x42); got != 0xf6 {
		t.Errorf("status without a count is %#x, want OUT and null count in 0xf6", got)
	}
	r.out(0x42, 10, 0)
	r.out(0x43, 0xe8)
	if got := r.in(0x42); got != 0xf6 {
		t.Errorf("status before the count is loaded is %#x, want 0xf6", got)
	}
	r.ticks(1)
	r.out(0x43, 0xc8) // status and count of counter 2
	r.ticks(7)
	r.out(0x43, 0xc8) // has no effect
	if s, a, b := r.in(0x42), r.in(0x42), r.in(0x42); s != 0xb6 || a != 10 || b != 0 {
		t.Errorf("read-back gives %#x, %d, %d, want 0xb6, 10, 0", s, a, b)
	}
	r.out(0x43, 0xe8)
	if got := r.in(0x42); got != 0x36 {
		t.Errorf("status with OUT low is %#x, want 0x36", got)
	}
	r.out(0x42, 20, 0)
	r.out(0x43, 0xe8)
	if got := r.in(0x42); got != 0x76 {
		t.Errorf("status while a new count waits is %#x, want 0x76", got)
	}
	r.ticks(5)
	r.out(0x43, 0xe8)
	if got := r.in(0x42); got&statusNull != 0 {
		t.Errorf("status after the half is %#x, null count is still set", got)
	}
	r.out(0x43, 0xe4) // status of counter 1
	r.in(0x42)
	if a := &r.counters; !a[1].access.statusLatched || a[0].access.statusLatched || a[2].access.statusLatched {
		t.Error("a read-back of counter 1 is not of it alone")
	}
	r.out(0x43, 0xde) // count of all
	r.ticks(3)
	if !r.counters[0].access.countLatched || !r.counters[1].access.countLatched || !r.counters[2].access.countLatched {
		t.Error("one read-back does not latch several counters")
	}
}

func TestAControlWordForgetsWhatWasLatched(t *testing.T) {
	r := newRig()
	r.out(0x43, 0x74)
	r.out(0x41, 0x34)       // half a count
	r.out(0x43, 0x40)       // latched
	r.out(0x43, 0x74)       // again
	r.out(0x41, 0x78, 0x56) // a whole one
	r.ticks(1)
	if got := r.count(1); got != 0x5678 {
		t.Errorf("reads %#x, want 0x5678", got)
	}
}

func TestPort61(t *testing.T) {
	r := newRig()
	r.out(Port61, 0xff)
	if got := r.in(Port61) & 0xcf; got != 0x0f {
		t.Errorf("0xff reads %#x beside refresh and OUT 2, want 0x0f", got)
	}
	r.out(Port61, 0)
	last, edges := r.in(Port61)&p61Refresh, 0
	for range 1000 {
		r.clock.Advance(1000)
		if now := r.in(Port61) & p61Refresh; now != last {
			last, edges = now, edges+1
		}
	}
	if edges < 65 || edges > 67 {
		t.Errorf("refresh toggles %d times a ms, want 66", edges)
	}
}

func TestSpeakerNeedsGateDataAndASquareWave(t *testing.T) {
	r := newRig()
	r.out(0x43, 0xb6)
	r.out(0x42, 0xa9, 0x04)
	for _, c := range []struct {
		v  uint8
		on bool
	}{{0, false}, {p61Gate2, false}, {p61Speaker, false}, {p61Gate2 | p61Speaker, true}} {
		r.out(Port61, c.v)
		if period, on := r.Speaker(); on != c.on || period != 0x4a9 {
			t.Errorf("port 0x61 %#x: speaker is on %t with %d ticks", c.v, on, period)
		}
	}
}
