package thread

// queue is a list of threads in order of arrival, linked through their next
// and prev fields. A thread is in one queue at most. The zero queue is empty.
type queue struct {
	head, tail ref
	length     int
}

func (q *queue) empty() bool { return q.head == 0 }

func (q *queue) push(t *thread) {
	t.next, t.prev = 0, q.tail
	if q.tail == 0 {
		q.head = t.ref()
	} else {
		q.tail.get().next = t.ref()
	}
	q.tail = t.ref()
	q.length++
}

// pop takes the oldest thread, nil if there is none.
func (q *queue) pop() *thread {
	if q.head == 0 {
		return nil
	}
	t := q.head.get()
	q.remove(t)
	return t
}

// remove takes out t, which must be in q.
func (q *queue) remove(t *thread) {
	if t.prev == 0 {
		q.head = t.next
	} else {
		t.prev.get().next = t.next
	}
	if t.next == 0 {
		q.tail = t.prev
	} else {
		t.next.get().prev = t.prev
	}
	t.next, t.prev = 0, 0
	q.length--
}

// readyQueue is threads that are ready. Those that were woken for something
// urgent go before the others, but not before one that has been ready a slice
// longer: whatever wakes up, nobody waits for ever.
type readyQueue struct{ urgent, other queue }

func (q *readyQueue) empty() bool { return q.urgent.head == 0 && q.other.head == 0 }

func (q *readyQueue) length() int { return q.urgent.length + q.other.length }

func (q *readyQueue) push(t *thread, urgent bool) {
	if urgent {
		t.turn = t.since
		q.urgent.push(t)
	} else {
		t.turn = t.since + slice
		q.other.push(t)
	}
}

// next is the one of two queues whose first thread's turn comes first; a, if it
// is the same.
func next(a, b *queue) *queue {
	if a.head == 0 || b.head != 0 && b.head.get().turn < a.head.get().turn {
		return b
	}
	return a
}

// next is the queue whose first thread has the next turn.
func (q *readyQueue) next() *queue { return next(&q.urgent, &q.other) }
