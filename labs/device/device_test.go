package device

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

// rig is a watchdog with what is around it.
type rig struct {
	clock devicetest.Clock
	line  devicetest.Line
	bites int
	*Watchdog
}

func newRig() *rig {
	r := &rig{}
	r.Watchdog = New(&r.clock, &r.line, func() { r.bites++ })
	return r
}

// is checks what the watchdog shows.
func (r *rig) is(t *testing.T, when string, left uint32, barks bool, bites int) {
	t.Helper()
	if got := r.In(0, 2); got != left {
		t.Errorf("%s: %d ms are left, want %d", when, got, left)
	}
	if r.line.Level != barks {
		t.Errorf("%s: the line is up: %v, want %v", when, r.line.Level, barks)
	}
	if r.bites != bites {
		t.Errorf("%s: it has bitten %d times, want %d", when, r.bites, bites)
	}
}

func TestBarksAndBites(t *testing.T) {
	r := newRig()
	r.Out(0, 2, 100)
	r.is(t, "fed for 100 ms", 100, false, 0)
	r.clock.Advance(99*ms + 1)
	r.is(t, "after 99 ms and a bit", 1, false, 0)
	r.clock.Advance(ms)
	r.is(t, "after 100 ms", 100, true, 0)
	r.clock.Advance(99 * ms)
	r.is(t, "after 199 ms", 1, true, 0)
	r.clock.Advance(ms)
	r.is(t, "after 200 ms", 0, false, 1)
	r.clock.Advance(1000 * ms)
	r.is(t, "it bites once", 0, false, 1)
}

func TestFeeding(t *testing.T) {
	r := newRig()
	r.Out(0, 2, 100)
	for range 20 {
		r.clock.Advance(60 * ms)
		r.Out(0, 2, 100)
	}
	r.is(t, "fed in time", 100, false, 0)
	r.clock.Advance(120 * ms)
	r.is(t, "not fed", 80, true, 0)
	r.Out(0, 2, 50)
	r.is(t, "fed after it barked", 50, false, 0)
	r.clock.Advance(60 * ms)
	r.is(t, "not fed again", 40, true, 0)
	r.Out(0, 2, 0)
	r.clock.Advance(1000 * ms)
	r.is(t, "switched off", 0, false, 0)
}

func TestReset(t *testing.T) {
	r := newRig()
	r.Out(0, 2, 100)
	r.clock.Advance(150 * ms)
	r.is(t, "it barks", 50, true, 0)
	r.Watchdog.Reset()
	r.is(t, "reset", 0, false, 0)
	r.clock.Advance(1000 * ms)
	r.is(t, "and it stays off", 0, false, 0)
}

func TestSaveAndLoad(t *testing.T) {
	r := newRig()
	r.Out(0, 2, 100)
	r.clock.Advance(130 * ms)
	var line devicetest.Line
	bites := 0
	copied := New(&r.clock, &line, func() { bites++ })
	devicetest.Survives(t, r.Watchdog, copied)
	if got := copied.In(0, 2); got != 70 || !line.Level {
		t.Errorf("loaded: %d ms are left, want 70; the line is up: %v, want true", got, line.Level)
	}
	r.clock.Advance(70 * ms)
	if bites != 1 || line.Level {
		t.Errorf("70 ms later: it has bitten %d times, want 1; the line is up: %v, want false", bites, line.Level)
	}
}

// A guest writes anything, anywhere, at any time.
func TestSurvivesAnyGuest(t *testing.T) {
	r := newRig()
	r.Out(0, 4, 0xabcd_0064)
	r.is(t, "32 bits, of which 16 count", 100, false, 0)
	for n := range uint32(2000) {
		r.Out(uint16(n%Ports), 1<<(n%3), n*0x9e37_79b9)
		r.In(uint16(n%Ports), 1<<(n%3))
		r.clock.Advance(uint64(n%7) * ms)
	}
	if r.Out(0, 2, 0); r.In(0, 2) != 0 || r.line.Level {
		t.Error("after all that it cannot be switched off")
	}
}
