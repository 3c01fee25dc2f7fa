package console

import (
	"sync"

	"github.com/ringo-vmm/ringo/vmm/char"
)

// MaxTyped is how many typed bytes wait for a guest that does not take them.
// Those beyond are dropped.
const MaxTyped = char.MaxWaiting

// Line is one machine's serial line to a console: a char.Backend. What the
// machine transmits goes to the console at once.
type Line struct {
	*char.Line
	console *Console
}

// NewLine makes a line for a machine with a device lock. Connect gives it the
// input.
func (c *Console) NewLine(lock sync.Locker) *Line { return c.line(char.Port{Lock: lock}) }

// Open is a char.Open: the console is at the other end of the line.
func (c *Console) Open(p char.Port) (char.Backend, error) { return c.line(p), nil }

func (c *Console) line(p char.Port) *Line { return &Line{Line: c.input.NewLine(p), console: c} }

// Transmit takes a byte from the guest.
func (l *Line) Transmit(b byte) { l.console.WriteByte(b) }

// Type sends p to the guest as if it were typed. It keeps what the guest does
// not take now, up to MaxTyped bytes, and tells how many did not fit.
func (c *Console) Type(p []byte) (dropped int) { return c.input.Send(p) }

// Dropped is how many typed bytes have been dropped so far.
func (c *Console) Dropped() uint64 { return c.input.Dropped() }
