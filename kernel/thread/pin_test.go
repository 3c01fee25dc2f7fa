//go:build !tamago

package thread

import (
	"testing"

	"github.com/ringo-vmm/ringo/apic"
)

// runPinned makes a new thread that is pinned to p the current one there.
func (w *world) runPinned(p *processor) *thread {
	w.Helper()
	t := w.run(p)
	t.setPin(p.index + 1)
	return t
}

// sleepPinned makes a new thread that is pinned to p wait there on a futex,
// whose address it returns too.
func (w *world) sleepPinned(p *processor) (*thread, uintptr) {
	w.Helper()
	t, word := w.runPinned(p), put(w, uint32(0))
	w.call(p, sysFutex, uint64(word), testWait, 0)
	expectEqual(w, "state", t.state, stateWaiting)
	return t, word
}

// A thread that runs a guest is woken: it goes before whatever runs on its
// processor, at once, be that a guest or not.
func TestPinnedThreadRunsAtOnceWhenWoken(t *testing.T) {
	for _, pinned := range []bool{false, true} {
		w := newWorld(t, 2)
		here, there := w.processors[0], w.processors[1]
		sleeper, word := w.sleepPinned(there)
		busy := w.run(there)
		if pinned {
			busy.setPin(there.index + 1)
		}
		w.run(here)
		w.machine.takeKicks()
		w.call(here, sysFutex, uint64(word), testWake, 1)
		expectSlice(t, "kicks", w.machine.takeKicks(), []uint32{there.apicID})
		w.check(func(p *processor) bool { return p == there })
		w.interrupt(there, apic.KickVector)
		expectEqual(t, "current", there.current, sleeper.ref())
		expectEqual(t, "the one that ran", busy.state, stateReady)
		w.check(nobody)
	}
}

// The same when the thread that wakes it runs on its processor.
func TestPinnedThreadRunsBeforeWhoWokeIt(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	sleeper, word := w.sleepPinned(p)
	waker := w.runPinned(p)
	w.call(p, sysFutex, uint64(word), testWake, 1)
	expectEqual(t, "current", p.current, sleeper.ref())
	expectEqual(t, "woken", waker.rax, 1)
	w.call(p, sysFutex, uint64(word), testWait, 0)
	expectEqual(t, "current", p.current, waker.ref())
	w.check(nobody)
}

// A thread that has only been preempted is not woken: two that have much to
// compute share their processor by slices.
func TestPinnedThreadsShareBySlices(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	a, word := w.sleepPinned(p)
	b := w.runPinned(p)
	w.call(p, sysFutex, uint64(word), testWake, 1)
	expectEqual(t, "current", p.current, a.ref())
	for range 4 {
		w.tick(p, slice-1)
		w.interrupt(p, apic.KickVector)
		expectEqual(t, "within its slice", p.current, a.ref())
		w.tick(p, 1)
		expectEqual(t, "after it", p.current, b.ref())
		a, b = b, a
	}
	before := p.switches
	w.call(p, sysSchedYield)
	expectEqual(t, "switches at a yield", p.switches-before, 1)
	w.check(nobody)
}

// Nor does it go before one that became ready while it ran.
func TestPreemptedPinnedThreadWaitsItsTurn(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.runPinned(p)
	w.tick(p, slice/2)
	other := w.addReady(p)
	w.tick(p, slice)
	expectEqual(t, "current", p.current, other.ref())
	w.check(nobody)
}

// A thread that moves to a processor goes before what runs there.
func TestPinToAnotherProcessor(t *testing.T) {
	w := newWorld(t, 2)
	here, there := w.processors[0], w.processors[1]
	mover, busy := w.run(here), w.runPinned(there)
	here.lock()
	mover.setPin(there.index + 1)
	leave(here)
	expectEqual(t, "current where it was", here.current, here.idle)
	w.interrupt(there, apic.KickVector)
	expectEqual(t, "current", there.current, mover.ref())
	expectEqual(t, "the one that ran", busy.state, stateReady)
	w.check(nobody)
}

// Two pinned threads that wake each other all the time do not keep others from
// running for longer than a slice.
func TestWakeUpsStarveNobody(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	_, word := w.sleepPinned(p)
	w.runPinned(p)
	other := w.addReady(p)
	for start := w.machine.now; p.current != other.ref(); w.machine.now += 1000 {
		if w.machine.now-start > 2*slice {
			t.Fatal("it does not run")
		}
		w.call(p, sysFutex, uint64(word), testWake, 1)
		if p.current != other.ref() {
			w.call(p, sysFutex, uint64(word), testWait, 0)
		}
	}
	w.check(nobody)
}
