package thread

import "sync/atomic"

// An alarm stores 1 at an address when its time comes, and thereby makes the
// processor take an interrupt, which ends a guest's run. It belongs to no
// thread: goroutines that run guests change threads.
type alarm struct {
	at   uint64  // ns; never when it is not set
	flag uintptr // of a uint32; 0 when the alarm is free
}

// MaxAlarms is how many alarms there can be.
const MaxAlarms = 64

// openAlarm takes a free alarm; -1 if there is none.
func openAlarm(flag uintptr) int {
	for i := range layer.alarms {
		if a := &layer.alarms[i]; a.flag == 0 {
			*a = alarm{never, flag}
			return i
		}
	}
	return -1
}

// setAlarm sets an alarm, whose number openAlarm gave.
func setAlarm(i int, at uint64) {
	layer.alarms[i].at = at
	if layer.firstAlarm == 0 || at < layer.firstAlarm {
		layer.firstAlarm = at
	}
}

// closeAlarm frees an alarm.
func closeAlarm(i int) { layer.alarms[i] = alarm{} }

// soundAlarms sets off the alarms that are due.
func soundAlarms(now uint64) {
	if layer.firstAlarm == 0 || now < layer.firstAlarm {
		return
	}
	layer.firstAlarm = 0
	for i := range layer.alarms {
		a := &layer.alarms[i]
		if a.flag == 0 || a.at == never {
			continue
		}
		if a.at <= now {
			a.at = never
			atomic.StoreUint32((*uint32)(pointer(a.flag)), 1)
			continue
		}
		setAlarm(i, a.at)
	}
}
