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

// pushFront puts t before all others.
func (q *queue) pushFront(t *thread) {
	t.next, t.prev = q.head, 0
	if q.head == 0 {
		q.tail = t.ref()
	} else {
		q.head.get().prev = t.ref()
	}
	q.head = t.ref()
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
