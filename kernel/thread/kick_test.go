//go:build !tamago

package thread

import (
	"testing"

	"github.com/ringo-vmm/ringo/apic"
)

// A kick that is made late is sent all the same, by the sender's own timer.
func TestLateKickComes(t *testing.T) {
	w := newWorld(t, 3)
	layer.kickDelay = 1000
	p := w.processors[0]
	w.run(p)
	var late uint64
	for range 50 {
		testProcessor = p
		w.addReady(p)
		expectSlice(t, "kicks at once", w.machine.takeKicks(), nil)
		w.check(func(other *processor) bool { return other != p && p.late != 0 })
		at := w.machine.timers[0]
		if at >= w.machine.now+1000 {
			t.Fatalf("the timer is set to %d, %d ns late", at, at-w.machine.now)
		}
		late = max(late, at-w.machine.now)
		w.tick(p, at-w.machine.now)
		kicks := w.machine.takeKicks()
		if len(kicks) != 1 {
			t.Fatalf("kicks: %v", kicks)
		}
		for _, other := range w.processors[1:] {
			if other.apicID == kicks[0] {
				w.interrupt(other, apic.KickVector)
				w.call(other, sysExit)
			}
		}
		w.check(nobody)
	}
	if late < 500 {
		t.Errorf("no kick of 50 is later than %d ns", late)
	}
}

// A kick from code that runs without the lock is not forgotten.
func TestLateKickOfUnlockedCode(t *testing.T) {
	w := newWorld(t, 2)
	layer.kickDelay = 1000
	p := w.processors[0]
	w.run(p)
	f := func(uintptr) { kick(p, w.processors[1]) }
	w.call(p, sysCallUnlocked, uint64(put(w, f)), 0)
	if w.machine.timers[0] >= 1000 {
		t.Errorf("the timer is set to %d", w.machine.timers[0])
	}
	w.tick(p, 1000)
	expectSlice(t, "kicks", w.machine.takeKicks(), []uint32{testAPICID(1)})
}
