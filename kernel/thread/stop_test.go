//go:build !tamago

package thread

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
)

// When one processor dies, the others stop, and the report tells what each was
// at.
func TestTheOthersStop(t *testing.T) {
	w := newWorld(t, 4)
	w.run(w.processors[1])
	w.machine.deaf[3], w.machine.tick = true, stopTime/10
	f := abortFrame{gate: uint64(amd64.PageFault) * gateBytes, rip: 0x5555}
	expectEqual(t, "stop", w.stops(func() { abortFrom(w.processors[2], &f) }), StopLayer)
	expectSlice(t, "NMIs", w.machine.nmis, []uint32{testAPICID(0), testAPICID(1), testAPICID(3)})
	w.expectPrinted("on processor 2\n", "rip 0000000000005555",
		"processor 0 idle at 000000000000abc0", "processor 1 thread 1 at 000000000000abc1", "processor 3 idle does not stop", "thread 1 running")
}

// A Go panic is the Go runtime's to report; then the others stop.
func TestTheOthersStopAfterAPanic(t *testing.T) {
	w := newWorld(t, 2)
	p := w.processors[1]
	w.run(p)
	expectEqual(t, "stop", w.stops(func() { w.call(p, sysExitGroup, 2) }), StopPanic)
	w.expectPrinted("processor 0 idle at 000000000000abc0")
}

// Of two processors that die at once, one reports.
func TestTwoDeathsAreOneReport(t *testing.T) {
	w := newWorld(t, 2)
	p, q := w.processors[0], w.processors[1]
	w.run(p)
	w.run(q).rip = 0x7777
	ending.Store(q.index + 1)
	expectEqual(t, "the second", w.stops(func() { w.exception(p, amd64.GeneralProtection, 0, 0) }), halted)
	expectEqual(t, "stopped", p.stopped, 1)
	f := abortFrame{gate: uint64(amd64.NMI) * gateBytes}
	expectEqual(t, "its NMI", w.stops(func() { abortFrom(p, &f) }), halted)
}
