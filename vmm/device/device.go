// Package device is the small set of interfaces between a virtual device and
// the virtual machine around it. A device is one Go type: it is registered on
// a bus by the ports or addresses it answers to, pulls interrupt lines, sets
// timers, and names its state once, so that it can be saved and loaded.
//
// All of a device's methods, its timers included, are called with the virtual
// machine's device lock held, so a device needs no lock of its own. What comes
// from outside, a key that was typed say, enters by way of that lock too.
//
// A device must survive any guest: any offset within what it registered, any
// size of 1, 2, 4 or 8 bytes, any value, at any time. It never waits, never
// allocates on an access, and costs at worst its own virtual machine.
package device

import "github.com/ringo-vmm/ringo/vmm/state"

// Ports is a device in the I/O port space. It sees offsets from the port it
// was registered at, and never its own address.
type Ports interface {
	// In reads size bytes (1, 2 or 4) at off. Bits above size are ignored.
	In(off uint16, size int) uint32
	// Out writes size bytes (1, 2 or 4) at off. Bits of v above size are 0.
	Out(off uint16, size int, v uint32)
}

// StringPorts is a device.Ports with a port that data streams through, such as
// a disk's: it moves many items in one go, which is much cheaper for a guest's
// REP INS and REP OUTS.
type StringPorts interface {
	// InString reads items of size bytes (1, 2 or 4) at off into p, as In
	// would one after the other, and tells how many. It can stop before
	// any item, the first one too, and leave it to In.
	InString(off uint16, size int, p []byte) (items int)
	// OutString writes the items in p, as Out would.
	OutString(off uint16, size int, p []byte) (items int)
}

// MMIO is a device in the guest-physical address space. It sees offsets in
// bytes from the address it was registered at.
type MMIO interface {
	// Read reads size bytes (1, 2, 4 or 8) at off.
	Read(off uint64, size int) uint64
	// Write writes size bytes (1, 2, 4 or 8) at off.
	Write(off uint64, size int, v uint64)
}

// IRQ is one interrupt line, from a device to the interrupt controllers. A
// line has a level; whether its edge or its level interrupts is the
// controllers' business.
type IRQ interface {
	Set(level bool)
}

// Clock is the virtual machine's time in ns. It stands still while the
// machine is paused.
type Clock interface {
	Now() uint64
	// NewTimer makes a timer that calls fire with the device lock held.
	NewTimer(fire func()) Timer
}

// Timer is a deadline that a device sets.
type Timer interface {
	// Set makes the timer fire once at a time in ns, soon if that has
	// passed, in place of what it was set to.
	Set(at uint64)
	Stop()
	// Deadline is the time it is set to; ok is false when it is stopped.
	Deadline() (at uint64, ok bool)
}

// Stateful is a device whose state can be saved and loaded.
type Stateful interface {
	// State names every field that the guest can see or that decides what
	// it will see, in a fixed order: see package state. After a load it
	// brings lines and timers in step with the fields.
	State(c *state.Codec)
}

// Resetter is a device with a reset line.
type Resetter interface {
	// Reset puts the device in the state that power-on or a system reset
	// leaves it in.
	Reset()
}
