// Package console is a guest's terminal: what the guest has written, the last
// of it at least, and the way in for what somebody types.
//
// The guest writes with the device lock held and must never wait for a slow
// terminal, so its bytes go into a ring. Whoever looks at the console follows
// the ring at their own speed; where they fall too far behind, the ring says
// how much they missed.
package console

import (
	"context"
	"sync"
)

// Size is how much of a console's output is kept, in bytes.
const Size = 128 << 10

// Console is one guest's terminal.
type Console struct {
	mu    sync.Mutex
	ring  [Size]byte
	end   uint64        // bytes written so far
	more  chan struct{} // closed when end grows; nil when nobody waits
	input func(p []byte)
}

// New makes a console. input takes what is typed, from any goroutine.
func New(input func(p []byte)) *Console { return &Console{input: input} }

// WriteByte takes a byte from the guest. It is io.ByteWriter's and never fails.
func (c *Console) WriteByte(b byte) error {
	c.mu.Lock()
	c.ring[c.end%Size] = b
	c.end++
	if c.more != nil {
		close(c.more)
		c.more = nil
	}
	c.mu.Unlock()
	return nil
}

// Type sends p to the guest as if it were typed.
func (c *Console) Type(p []byte) { c.input(p) }

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
	return c.end - min(n, c.end, Size)
}

// Read copies the bytes from place at into p. It returns how many there were
// and how many before them are lost; next is the place to read from next.
func (c *Console) Read(p []byte, at uint64) (n int, lost, next uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at > c.end {
		at = c.end
	}
	if c.end-at > Size {
		lost = c.end - at - Size
		at += lost
	}
	for n < len(p) && at < c.end {
		from := c.ring[at%Size:]
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
