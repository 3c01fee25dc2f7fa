// Package nic is what the drivers of the host's network adapters have in
// common: what package kernel sees of them, and the goroutine that serves one.
//
// A driver's interrupt handler only records; Service waits for it, has the
// driver pass on what came, and looks after the adapter once a second. An
// adapter that stops or lies is given up with a reason, and nothing else is.
package nic

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// BufferSize is how large a buffer a driver gives its device for a frame: a
// power of two that has room for a frame and what goes before it.
const BufferSize = 2048

// Adapter is a driver at work.
type Adapter interface {
	// NIC's Receive puts a frame on the wire.
	ether.NIC
	// Interrupt is what the handler of the adapter's interrupt does. It
	// tells whether the interrupt was the adapter's. It is pre-runtime code.
	Interrupt() bool
	// Serve sends the frames that have come, a batch at the most, to a port.
	// It tells whether there are more; if not, the next one interrupts, which
	// none does before the first Serve. One goroutine calls it.
	Serve(port ether.Port) (more bool)
	// Tick is called about once a second, by any goroutine.
	Tick()
	// Status is the adapter's state.
	Status() Status
}

// ValidAddress tells whether an adapter may have that address: one that is not 0
// and not a group's.
func ValidAddress(m ether.MAC) bool { return m != ether.MAC{} && !m.Multicast() }

// Status is an adapter's state.
type Status struct {
	Model   string
	Address ether.MAC
	Link    bool
	Mbps    int   // 0 if the adapter does not say
	Err     error // why the adapter was given up, nil while it works
	Counters
}

// Counters count frames and bytes of frames since the start.
type Counters struct {
	Received, ReceivedBytes uint64
	Sent, SentBytes         uint64
	Lost                    uint64 // received, and broken or without a buffer
	Refused                 uint64 // not sent: no room, no link or no frame
	Interrupts              uint64
}

// String is the state in one line.
func (s Status) String() string {
	link := "no link"
	switch {
	case s.Err != nil:
		link = "given up: " + s.Err.Error()
	case s.Link && s.Mbps != 0:
		link = fmt.Sprintf("%d Mbit/s", s.Mbps)
	case s.Link:
		link = "link"
	}
	return fmt.Sprintf("%s %v, %s, received %d frames (%d bytes, %d lost), sent %d (%d bytes, %d refused), %d interrupts",
		s.Model, s.Address, link, s.Received, s.ReceivedBytes, s.Lost, s.Sent, s.SentBytes, s.Refused, s.Interrupts)
}

// Sendable tells whether a frame can go out on a wire as it is.
func Sendable(f *ether.Frame) bool {
	return len(f.Data) >= ether.HeaderSize && len(f.Data) <= ether.MaxWire && !f.Checksum && f.Segment == ether.SegmentNone
}
