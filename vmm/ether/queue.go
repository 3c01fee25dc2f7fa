package ether

import "sync"

// Queue holds copies of frames, in order, for a goroutine that takes them when
// it can: it is how a NIC that has to wait for a lock never keeps a sender. Put
// may be called by any goroutine, Get and Done by one.
type Queue struct {
	mu     sync.Mutex
	buf    []byte
	slots  []slot
	first  int // index of the oldest slot
	count  int
	free   int // where in buf the next frame goes
	closed bool
	ready  chan struct{} // has an element if there may be a frame
}

type slot struct {
	at, n   int
	offload Offload
}

// NewQueue makes a queue for up to so many frames with so many bytes in all. It
// takes any frame if bytes is twice MaxFrame.
func NewQueue(frames, bytes int) *Queue {
	return &Queue{buf: make([]byte, bytes), slots: make([]slot, frames), ready: make(chan struct{}, 1)}
}

// Put copies a frame to the queue's end; ok is false if it has no room, or is
// closed.
func (q *Queue) Put(f Frame) (ok bool) {
	q.mu.Lock()
	n := f.Len()
	at, ok := q.room(n)
	if ok {
		f.copyTo(q.buf[at : at+n])
		q.slots[(q.first+q.count)%len(q.slots)] = slot{at, n, f.Offload}
		q.count++
		q.free = at + n
	}
	q.mu.Unlock()
	if ok {
		q.wake()
	}
	return ok
}

// room is where n bytes go, which lie in one piece.
func (q *Queue) room(n int) (at int, ok bool) {
	switch {
	case q.closed || n == 0 || q.count == len(q.slots):
		return 0, false
	case q.count == 0:
		return 0, n <= len(q.buf)
	}
	oldest := q.slots[q.first].at
	switch {
	case q.free <= oldest: // free bytes are between the two; equal: none
		return q.free, n <= oldest-q.free
	case n <= len(q.buf)-q.free:
		return q.free, true
	}
	return 0, n <= oldest
}

// Get is the oldest frame, which stays in the queue until Done; ok is false if
// there is none.
func (q *Queue) Get() (f Frame, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.count == 0 {
		return f, false
	}
	s := &q.slots[q.first]
	return Frame{Data: q.buf[s.at:][:s.n:s.n], Offload: s.offload}, true
}

// Done drops the frame that Get gave.
func (q *Queue) Done() {
	q.mu.Lock()
	if q.count > 0 {
		q.first = (q.first + 1) % len(q.slots)
		q.count--
	}
	q.mu.Unlock()
}

// Wait waits until there may be a frame; ok is false when the queue is closed.
func (q *Queue) Wait() (ok bool) {
	<-q.ready
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		q.wake()
	}
	return !q.closed
}

// Close ends Wait and makes Put refuse.
func (q *Queue) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.wake()
}

func (q *Queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}
