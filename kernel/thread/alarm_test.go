//go:build !tamago

package thread

import (
	"testing"
	"unsafe"

	"github.com/ringo-vmm/ringo/apic"
)

// setAlarmOn sets an alarm as a thread on p does.
func (w *world) setAlarmOn(p *processor, addr uintptr, at uint64) {
	w.Helper()
	testProcessor = p
	p.lock()
	setAlarm(p, addr, at)
	leave(p)
}

func (w *world) newAlarm(flag *uint32) uintptr {
	w.Helper()
	addr := openAlarm(uintptr(unsafe.Pointer(flag)))
	if addr == 0 {
		w.Fatal("no alarm")
	}
	return addr
}

func TestAlarmsRingOnce(t *testing.T) {
	w := newWorld(t, 2)
	p := w.processors[1]
	w.run(p)
	var flags [3]uint32
	var alarms [3]uintptr
	for i := range flags {
		alarms[i] = w.newAlarm(&flags[i])
		w.setAlarmOn(p, alarms[i], uint64(100*(i+1)))
	}
	w.tick(p, 99)
	expectEqual(t, "too early", flags, [3]uint32{})
	expectEqual(t, "timer", w.machine.timers[1], 100)
	w.tick(p, 151)
	expectEqual(t, "after two", flags, [3]uint32{1, 1, 0})
	expectEqual(t, "timer", w.machine.timers[1], 300)
	flags = [3]uint32{}
	closeAlarm(alarms[2])
	w.tick(p, 1000)
	expectEqual(t, "at the end", flags, [3]uint32{})
	expectEqual(t, "timer", w.machine.timers[1], never)
	expectEqual(t, "a closed alarm is used again", w.newAlarm(&flags[0]), alarms[2])
	w.check(nobody)
}

// TestAlarmMovesToTheProcessorThatSetsIt: a guest that moves takes its alarm
// along.
func TestAlarmMovesToTheProcessorThatSetsIt(t *testing.T) {
	w := newWorld(t, 2)
	a, b := w.processors[0], w.processors[1]
	w.run(a)
	w.run(b)
	var flag uint32
	alarm := w.newAlarm(&flag)
	w.setAlarmOn(a, alarm, 100)
	w.setAlarmOn(b, alarm, 200)
	expectEqual(t, "the new timer", w.machine.timers[1], 200)
	w.check(nobody)
	w.tick(a, 150) // the old one is still armed
	expectEqual(t, "rang at the old place", flag, 0)
	expectEqual(t, "the old timer", w.machine.timers[0], never)
	w.tick(b, 50)
	expectEqual(t, "rang at the new place", flag, 1)
	w.setAlarmOn(b, alarm, 300)
	w.setAlarmOn(a, alarm, never)
	w.tick(b, 500)
	w.interrupt(b, apic.KickVector)
	closeAlarm(alarm)
	w.check(nobody)
}

func TestAnyNumberOfAlarms(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	const n = 10_000
	flags := make([]uint32, n)
	for i := range flags {
		w.setAlarmOn(p, w.newAlarm(&flags[i]), uint64(1+i*7919%n))
	}
	w.check(nobody)
	for range n / 100 {
		w.tick(p, 100)
	}
	for i, rang := range flags {
		if rang != 1 {
			t.Fatalf("alarm %d has not rung", i)
		}
	}
	expectEqual(t, "timers left", p.timers.n, 0)
}

func TestNoMemoryForAnAlarm(t *testing.T) {
	w := newWorld(t, 1)
	w.memory.pages = 0
	expectEqual(t, "alarm", openAlarm(8), 0)
}
