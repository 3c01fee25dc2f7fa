// Package pit drives channel 2 of the 8254 programmable interval timer, the
// one that port 0x61 gates, as a free-running counter: the reference of last
// resort for calibrating the clock. Package kernel is its caller. It follows
// the Intel 8254 data sheet and, for port 0x61, the description of the NMI
// status and control register in Intel's chipset data sheets.
//
// Everything here is pre-runtime: it allocates nothing.
package pit

import "github.com/ringo-vmm/ringo/amd64"

// Hz is the rate at which every PIT counts.
const Hz = 1_193_182

const (
	portChannel2 = 0x42
	portControl  = 0x43
	portGate     = 0x61

	// Port 0x61: the low two bits are ours, 2 and 3 keep their meaning for the
	// NMI sources, and the upper four must be written as 0.
	gateChannel2 = 1 << 0
	gateSpeaker  = 1 << 1
	gateKeep     = 3 << 2

	// Control words. 8254 data sheet, "Control Word Format": channel 2, low
	// byte then high, mode 2 (rate generator), binary. Mode 2 with a count of
	// 0 repeats every 65,536 ticks exactly.
	controlMode2 = 2<<6 | 3<<4 | 2<<1
	// controlLatch freezes the count of channel 2 until it is read.
	controlLatch = 2 << 6
	// controlStatus makes the next read of channel 2 its status. 8254 data
	// sheet, "Read-Back Command".
	controlStatus = 3<<6 | 1<<5 | 1<<3

	statusNullCount = 1 << 6 // the count written is not yet counting
	statusControl   = 0x3f   // the control word that is in force
)

// loadPolls bounds the wait for channel 2 to take its count, which a working
// one does at its next tick, 838 ns.
const loadPolls = 10_000

// Error is an error that needs no allocation: its text, one line.
type Error string

// Error returns the text.
func (e Error) Error() string { return string(e) }

// The errors of this package.
const (
	ErrAbsent  Error = "pit: channel 2 does not hold its control word: no PIT"
	ErrNotLoad Error = "pit: channel 2 never loaded its count: its clock does not run"
)

// PIT is channel 2 of the PIT.
type PIT struct{ io amd64.PortIO }

// Start sets channel 2 counting for good, with the speaker off. The errors are
// ErrAbsent and ErrNotLoad.
func (p *PIT) Start(io amd64.PortIO) error {
	p.io = io
	io.Out8(portGate, io.In8(portGate)&gateKeep|gateChannel2)
	io.Out8(portControl, controlMode2)
	io.Out8(portChannel2, 0)
	io.Out8(portChannel2, 0)
	for range loadPolls {
		io.Out8(portControl, controlStatus)
		status := io.In8(portChannel2)
		if status&statusControl != controlMode2&statusControl {
			return ErrAbsent
		}
		if status&statusNullCount == 0 {
			return nil
		}
	}
	return ErrNotLoad
}

// Stop closes the gate of channel 2.
func (p *PIT) Stop() {
	p.io.Out8(portGate, p.io.In8(portGate)&gateKeep)
}

// Name returns what a log calls the counter.
func (p *PIT) Name() string { return "PIT" }

// Read returns the ticks counted, which wrap every 54.9 ms.
func (p *PIT) Read() uint64 {
	p.io.Out8(portControl, controlLatch)
	low := p.io.In8(portChannel2)
	high := p.io.In8(portChannel2)
	return uint64(-(uint16(high)<<8 | uint16(low)))
}

// Hz returns the rate in ticks a second.
func (p *PIT) Hz() uint64 { return Hz }

// Width returns the size of the counter in bits.
func (p *PIT) Width() uint { return 16 }
