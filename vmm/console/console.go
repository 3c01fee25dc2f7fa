// Package console is a guest's terminal: what the guest has written, the last
// of it at least, and the way in for what somebody types.
//
// The guest writes with the device lock held and must never wait for a slow
// terminal, so its bytes go into a ring. Whoever looks at the console follows
// the ring at their own speed; where they fall too far behind, the ring says
// how much they missed.
//
// A console outlives the machine that writes to it: one that is reset gets a
// new Line to the same console.
package console

import (
	"bytes"
	"context"
	"sync"

	"github.com/ringo-vmm/ringo/vmm/char"
)

// Console is one guest's terminal. Its methods may be used by any goroutine;
// those that send input want the device lock free.
type Console struct {
	mu   sync.Mutex
	ring []byte
	next int           // where in the ring the next byte goes
	end  uint64        // bytes written so far
	more chan struct{} // closed when end grows; nil when nobody waits

	input char.Input // what is typed
}

// New makes a console that keeps the last size bytes of what a guest writes. A
// size below 1 is 1.
func New(size int) *Console { return &Console{ring: make([]byte, max(size, 1))} }

// WriteByte takes a byte from the guest. It is io.ByteWriter's and never fails.
func (c *Console) WriteByte(b byte) error {
	c.mu.Lock()
	c.ring[c.next] = b
	c.next++
	if c.next == len(c.ring) {
		c.next = 0
	}
	c.end++
	if c.more != nil {
		close(c.more)
		c.more = nil
	}
	c.mu.Unlock()
	return nil
}

// End is the place behind the last byte written.
func (c *Console) End() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

// Back is the place n bytes before the end, or the first that is kept.
func (c *Console) Back(n uint64) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(c.first(), c.end-min(n, c.end))
}

// Tail is the place where the last lines begin, or the first that is kept. The
// last line may lack its end.
func (c *Console) Tail(lines int) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if lines <= 0 || c.end == 0 {
		return c.end
	}
	at := c.end - 1 // what the last byte is, it belongs to the last line
	for {
		newline, ok := c.newline(at)
		if !ok {
			return c.first()
		}
		if lines--; lines == 0 {
			return newline + 1
		}
		at = newline
	}
}

// first is the place of the first byte that is kept.
func (c *Console) first() uint64 { return c.end - min(c.end, uint64(len(c.ring))) }

// newline is the place of the last newline that is kept before place at.
func (c *Console) newline(at uint64) (uint64, bool) {
	for first := c.first(); at > first; {
		behind := int((at-1)%uint64(len(c.ring))) + 1
		piece := c.ring[:behind]
		if n := at - first; n < uint64(behind) {
			piece = piece[uint64(behind)-n:]
		}
		if i := bytes.LastIndexByte(piece, '\n'); i >= 0 {
			return at - uint64(len(piece)-i), true
		}
		at -= uint64(len(piece))
	}
	return 0, false
}

// Read copies the bytes from place at into p. It returns how many there were
// and how many before them are lost; next is the place to read from next.
func (c *Console) Read(p []byte, at uint64) (n int, lost, next uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at = min(at, c.end)
	if first := c.first(); at < first {
		at, lost = first, first-at
	}
	for n < len(p) && at < c.end {
		from := c.ring[at%uint64(len(c.ring)):]
		from = from[:min(uint64(len(from)), c.end-at)]
		k := copy(p[n:], from)
		n, at = n+k, at+uint64(k)
	}
	return n, lost, at
}

// Wait waits until there is something behind place at, or ctx ends.
func (c *Console) Wait(ctx context.Context, at uint64) error {
	for {
		c.mu.Lock()
		if c.end > at {
			c.mu.Unlock()
			return nil
		}
		if c.more == nil {
			c.more = make(chan struct{})
		}
		more := c.more
		c.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
