//go:build !tamago

package thread

import "testing"

func TestSwitchesAreRemembered(t *testing.T) {
	w := newWorld(t, 2)
	p := w.processors[1]
	a := w.run(p)
	b := w.addReady(p)
	var list [ringSize]Switch
	w.machine.now = 1000
	w.call(p, sysSchedYield)
	w.call(p, sysSchedYield)
	w.machine.now = 3000
	w.call(p, sysExit)
	w.machine.now = 4000
	w.call(p, sysExit)
	n := rings[1].copy(&list)
	expectSlice(t, "switches", list[:n], []Switch{{1000, b.tid}, {1000, a.tid}, {3000, b.tid}, {4000, 0}})
	expectEqual(t, "switches of the other", rings[0].copy(&list), 0)
}

func TestTheLatestSwitchesAreRemembered(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	a := w.run(p)
	b := w.addReady(p)
	for i := range uint64(ringSize + 10) {
		w.machine.now = i + 1
		w.call(p, sysSchedYield)
	}
	var list [ringSize]Switch
	expectEqual(t, "length", rings[0].copy(&list), ringSize)
	expectEqual(t, "first", list[0], Switch{11, b.tid})
	expectEqual(t, "last", list[ringSize-1], Switch{ringSize + 10, a.tid})
}
