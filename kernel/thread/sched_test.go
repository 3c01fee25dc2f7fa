//go:build !tamago

package thread

import (
	"runtime"
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/apic"
)

func TestNanosleep(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.machine.now = 1000
	th := w.run(p)
	w.call(p, sysNanosleep, uint64(put(w, timespec{0, 300})))
	expectEqual(t, "current", p.current, p.idle)
	w.check(nobody)
	w.tick(p, 300)
	expectEqual(t, "asleep for 300 ns", th.state, stateWaiting)
	w.tick(p, 1)
	expectEqual(t, "current", p.current, th.ref())
	expectEqual(t, "result", th.rax, 0)
	w.check(nobody)
}

// TestEarlyTimerIsSetAgain is about timers that count too fast.
func TestEarlyTimerIsSetAgain(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	w.call(p, sysNanosleep, uint64(put(w, timespec{0, 300})))
	before := w.machine.set
	w.machine.now = 200
	w.interrupt(p, apic.TimerVector)
	expectEqual(t, "calls of SetTimer", w.machine.set-before, 1)
	expectEqual(t, "timer", w.machine.timers[0], 301)
}

func TestTimerIsSetOnlyWhenItChanges(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	before := w.machine.set
	for range 5 {
		w.call(p, sysSchedYield)
	}
	expectEqual(t, "calls of SetTimer", w.machine.set-before, 0)
	TimerLost()
	w.call(p, sysSchedYield)
	expectEqual(t, "calls of SetTimer once it is lost", w.machine.set-before, 1)
	expectEqual(t, "timer", w.machine.timers[0], never)
}

func TestSleepersWakeInOrder(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	var order []uint32
	for _, ns := range []int64{500, 100, 300} {
		w.run(p)
		w.call(p, sysNanosleep, uint64(put(w, timespec{0, ns})))
	}
	for range 600 {
		w.tick(p, 1)
		if p.current != p.idle {
			order = append(order, p.current.get().tid)
			w.call(p, sysExit)
		}
	}
	expectSlice(t, "order", order, []uint32{2, 3, 1})
	w.check(nobody)
}

func TestYieldLetsTheNextRun(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	a := w.run(p)
	expectEqual(t, "result of a yield to nobody", w.call(p, sysSchedYield), 0)
	expectEqual(t, "current", p.current, a.ref())
	b, c := w.addReady(p), w.addReady(p)
	var order []uint32
	for range 6 {
		w.call(p, sysSchedYield)
		order = append(order, p.current.get().tid)
		w.check(nobody)
	}
	expectSlice(t, "order", order, []uint32{b.tid, c.tid, a.tid, b.tid, c.tid, a.tid})
	expectEqual(t, "switches", p.switches, 6)
}

func TestReadyThreadRunsAfterTheSlice(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	busy := w.run(p)
	w.machine.now = 5000
	expectEqual(t, "timer of a lonely thread", w.machine.timers[0], never)
	other := w.addReady(p)
	expectEqual(t, "timer", w.machine.timers[0], 5000+slice)
	w.check(nobody)
	// What happens meanwhile neither ends the slice nor makes it longer.
	w.tick(p, slice/2)
	w.call(p, sysGetrandom, uint64(w.alloc(8, 8)), 8)
	w.interrupt(p, apic.KickVector)
	expectEqual(t, "current", p.current, busy.ref())
	expectEqual(t, "timer", w.machine.timers[0], 5000+slice)
	w.tick(p, slice/2)
	expectEqual(t, "current after the slice", p.current, other.ref())
	expectEqual(t, "the other slice's end", w.machine.timers[0], w.machine.now+slice)
	w.tick(p, slice)
	expectEqual(t, "current after two slices", p.current, busy.ref())
	// Alone again, it is left alone.
	w.tick(p, slice)
	w.call(p, sysExit)
	expectEqual(t, "current", p.current, busy.ref())
	expectEqual(t, "timer", w.machine.timers[0], never)
	w.check(nobody)
}

func TestDeadlineInsideASlice(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	sleeper := w.addReady(p)
	w.call(p, sysSchedYield)
	expectEqual(t, "current", p.current, sleeper.ref())
	w.addReady(p)
	w.call(p, sysNanosleep, uint64(put(w, timespec{0, 99})))
	expectEqual(t, "timer", w.machine.timers[0], 100)
	w.tick(p, 100)
	expectEqual(t, "current", p.current, sleeper.ref())
	w.check(nobody)
}

// TestUrgentThreadRunsAtOnce: a thread that an interrupt wakes goes before the
// one that runs and before all that are ready.
func TestUrgentThreadRunsAtOnce(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	w.call(p, sysNanosleep, uint64(put(w, timespec{0, 99})))
	sleeper := byID(1)
	busy := w.run(p)
	ready := w.addReady(p)
	w.tick(p, 100)
	expectEqual(t, "current", p.current, sleeper.ref())
	expectSlice(t, "ready", tids(t, &layer.ready.other), []uint32{ready.tid, busy.tid})
	w.check(nobody)
	// The next interrupt without news preempts nobody.
	w.interrupt(p, apic.KickVector)
	expectEqual(t, "current", p.current, sleeper.ref())
}

