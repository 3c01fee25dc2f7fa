//go:build !tamago

package thread

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
)

func TestTheDeadCanBeLookedAt(t *testing.T) {
	w := newWorld(t, 3)
	t.Cleanup(func() { dying = 0 })
	running := w.run(w.processors[1])
	f := abortFrame{gate: uint64(amd64.PageFault) * gateBytes, rip: 0x5555, r15: 15, rsp: 0x77}
	w.stops(func() { abortFrom(w.processors[2], &f) })
	var r Registers
	index, ok := Stopped(0, &r)
	if index != 2 || !ok || r.RIP != 0x5555 || r.GPR[15] != 15 || r.GPR[4] != 0x77 || r.FSBase != w.processors[2].fsbase {
		t.Errorf("the one that died: processor %d, %+v", index, r)
	}
	for n, want := range []uint32{2, 0, 1} {
		if index, ok := Stopped(n, &r); index != want || !ok {
			t.Errorf("number %d is processor %d", n, index)
		}
	}
	if _, ok := Stopped(3, &r); ok {
		t.Error("a processor too many")
	}
	if tid, ok := Saved(0, &r); tid != running.tid || !ok {
		t.Errorf("thread %d", tid)
	}
	if _, ok := Saved(1, &r); ok {
		t.Error("a thread too many")
	}
}
