package thread

import "sync/atomic"

// Futexes, futex(2): the runtime's locks and notes wait on a 32-bit word while
// it holds a given value.

const futexBuckets = 256

const (
	futexWait        = 0
	futexWake        = 1
	futexCommandMask = 127 // without FUTEX_PRIVATE_FLAG
)

// bucket is the queue of the threads that wait on words whose address hashes
// like addr.
func bucket(addr uintptr) *queue {
	return &layer.futex[uint64(addr)*0x9E3779B97F4A7C15>>(64-8)]
}

// futex waits or wakes. It returns the system call's result; for a thread that
// now waits that is what a wake-up returns.
func futex(p *processor, t *thread, addr uintptr, op, value uint64, timeout uintptr) uint64 {
	if addr == 0 || addr%4 != 0 {
		return fail(einval)
	}
	switch op & futexCommandMask {
	case futexWait:
		if atomic.LoadUint32((*uint32)(pointer(addr))) != uint32(value) {
			return fail(eagain)
		}
		deadline := uint64(0)
		if timeout != 0 {
			deadline = deadlineIn((*timespec)(pointer(timeout)).ns())
		}
		bucket(addr).push(t)
		wait(p, t, addr, deadline, fail(etimedout))
		return 0
	case futexWake:
		woken := uint64(0)
		q := bucket(addr)
		for r := q.head; r != 0 && woken < value; {
			w := r.get()
			r = w.next
			if w.waitsOn == addr {
				q.remove(w)
				makeReady(p, w)
				woken++
			}
		}
		return woken
	}
	return fail(enosys)
}

// timespec is struct timespec.
type timespec struct{ sec, nsec int64 }

// ns is the duration in ns, within 0 and 292 years.
func (t *timespec) ns() uint64 {
	switch {
	case t.sec < 0 || t.nsec < 0:
		return 0
	case t.sec > 1<<33:
		return 1 << 63
	}
	return uint64(t.sec)*1e9 + uint64(t.nsec)
}
