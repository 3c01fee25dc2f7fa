package console

import "sync"

// MaxTyped is how many typed bytes wait for a guest that does not take them.
// Those beyond are dropped.
const MaxTyped = 64 << 10

// Line is one machine's serial line to a console: a serial.Backend. Transmit
// and Ready are called with the machine's device lock held, the others without.
type Line struct {
	console *Console
	lock    sync.Locker
	receive func(p []byte) int

	// Broken, if not nil, is told of a bug in receive, which then costs no
	// more than what Broken ends.
	Broken func(bug any)
}

// NewLine makes a line for a machine with a device lock. What the machine
// transmits goes to the console at once; Connect gives it the input.
func (c *Console) NewLine(lock sync.Locker) *Line { return &Line{console: c, lock: lock} }

// Connect sends what is typed to receive from now on, and no longer to the line
// that had it before. What still waits goes with it. receive is called with the
// device lock held and tells how much it took; if that was not all, the machine
// calls Ready when it would take more, and not before receive has returned.
func (l *Line) Connect(receive func(p []byte) int) {
	c := l.console
	c.mu.Lock()
	l.receive = receive
	c.line = l
	c.mu.Unlock()
	l.deliver()
}

// Transmit takes a byte from the guest.
func (l *Line) Transmit(b byte) { l.console.WriteByte(b) }

// Ready gives the guest what waits, as much as it takes. What is typed while it
// does so is its typist's to deliver.
func (l *Line) Ready() {
	c := l.console
	c.mu.Lock()
	p := c.typed // stays as it is while others append to it
	mine := c.line == l
	c.mu.Unlock()
	if !mine || len(p) == 0 {
		return
	}
	n := l.receive(p)
	c.mu.Lock()
	if c.line == l {
		c.typed = c.typed[n:]
	}
	c.mu.Unlock()
}

// deliver is Ready for who does not hold the device lock.
func (l *Line) deliver() {
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.Broken != nil {
		defer func() {
			if bug := recover(); bug != nil {
				l.Broken(bug)
			}
		}()
	}
	l.Ready()
}

// Type sends p to the guest as if it were typed. It keeps what the guest does
// not take now, up to MaxTyped bytes, and tells how many did not fit.
func (c *Console) Type(p []byte) (dropped int) {
	c.mu.Lock()
	n := min(len(p), MaxTyped-len(c.typed))
	c.typed = append(c.typed, p[:n]...)
	dropped = len(p) - n
	c.dropped += uint64(dropped)
	l := c.line
	c.mu.Unlock()
	if l != nil {
		l.deliver()
	}
	return dropped
}

// Dropped is how many typed bytes have been dropped so far.
func (c *Console) Dropped() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dropped
}
