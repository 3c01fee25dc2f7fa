// Package char is what a guest's serial lines are connected to: back ends for
// characters. The guest's end of a line is a 16550 (package serial) or a port
// of a virtio console; package pc joins the two ends.
//
// A back end is a type with a Line in it, which does all but Transmit: see
// docs/serial-backend.md. Each is a file of its own here; the console that
// Ringo's monitor shows is package console.
package char

import "sync"

// Backend is what is at the other end of a guest's serial line, for as long as
// the machine is on.
type Backend interface {
	// Transmit takes a byte from the guest. The device lock is held: it never
	// waits.
	Transmit(b byte)
	// Connect has what waits for the guest go to receive, which tells how
	// much it took and is called with the device lock held. The caller of
	// Connect does not hold it.
	Connect(receive func(p []byte) int)
	// Ready says that a receive that took less than it was given would take
	// more now. It may call receive. The device lock is held.
	Ready()
	// Close says that the machine is off: no other method is called any more.
	// The device lock is not held.
	Close()
}

// Port is the guest's end of a line, as a back end sees it.
type Port struct {
	Machine string // its name
	Name    string // of the port: COM1, or ringo.0 for a virtio console's first
	// Lock is the machine's device lock.
	Lock sync.Locker
	// Now is the machine's time in ns, which stands still while the machine
	// does. The device lock is held.
	Now func() uint64
	// Log writes a line about the machine to Ringo's log. A machine has only
	// so many.
	Log func(format string, args ...any)
	// Broken, if not nil, is told of a bug in the device that receives, which
	// then costs no more than what Broken ends.
	Broken func(bug any)
}

// Open makes the back end for a line of a machine that is about to start.
type Open func(p Port) (Backend, error)
