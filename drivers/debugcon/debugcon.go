// Package debugcon writes to I/O port 0xE9, the debug console of Bochs
// (port_e9_hack) and QEMU (isa-debugcon): each byte written appears on the
// emulator's side, in a file or on its terminal. Hardware has nothing there.
//
// Package kernel is the caller. Everything here is pre-runtime code. No method
// locks; the caller lets one processor at a time in.
package debugcon

import "github.com/ringo-vmm/ringo/amd64"

// Error is an error of this package.
type Error string

func (e Error) Error() string { return string(e) }

// ErrAbsent is the error of Probe, and of WriteByte without it.
const ErrAbsent Error = "debugcon: no debug console at I/O port 0xE9"

// port is the debug console's; it reads as its own number where there is one.
const port = 0xe9

// Console is the debug console. Set IO, then call Probe.
type Console struct {
	IO amd64.PortIO

	present bool
}

// Probe finds out whether there is a debug console.
func (c *Console) Probe() error {
	c.present = c.IO.In8(port) == port
	if !c.present {
		return ErrAbsent
	}
	return nil
}

// WriteByte writes b as it is. There is nothing to wait for.
func (c *Console) WriteByte(b byte) error {
	if !c.present {
		return ErrAbsent
	}
	c.IO.Out8(port, b)
	return nil
}
