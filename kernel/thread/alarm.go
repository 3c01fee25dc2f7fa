package thread

import (
	"sync/atomic"
	"unsafe"
)

// An alarm stores 1 at an address when its time comes, and thereby makes the
// processor that set it take an interrupt, which ends a guest's run. It belongs
// to no thread: on one processor goroutines that run guests change threads, and
// on several they stay where they are, see PinTo. One that is set elsewhere than
// before moves there.
type alarm struct {
	timer timer
	next  uintptr // in the pool
}

const alarmSize = unsafe.Sizeof(alarm{})

func alarmAt(addr uintptr) *alarm { return (*alarm)(pointer(addr)) }

// openAlarm makes an alarm and returns its address, 0 if there is no memory.
func openAlarm(flag uintptr) uintptr {
	if layer.alarms == 0 {
		va, ok := layer.memory.Page()
		if !ok {
			return 0
		}
		for at := uintptr(va); at+alarmSize <= uintptr(va)+pageSize; at += alarmSize {
			alarmAt(at).next = layer.alarms
			layer.alarms = at
		}
	}
	addr := layer.alarms
	a := alarmAt(addr)
	layer.alarms = a.next
	*a = alarm{timer: timer{flag: flag}}
	return addr
}

// setAlarm sets the alarm at addr, for p.
func setAlarm(p *processor, addr uintptr, at uint64) {
	t := &alarmAt(addr).timer
	t.unset()
	if at != never {
		t.set(p, at)
	}
}

// closeAlarm frees an alarm.
func closeAlarm(addr uintptr) {
	a := alarmAt(addr)
	a.timer.unset()
	a.next = layer.alarms
	layer.alarms = addr
}

// sound sets off the alarm whose timer t is.
func (t *timer) sound() { atomic.StoreUint32((*uint32)(pointer(t.flag)), 1) }
