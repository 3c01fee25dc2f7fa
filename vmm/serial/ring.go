package serial

import "github.com/ringo-vmm/ringo/vmm/state"

// A character is a byte and, above it, its bits of the LSR.
const (
	charByte  = 0xff
	charBreak = lsrBreak << 8
)

// ring is a first-in first-out buffer of characters. Its size is a power of 2.
type ring struct {
	buf     []uint16
	head, n int
	bad     int // characters with errors
}

func newRing(size int) ring { return ring{buf: make([]uint16, size)} }

func (r *ring) room() int { return len(r.buf) - r.n }

func (r *ring) clear() { r.head, r.n, r.bad = 0, 0, 0 }

func (r *ring) at(i int) *uint16 { return &r.buf[(r.head+i)&(len(r.buf)-1)] }

// push adds a character; one that does not fit is lost.
func (r *ring) push(char uint16) {
	if r.n == len(r.buf) {
		return
	}
	*r.at(r.n) = char
	r.n++
	if char > charByte {
		r.bad++
	}
}

// pop takes the first character; there is one.
func (r *ring) pop() uint16 {
	char := *r.at(0)
	if char > charByte {
		r.bad--
	}
	r.head = (r.head + 1) & (len(r.buf) - 1)
	r.n--
	return char
}

func (r *ring) front() uint16 { return *r.at(0) }

// forgive clears the errors of the first character.
func (r *ring) forgive() {
	if *r.at(0) > charByte {
		*r.at(0) &= charByte
		r.bad--
	}
}

func (r *ring) state(c *state.Codec) {
	n := r.n
	c.Int(&n)
	if n < 0 || n > len(r.buf) {
		c.Fail("%d characters where %d fit", n, len(r.buf))
		n = 0
	}
	if !c.Loading() {
		for i := range n {
			c.U16(r.at(i))
		}
		return
	}
	r.clear()
	for range n {
		var char uint16
		c.U16(&char)
		r.push(char & (charBreak | charByte))
	}
}
