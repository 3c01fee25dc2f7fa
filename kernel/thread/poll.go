package thread

import "math/bits"

// Event counters, eventfd(2), and the one poller that waits for them,
// epoll(7). The runtime's network poller runs on them, so a goroutine that
// reads an event file parks without holding a thread. Interrupt handlers
// signal events; see Event.

const (
	fdFirst   = 3 // 0 to 2 are the console
	fdPoller  = fdFirst
	maxEvents = 64 // bits of a word
	fdEvents  = fdPoller + 1
)

// waitPoll is what a thread in epoll_wait waits on; no futex has the address.
const waitPoll = 1

// epoll(7)'s event bits and operations.
const (
	epollIn  = 1
	epollET  = 1 << 31
	epollAdd = 1
	epollDel = 2
	epollMod = 3
)

// event is one counter. It is ready for a level-triggered poll while its count
// is not 0, for an edge-triggered one once after each write.
type event struct {
	index  uint32
	polled bool
	edge   bool
	fresh  bool // written since an edge-triggered poll saw it
	count  uint64
	data   [2]uint32 // epoll_data
}

var poller struct {
	events  [maxEvents]event
	open    uint64 // bit i: event i is open
	ready   uint64 // bit i: event i is polled and ready
	waiters queue
}

// shortPoll is how long, in ns, a poll of 1 ms really waits.
const shortPoll = 100_000

// epollEvent is struct epoll_event, 12 bytes packed.
type epollEvent struct {
	events uint32
	data   [2]uint32
}

func eventOf(fd uint64) *event {
	if fd < fdEvents || fd >= fdEvents+maxEvents || poller.open>>(fd-fdEvents)&1 == 0 {
		return nil
	}
	return &poller.events[fd-fdEvents]
}

// newEvent opens an event and returns its file descriptor or an error.
func newEvent(count uint64) uint64 {
	i := bits.TrailingZeros64(^poller.open)
	if i == maxEvents {
		return fail(emfile)
	}
	poller.open |= 1 << i
	poller.events[i] = event{index: uint32(i), count: count, fresh: count != 0}
	return uint64(fdEvents + i)
}

// close closes the event.
func (e *event) close() {
	e.polled = false
	e.note()
	poller.open &^= 1 << e.index
}

// note notes whether the event is ready, after every change of it.
func (e *event) note() {
	bit := uint64(1) << e.index
	if e.polled && e.ready() {
		poller.ready |= bit
	} else {
		poller.ready &^= bit
	}
}

func eventRead(fd uint64, to uintptr, n uint64) uint64 {
	e := eventOf(fd)
	switch {
	case fd == 0:
		return 0 // the console's input is not read here: end of file
	case e == nil:
		return fail(ebadf)
	case n < 8:
		return fail(einval)
	case e.count == 0:
		return fail(eagain)
	}
	touch(to, 8, true)
	*(*uint64)(pointer(to)) = e.count
	e.count = 0
	e.note()
	return 8
}

func eventWrite(p *processor, fd uint64, from uintptr, n uint64) uint64 {
	e := eventOf(fd)
	switch {
	case e == nil:
		return fail(ebadf)
	case n < 8:
		return fail(einval)
	}
	touch(from, 8, false)
	if t := e.signal(*(*uint64)(pointer(from))); t != nil {
		makeReady(p, t)
	}
	return 8
}

// signal adds to the count. It returns the thread whose poll that ends, for
// the caller to make ready, or nil.
func (e *event) signal(n uint64) *thread {
	e.count += n
	e.fresh = true
	return e.waiter()
}

// waiter notes that the event has changed and takes the thread whose poll that
// ends, if any.
func (e *event) waiter() *thread {
	e.note()
	if poller.ready>>e.index&1 == 0 {
		return nil
	}
	t := poller.waiters.pop()
	if t != nil {
		t.rax = collect(uintptr(t.rsi), t.rdx)
	}
	return t
}

func (e *event) ready() bool {
	if e.edge {
		return e.fresh
	}
	return e.count != 0
}

// collect stores the ready events at to, n at most, and returns how many.
func collect(to uintptr, n uint64) uint64 {
	const size = 12
	found := uint64(0)
	for left := poller.ready; left != 0 && found < n; left &= left - 1 {
		e := &poller.events[bits.TrailingZeros64(left)]
		e.fresh = false
		e.note()
		at := to + uintptr(found*size)
		touch(at, size, true)
		*(*epollEvent)(pointer(at)) = epollEvent{epollIn, e.data}
		found++
	}
	return found
}

// epollWait is epoll_pwait(2); a timeout in ms below 0 is none.
func epollWait(p *processor, t *thread, to uintptr, n uint64, timeout int32) uint64 {
	if found := collect(to, n); found != 0 || timeout == 0 {
		return found
	}
	deadline := uint64(0)
	switch {
	case timeout == 1:
		// The runtime asks for 1 ms when its next timer is nearer than
		// that. It looks at its timers whenever a poll ends, so a shorter
		// one makes them more accurate.
		deadline = deadlineIn(shortPoll)
	case timeout > 0:
		deadline = deadlineIn(uint64(timeout) * 1e6)
	}
	poller.waiters.push(t)
	wait(p, t, waitPoll, deadline, 0)
	return 0
}

// fileCall answers the calls on file descriptors; false for any other number.
func fileCall(p *processor, t *thread, number, a, b, c, d uint64) bool {
	switch number {
	case sysEpollCreate1:
		t.rax = fdPoller
	case sysEventfd2:
		t.rax = newEvent(a)
	case sysEpollCtl:
		t.rax = epollControl(p, b, c, uintptr(d))
	case sysClose:
		t.rax = fail(ebadf)
		if e := eventOf(a); e != nil {
			e.close()
			t.rax = 0
		}
	case sysFcntl:
		t.rax = fcntl(a, b)
	case sysOpenat, sysReadlinkat:
		t.rax = fail(enoent) // there is no file system
	default:
		return false
	}
	return true
}

func epollControl(p *processor, op, fd uint64, from uintptr) uint64 {
	e := eventOf(fd)
	if e == nil {
		return fail(eperm)
	}
	switch op {
	case epollDel:
		e.polled = false
		e.note()
		return 0
	case epollAdd, epollMod:
		touch(from, 12, false)
		ev := (*epollEvent)(pointer(from))
		e.polled, e.edge, e.data = true, ev.events&epollET != 0, ev.data
		if t := e.waiter(); t != nil {
			makeReady(p, t)
		}
		return 0
	}
	return fail(einval)
}

// fcntl(2) commands and the flags the runtime asks for.
const (
	fcntlGetFD   = 1
	fcntlGetFlag = 3

	openReadWrite = 2
	openNonblock  = 0x800
)

func fcntl(fd, command uint64) uint64 {
	e := eventOf(fd)
	if fd > fdPoller && e == nil {
		return fail(ebadf)
	}
	if command == fcntlGetFlag {
		if e != nil {
			return openReadWrite | openNonblock
		}
		return openReadWrite
	}
	return 0
}

// EventID names an open event. The zero value is none.
type EventID uint32

// Signal wakes the goroutine that waits for an event. It is for interrupt
// handlers: the caller runs with interrupts off and without the layer's lock.
func Signal(id EventID) {
	p := this()
	p.lock()
	if e := eventOf(uint64(id)); e != nil {
		if t := e.signal(1); t != nil {
			makeUrgent(p, t)
		}
	}
	layer.lock.release()
}
