//go:build !tamago

package thread

import (
	"testing"

	"github.com/ringo-vmm/ringo/apic"
)

const (
	private  = 128 // FUTEX_PRIVATE_FLAG, which the runtime sets
	testWait = futexWait | private
	testWake = futexWake | private
)

// waitOn starts a thread on each of some processors and has each wait for a
// word, which holds 7.
func (w *world) waitOn(word uintptr, processors []*processor) (list []*thread) {
	w.Helper()
	for _, p := range processors {
		th := w.run(p)
		w.call(p, sysFutex, uint64(word), testWait, 7)
		expectEqual(w, "state", th.state, stateWaiting)
		list = append(list, th)
	}
	return list
}

func TestFutexWaitNeedsTheValue(t *testing.T) {
	w := newWorld(t, 1)
	th := w.run(w.processors[0])
	word := put(w, uint32(8))
	expectEqual(t, "result", w.call(w.processors[0], sysFutex, uint64(word), testWait, 7), fail(eagain))
	expectEqual(t, "state", th.state, stateRunning)
	// The value is 32 bits, whatever is above.
	w.call(w.processors[0], sysFutex, uint64(word), testWait, 1<<32|8)
	expectEqual(t, "state", th.state, stateWaiting)
	expectEqual(t, "current", w.processors[0].current, w.processors[0].idle)
	w.check(nobody)
}

// nobody is check's argument when no interrupt is on its way.
func nobody(*processor) bool { return false }

func TestFutexArguments(t *testing.T) {
	w := newWorld(t, 1)
	w.run(w.processors[0])
	word := uint64(put(w, uint32(7)))
	for _, c := range []struct {
		name string
		args []uint64
		want uint64
	}{
		{"null", []uint64{0, testWait, 0}, fail(einval)},
		{"unaligned", []uint64{word + 2, testWait, 7}, fail(einval)},
		{"unaligned wake", []uint64{word + 1, testWake, 1}, fail(einval)},
		{"unknown operation", []uint64{word, 9, 7}, fail(enosys)},
		{"nobody to wake", []uint64{word, testWake, 5}, 0},
	} {
		expectEqual(t, c.name, w.call(w.processors[0], sysFutex, c.args...), c.want)
	}
	w.check(nobody)
}

func TestFutexWakeCountsAndKeepsOrder(t *testing.T) {
	w := newWorld(t, 4)
	word := put(w, uint32(7))
	th := w.waitOn(word, w.processors[:3])
	waker := w.processors[3]
	w.run(waker)
	w.machine.takeKicks()
	expectEqual(t, "woken by a count of 0", w.call(waker, sysFutex, uint64(word), testWake, 0), 0)
	expectEqual(t, "woken by a count of 2", w.call(waker, sysFutex, uint64(word), testWake, 2), 2)
	for i, want := range []state{stateReady, stateReady, stateWaiting} {
		expectEqual(t, "state", th[i].state, want)
	}
	expectSlice(t, "ready", tids(t, &layer.ready.other), []uint32{th[0].tid, th[1].tid})
	expectEqual(t, "woken by a count of 5", w.call(waker, sysFutex, uint64(word), testWake, 5), 1)
	for i, p := range w.processors[:3] {
		w.interrupt(p, apic.KickVector)
		expectEqual(t, "current", p.current, th[i].ref())
		expectEqual(t, "result of the wait", th[i].rax, 0)
	}
	w.check(nobody)
}

func TestFutexTimeout(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.machine.now = 1000
	th := w.run(p)
	word := put(w, uint32(7))
	w.call(p, sysFutex, uint64(word), testWait, 7, uint64(put(w, timespec{0, 500})))
	// One nanosecond more than asked for, so that it is never less.
	expectEqual(t, "timer", w.machine.timers[0], 1501)
	w.check(nobody)
	w.tick(p, 500)
	expectEqual(t, "state before the deadline", th.state, stateWaiting)
	w.tick(p, 1)
	expectEqual(t, "current", p.current, th.ref())
	expectEqual(t, "result", th.rax, fail(etimedout))
	expectEqual(t, "waiters", bucket(word).length, 0)
	w.check(nobody)
}

func TestFutexWakeCancelsTimeout(t *testing.T) {
	w := newWorld(t, 2)
	word := put(w, uint32(7))
	sleeper, waker := w.processors[0], w.processors[1]
	th := w.run(sleeper)
	w.call(sleeper, sysFutex, uint64(word), testWait, 7, uint64(put(w, timespec{0, 500})))
	w.run(waker)
	w.call(waker, sysFutex, uint64(word), testWake, 1)
	w.interrupt(sleeper, apic.KickVector)
	w.machine.now = 10000
	w.interrupt(sleeper, apic.TimerVector)
	expectEqual(t, "result", th.rax, 0)
	expectEqual(t, "state", th.state, stateRunning)
	w.check(nobody)
}

func TestFutexTimeoutOfZeroAndLess(t *testing.T) {
	for _, ts := range []timespec{{0, 0}, {-1, 0}, {0, -5}} {
		w := newWorld(t, 1)
		p := w.processors[0]
		th := w.run(p)
		w.call(p, sysFutex, uint64(put(w, uint32(7))), testWait, 7, uint64(put(w, ts)))
		w.tick(p, 1)
		expectEqual(t, "result", th.rax, fail(etimedout))
	}
}

func TestTimespecRange(t *testing.T) {
	for _, c := range []struct {
		ts   timespec
		want uint64
	}{
		{timespec{0, 0}, 0},
		{timespec{1, 5}, 1_000_000_005},
		{timespec{-1, 5}, 0},
		{timespec{5, -1}, 0},
		{timespec{1 << 40, 0}, 1 << 63},
		{timespec{1<<63 - 1, 1<<63 - 1}, 1 << 63},
	} {
		expectEqual(t, "ns", c.ts.ns(), c.want)
	}
	w := newWorld(t, 1)
	w.machine.now = 5
	expectEqual(t, "the longest wait", deadlineIn(1<<64-1), never-1)
	expectEqual(t, "no wait", deadlineIn(0), 6)
}

// TestFutexesInOneBucket wakes one word while threads wait on another whose
// address hashes alike.
func TestFutexesInOneBucket(t *testing.T) {
	w := newWorld(t, 4)
	a := put(w, uint32(7))
	b := put(w, uint32(7))
	for bucket(b) != bucket(a) {
		b = put(w, uint32(7))
	}
	onA, onB := w.waitOn(a, w.processors[:1]), w.waitOn(b, w.processors[1:3])
	waker := w.processors[3]
	w.run(waker)
	expectEqual(t, "woken on b", w.call(waker, sysFutex, uint64(b), testWake, 1), 1)
	expectEqual(t, "a's", onA[0].state, stateWaiting)
	expectEqual(t, "b's first", onB[0].state, stateReady)
	expectEqual(t, "b's second", onB[1].state, stateWaiting)
	expectEqual(t, "woken on a", w.call(waker, sysFutex, uint64(a), testWake, 9), 1)
	expectEqual(t, "woken on b", w.call(waker, sysFutex, uint64(b), testWake, 9), 1)
}
