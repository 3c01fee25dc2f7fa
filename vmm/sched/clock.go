package sched

// Never is a time that does not come.
const Never = ^uint64(0)

// Clock is the host's time.
type Clock interface {
	// Now is the time in ns. It does not go back.
	Now() uint64
	// NewTimer makes a timer that calls fire, on any goroutine and with none of
	// the scheduler's locks held.
	NewTimer(fire func()) Timer
}

// Timer calls its function once for each Set, soon after the time it was set to.
// It is called with the scheduler's lock held, so it must not call fire itself.
type Timer interface {
	// Set sets it to a time of the Clock, in ns, instead of what it was set to.
	// A time that is over fires at once.
	Set(at uint64)
	// Stop keeps it from firing, if it can still be kept.
	Stop()
}

// elapsed is the time from one reading of the clock to another, in ns.
func elapsed(from, to uint64) uint64 {
	if to < from {
		return 0
	}
	return to - from
}
