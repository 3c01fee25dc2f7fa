package queue

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/state"
)

// Chain is a buffer that the driver made available: pieces of the guest's
// memory, those that the device reads before those that it writes. A device
// makes its chains once; taking a buffer reuses their room.
type Chain struct {
	token    Token
	segments []segment // as the driver has it
	readable int       // of the segments
	pieces   [][]byte  // the same in host memory
	out, in  [][]byte  // of the pieces, what the device has not yet taken
	outLen   uint64
	inLen    uint64
}

// Token is what the queue needs to know of a buffer to give it back.
type Token struct {
	id    uint16 // head of the descriptor chain, or buffer id
	slots uint16 // packed: descriptors in the ring
	epoch uint32 // of the queue
}

// segment is the memory that a descriptor points to.
type segment struct {
	gpa uint64
	n   uint32
}

// Bounds of a buffer. VIRTIO 1.2 §2.7.5.2 has the second.
const (
	maxSegments = 1024
	maxBytes    = 1<<32 - 1
)

func (c *Chain) clear() {
	c.segments, c.pieces = c.segments[:0], c.pieces[:0]
	c.out, c.in = nil, nil
	c.readable, c.outLen, c.inLen = 0, 0, 0
}

// add appends the n bytes at guest-physical address gpa. Empty ones are left
// out.
func (q *Queue) add(c *Chain, gpa uint64, n uint32, write bool) error {
	if n == 0 {
		return nil
	}
	span := q.mem.Span(gpa)
	switch {
	case len(c.segments) == maxSegments:
		return fmt.Errorf("a buffer has more than %d descriptors", maxSegments)
	case c.outLen+c.inLen+uint64(n) > maxBytes:
		return fmt.Errorf("a buffer has more than %d bytes", uint64(maxBytes))
	case !write && c.inLen != 0:
		return errOrder
	case uint64(len(span)) < uint64(n) && !q.mem.Contains(gpa, uint64(n)):
		return fmt.Errorf("a descriptor has %d bytes at %#x, which is not all memory", n, gpa)
	}
	c.segments = append(c.segments, segment{gpa, n})
	if write {
		c.inLen += uint64(n)
	} else {
		c.outLen += uint64(n)
	}
	for len(span) < int(n) {
		c.pieces = append(c.pieces, span)
		gpa, n = gpa+uint64(len(span)), n-uint32(len(span))
		span = q.mem.Span(gpa)
	}
	c.pieces = append(c.pieces, span[:n])
	if !write {
		c.readable, c.out = len(c.segments), c.pieces
	}
	return nil
}

// end is called when all segments have been added.
func (c *Chain) end() {
	n := len(c.out)
	c.out, c.in = c.pieces[:n], c.pieces[n:]
}

// Token names the buffer to Queue.Use.
func (c *Chain) Token() Token { return c.token }

// Out is the memory that the device reads, and In what it writes, without what
// it has taken.
func (c *Chain) Out() [][]byte { return c.out }
func (c *Chain) In() [][]byte  { return c.in }

// OutLen and InLen are their sizes in bytes.
func (c *Chain) OutLen() uint64 { return c.outLen }
func (c *Chain) InLen() uint64  { return c.inLen }

// Read takes len(p) bytes from the begin of what the device reads, or as many
// as there are, and tells how many.
func (c *Chain) Read(p []byte) (n int) {
	for n < len(p) && len(c.out) > 0 {
		k := move(p[n:], c.out[0])
		n += k
		c.out = drop(c.out, k)
	}
	c.outLen -= uint64(n)
	return n
}

// Write puts p at the begin of what the device writes, or as much as there is
// room for, and tells how much.
func (c *Chain) Write(p []byte) (n int) {
	for n < len(p) && len(c.in) > 0 {
		k := move(c.in[0], p[n:])
		n += k
		c.in = drop(c.in, k)
	}
	c.inLen -= uint64(n)
	return n
}

// moveStep is how many bytes move copies at a time, the most for which Go always
// takes SSE's moves of 16 bytes (runtime/memmove_amd64.s). Longer ones, unless they
// are aligned, it leaves to REP MOVSB, which some processors and all instruction
// counts go through byte by byte.
const moveStep = 2048

// move copies as many bytes as both have, and tells how many.
func move(to, from []byte) (n int) {
	n = min(len(to), len(from))
	for len(to) > moveStep && len(from) > moveStep {
		copy(to[:moveStep], from)
		to, from = to[moveStep:], from[moveStep:]
	}
	copy(to, from)
	return n
}

// drop takes n bytes away from the first piece.
func drop(pieces [][]byte, n int) [][]byte {
	if n == len(pieces[0]) {
		return pieces[1:]
	}
	pieces[0] = pieces[0][n:]
	return pieces
}

// TakeLast takes the last byte of what the device writes; nil is none.
func (c *Chain) TakeLast() *byte {
	if len(c.in) == 0 {
		return nil
	}
	piece := &c.in[len(c.in)-1]
	last := len(*piece) - 1
	b := &(*piece)[last]
	*piece = (*piece)[:last]
	if last == 0 {
		c.in = c.in[:len(c.in)-1]
	}
	c.inLen--
	return b
}

// ChainState saves or loads a buffer that the device has taken: as it was then,
// with nothing read or written.
func (q *Queue) ChainState(s *state.Codec, c *Chain) {
	n, readable := uint16(len(c.segments)), uint16(c.readable)
	s.U16(&c.token.id)
	s.U16(&c.token.slots)
	s.U16(&n)
	s.U16(&readable)
	if !s.Loading() {
		for i := range c.segments {
			s.U64(&c.segments[i].gpa)
			s.U32(&c.segments[i].n)
		}
		return
	}
	c.clear()
	c.token.epoch = q.epoch
	for i := range n {
		var x segment
		s.U64(&x.gpa)
		s.U32(&x.n)
		if s.Err() != nil {
			return
		}
		if err := q.add(c, x.gpa, x.n, i >= readable); err != nil {
			s.Fail("%v", err)
			return
		}
	}
	c.end()
	if len(c.segments) != int(n) || c.token.slots > q.Size || q.packed && c.token.slots == 0 {
		s.Fail("a buffer of %d segments in %d descriptors", n, c.token.slots)
	}
}