func TestWakeUpKicksOneIdleProcessor(t *testing.T) {
	w := newWorld(t, 4)
	waker := w.processors[0]
	w.run(waker)
	for i := range 3 {
		w.addReady(waker)
		expectSlice(t, "kicks", w.machine.takeKicks(), []uint32{testAPICID(1 + i)})
	}
	w.addReady(waker)
	expectSlice(t, "kicks when all have been", w.machine.takeKicks(), nil)
	w.check(func(p *processor) bool { return p != waker })
	for _, p := range w.processors[1:] {
		w.interrupt(p, apic.KickVector)
		expectEqual(t, "busy", p.current != p.idle, true)
	}
	expectEqual(t, "ready", layer.ready.length(), 1)
	w.check(nobody)
}

// TestKickTooLate: a processor that finds nothing any more can be kicked
// again.
func TestKickTooLate(t *testing.T) {
	w := newWorld(t, 2)
	waker, idle := w.processors[0], w.processors[1]
	w.run(waker)
	w.addReady(waker)
	w.call(waker, sysExit)
	w.machine.takeKicks()
	w.interrupt(idle, apic.KickVector)
	expectEqual(t, "idling", idle.idling(), true)
	w.check(nobody)
	w.addReady(waker)
	expectSlice(t, "kicks", w.machine.takeKicks(), []uint32{idle.apicID})
}

func TestIdleTime(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.machine.now = 100
	w.run(p)
	w.call(p, sysNanosleep, uint64(put(w, timespec{0, 999})))
	expectEqual(t, "idle since", p.idleFrom, 100)
	w.tick(p, 400) // not due
	w.interrupt(p, apic.KickVector)
	expectEqual(t, "idle since", p.idleFrom, 100)
	w.tick(p, 600)
	expectEqual(t, "idle time", p.idleTime, 1000)
	w.tick(p, 5000)
	w.call(p, sysNanosleep, uint64(put(w, timespec{0, 99})))
	w.tick(p, 100)
	expectEqual(t, "idle time", p.idleTime, 1100)
}

func TestInterruptsAreAcknowledgedAndCounted(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	var got []uint8
	w.machine.onInterrupt = func(v uint8) bool { got = append(got, v); return v != 0x31 }
	w.interrupt(p, apic.TimerVector)
	w.interrupt(p, apic.KickVector)
	expectEqual(t, "acknowledged", w.machine.acknowledged, 2)
	w.interrupt(p, apic.FirstDeviceVector)
	w.interrupt(p, apic.SpuriousVector)
	w.interrupt(p, 0x20)
	expectSlice(t, "vectors for the machine", got, []uint8{apic.FirstDeviceVector, apic.SpuriousVector, 0x20})
	expectEqual(t, "count", p.interrupts, 5)
	why := w.stops(func() { w.interrupt(p, 0x31) })
	expectEqual(t, "stop", why, StopInterrupt)
	w.expectPrinted("unexpected interrupt, vector 0x31")
}

func TestDeviceInterruptWakesAtOnce(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	server := w.run(p)
	fd := w.newEvent(p, epollIn|epollET)
	w.call(p, sysEpollPwait, fdPoller, uint64(w.alloc(12, 16)), 1, ^uint64(0))
	busy := w.run(p)
	w.machine.onInterrupt = func(uint8) bool { Signal(EventID(fd)); return true }
	w.interrupt(p, apic.FirstDeviceVector)
	expectEqual(t, "current", p.current, server.ref())
	expectEqual(t, "ready events", server.rax, 1)
	if !slices.Equal(tids(t, &layer.ready.other), []uint32{busy.tid}) {
		t.Error("the interrupted thread is not ready")
	}
	w.check(nobody)
}

// TestEventSignalledOutsideAnInterrupt: a thread that polls a device in the
// layer wakes whoever waits for it just as an interrupt does.
func TestEventSignalledOutsideAnInterrupt(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	server := w.run(p)
	fd := w.newEvent(p, epollIn|epollET)
	w.call(p, sysEpollPwait, fdPoller, uint64(w.alloc(12, 16)), 1, forever)
	poller := w.run(p)
	f := func(uintptr) { Signal(EventID(fd)) }
	w.call(p, sysCallUnlocked, uint64(put(w, f)), 0)
	runtime.KeepAlive(&f)
	expectEqual(t, "current", p.current, server.ref())
	expectSlice(t, "ready", tids(t, &layer.ready.other), []uint32{poller.tid})
	w.check(nobody)
	w.interrupt(p, apic.KickVector)
	expectEqual(t, "current", p.current, server.ref())
}
