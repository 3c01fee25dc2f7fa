//go:build !solution

package backend

import "github.com/ringo-vmm/ringo/vmm/char"

// journal is the back end. The Line in it has the machine's clock (Now), its
// device lock (Lock) and the way to the guest (Post), and does what a back end
// does but for Transmit.
type journal struct {
	*char.Line
	// GAP: what does it have to remember?
}

// newJournal makes the journal of a machine that is about to start.
func newJournal(p char.Port) *journal { return &journal{Line: char.NewLine(p)} }

// Transmit takes a byte from the guest. A newline ends a line, and carriage
// returns are nothing. A line of maxLine bytes ends there, and what follows is
// the next. The line question is not kept, but answered: the time as stamp has
// it, and a newline. The device lock is held.
func (j *journal) Transmit(b byte) {
	// GAP
}

// entries are the last maxLines lines that have ended, the first first. The
// device lock is not held, and the guest may write meanwhile.
func (j *journal) entries() []entry {
	return nil // GAP
}
