package i8042

import "github.com/ringo-vmm/ringo/vmm/state"

// queue is a first-in first-out buffer of bytes. The zero value is empty.
type queue struct {
	buf  [queueSize]uint8
	head uint8 // index of the first
	n    uint8
}

const queueSize = 64 // a power of 2

func (q *queue) room() int { return queueSize - int(q.n) }

// push adds a byte; one that does not fit is lost.
func (q *queue) push(v uint8) {
	if q.n < queueSize {
		q.buf[(q.head+q.n)%queueSize] = v
		q.n++
	}
}

func (q *queue) pop() (v uint8, ok bool) {
	if q.n == 0 {
		return 0, false
	}
	v = q.buf[q.head]
	q.head = (q.head + 1) % queueSize
	q.n--
	return v, true
}

func (q *queue) clear() { q.head, q.n = 0, 0 }

// state saves a queue's bytes, and no trace of where they lie.
func (q *queue) state(c *state.Codec, most uint8) {
	n := q.n
	c.U8(&n)
	if n > most {
		c.Fail("%d bytes in a queue of %d", n, most)
		n = 0
	}
	var b [queueSize]uint8
	for i := range q.n {
		b[i] = q.buf[(q.head+i)%queueSize]
	}
	c.Raw(b[:n])
	if c.Loading() {
		*q = queue{buf: b, n: n}
	}
}
