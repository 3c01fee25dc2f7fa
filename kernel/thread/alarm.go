package thread

import "sync/atomic"

// An alarm stores 1 at an address when its time comes, and thereby makes the
// processor that set it take an interrupt, which ends a guest's run. It belongs
// to no thread: on one processor goroutines that run guests change threads, and
// on several they stay where they are, see Pin.
type alarm struct {
	at   uint64  // ns; never when it is not set
	flag uintptr // of a uint32; 0 when the alarm is free
	home uint32  // index of the processor that set it
}

// MaxAlarms is how many alarms there can be.
const MaxAlarms = 64

// openAlarm takes a free alarm; -1 if there is none.
func openAlarm(flag uintptr) int {
	for i := range layer.alarms {
		if a := &layer.alarms[i]; a.flag == 0 {
			*a = alarm{at: never, flag: flag}
			return i
		}
	}
	return -1
}

// setAlarm sets an alarm, whose number openAlarm gave, for p.
func setAlarm(p *processor, i int, at uint64) {
	layer.alarms[i].at, layer.alarms[i].home = at, p.index
	if p.firstAlarm == 0 || at < p.firstAlarm {
		p.firstAlarm = at
	}
}

// closeAlarm frees an alarm.
func closeAlarm(i int) { layer.alarms[i] = alarm{} }

// soundAlarms sets off the alarms of p that are due.
func soundAlarms(p *processor, now uint64) {
	if p.firstAlarm == 0 || now < p.firstAlarm {
		return
	}
	p.firstAlarm = 0
	for i := range layer.alarms {
		a := &layer.alarms[i]
		if a.flag == 0 || a.at == never || a.home != p.index {
			continue
		}
		if a.at <= now {
			a.at = never
			atomic.StoreUint32((*uint32)(pointer(a.flag)), 1)
			continue
		}
		setAlarm(p, i, a.at)
	}
}
