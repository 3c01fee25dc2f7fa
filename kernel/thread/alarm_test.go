//go:build !tamago

package thread

import (
	"testing"
	"unsafe"
)

func TestAlarmsRingOnce(t *testing.T) {
	w := newWorld(t, 2)
	p := w.processors[1]
	var flags [3]uint32
	for i := range flags {
		if n := openAlarm(uintptr(unsafe.Pointer(&flags[i]))); n != i {
			t.Fatalf("alarm %d has number %d", i, n)
		}
		setAlarm(p, i, uint64(100*(i+1)))
	}
	soundAlarms(p, 99)
	if flags != [3]uint32{} || p.firstAlarm != 100 {
		t.Errorf("too early: %v, next %d", flags, p.firstAlarm)
	}
	soundAlarms(p, 250)
	if flags != [3]uint32{1, 1, 0} || p.firstAlarm != 300 {
		t.Errorf("after two: %v, next %d", flags, p.firstAlarm)
	}
	flags = [3]uint32{}
	closeAlarm(2)
	soundAlarms(p, 1000)
	if flags != [3]uint32{} || p.firstAlarm != 0 {
		t.Errorf("at the end: %v, next %d", flags, p.firstAlarm)
	}
	if n := openAlarm(uintptr(unsafe.Pointer(&flags[0]))); n != 2 {
		t.Errorf("a free alarm is not used again, but %d", n)
	}
}
