//go:build !tamago

package thread

import (
	"testing"

	"github.com/ringo-vmm/ringo/apic"
)

// TestKillKicksTheRightProcessor: the interrupt goes to the APIC id of the
// processor where the thread runs, which is not its index.
func TestKillKicksTheRightProcessor(t *testing.T) {
	w := newWorld(t, 4)
	p := w.processors[0]
	killer := w.run(p)
	w.handle(p, sigURG, 0)
	w.altStackFor(p, 8192)
	far := w.run(w.processors[2])
	w.altStackFor(w.processors[2], 8192)
	asleep := w.run(w.processors[3])
	w.call(w.processors[3], sysNanosleep, uint64(put(w, timespec{9, 0})))
	ready := newThread()
	ready.state, ready.cpu = stateReady, 3
	layer.ready.push(ready, false)
	w.machine.takeKicks()
	for _, c := range []struct {
		name  string
		tid   uint32
		kicks []uint32
	}{
		{"running elsewhere", far.tid, []uint32{testAPICID(2)}},
		{"itself", killer.tid, nil},
		{"ready", ready.tid, nil},
		{"asleep", asleep.tid, nil},
	} {
		expectEqual(t, c.name, w.call(p, sysTgkill, 1, uint64(c.tid), sigURG), 0)
		expectSlice(t, c.name, w.machine.takeKicks(), c.kicks)
	}
	w.interrupt(w.processors[2], apic.KickVector)
	expectEqual(t, "rip", far.rip, testHandler+sigURG)
}

// TestSignalMeetsAThreadThatMoves: a thread that stopped running when the kick
// arrives takes the signal wherever it is resumed.
func TestSignalMeetsAThreadThatMoves(t *testing.T) {
	w := newWorld(t, 2)
	p, q := w.processors[0], w.processors[1]
	w.run(p)
	w.handle(p, sigURG, 0)
	word := put(w, uint32(7))
	th := w.run(q)
	w.altStackFor(q, 8192)
	w.call(p, sysTgkill, 1, uint64(th.tid), sigURG)
	// The kick is late: first the thread waits.
	th.rip = 0x9000
	th.pending &^= bit(sigURG) // else it takes the signal before it waits
	w.call(q, sysFutex, uint64(word), testWait, 7)
	w.call(p, sysTgkill, 1, uint64(th.tid), sigURG)
	w.interrupt(q, apic.KickVector)
	expectEqual(t, "state", th.state, stateWaiting)
	w.call(p, sysFutex, uint64(word), testWake, 1)
	w.call(p, sysNanosleep, uint64(put(w, timespec{9, 0})))
	expectEqual(t, "current", p.current, th.ref())
	expectEqual(t, "rip", th.rip, testHandler+sigURG)
	expectEqual(t, "result of the wait, in the frame", w.frame(p).context.rax, 0)
}

func TestKillArguments(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	w.handle(p, 64, 0)
	for _, c := range []struct {
		name        string
		tid, signal uint64
		want        uint64
	}{
		{"no such thread", 2, sigURG, fail(esrch)},
		{"thread 0", 0, sigURG, fail(esrch)},
		{"no such signal", 1, 65, fail(einval)},
		{"a huge signal", 1, 1 << 40, fail(einval)},
		{"just looking", 1, 0, 0},
		{"ignored by default", 1, sigURG, 0},
	} {
		expectEqual(t, c.name, w.call(p, sysTgkill, 1, c.tid, c.signal), c.want)
		expectEqual(t, c.name+": pending", th.pending, 0)
	}
}

func TestDeadlySignal(t *testing.T) {
	for _, number := range []uint64{sysTgkill, sysKill} {
		w := newWorld(t, 1)
		p := w.processors[0]
		w.run(p)
		args := []uint64{1, 1, 6}
		if number == sysKill {
			args = []uint64{1, 6}
		}
		expectEqual(t, "stop", w.stops(func() { w.call(p, number, args...) }), StopPanic)
		w.expectPrinted("ringo: panic: signal 6 from thread 1\n")
	}
}
