// Package serial is a virtual 16550A UART, as a PC has up to four of. It
// follows the National Semiconductor PC16550D data sheet (June 1995), whose
// sections the comments cite.
//
// Transmission takes no time: what the guest writes is the back end's at once,
// and the transmitter is always empty. Received bytes wait in a queue and move
// to the receiver's FIFO as the guest reads, so none is lost.
package serial

import "github.com/ringo-vmm/ringo/vmm/device"

// Ports of a UART, and where a PC has them. The third and fourth share the ISA
// interrupt requests of the first and second.
const (
	Ports    = 8
	COM1     = 0x3f8
	COM1Line = 4
	COM2     = 0x2f8
	COM2Line = 3
	COM3     = 0x3e8
	COM4     = 0x2e8
)

// Backend is what is at the other end of the line. Its methods are called with
// the virtual machine's device lock held.
type Backend interface {
	// Transmit takes a byte from the guest. It never blocks.
	Transmit(b byte)
	// Ready says that a Receive that took less than it was given would take
	// more now. It may call Receive.
	Ready()
}

// UART is a serial port. It is a device.Ports for 8 ports.
type UART struct {
	clock device.Clock
	irq   device.IRQ
	back  Backend

	ier, lcr, mcr, scr uint8
	lsr, msr           uint8
	fcr                uint8 // the FIFO enable and the trigger level
	divisor            uint16

	emptied bool // a THRE interrupt is pending, be it enabled or not
	stale   bool // a character time-out is pending
	level   bool // of the interrupt line

	fifo  ring         // the receiver's: characters the guest can see
	queue ring         // characters that wait to be received
	short bool         // the back end has more than the queue took
	idle  device.Timer // for the character time-out
}

// queueSize is for how many characters beyond the FIFO Receive takes.
const queueSize = 256

// New makes a UART.
func New(clock device.Clock, irq device.IRQ, back Backend) *UART {
	u := &UART{clock: clock, irq: irq, back: back, fifo: newRing(fifoSize), queue: newRing(queueSize)}
	u.idle = clock.NewTimer(u.timeout)
	u.divisor = 1
	u.Reset()
	return u
}

// Reset pulls the master reset (section 8.0, UART Reset Configuration). Bytes
// that wait to be received stay.
func (u *UART) Reset() {
	u.ier, u.lcr, u.mcr, u.fcr = 0, 0, 0, 0
	u.fifo.clear()
	u.lsr, u.msr = lsrTHRE|lsrTEMT, msrConnected
	u.emptied, u.stale = false, false
	u.settle()
}

// In reads a register; wide accesses are one for each byte.
func (u *UART) In(off uint16, size int) uint32 {
	if off == regLSR && u.lsr&lsrErrors == 0 && size == 1 {
		return uint32(u.lsr) // what a boot reads most
	}
	var v uint32
	for i := range size {
		b := uint8(0xff)
		if at := off + uint16(i); at < Ports {
			b = u.read(at)
		}
		v |= uint32(b) << (8 * i)
	}
	return v
}

// Out writes a register; wide accesses are one for each byte.
func (u *UART) Out(off uint16, size int, v uint32) {
	if off == regData && u.lcr&lcrDLAB == 0 && size == 1 {
		u.transmit(uint8(v)) // what a boot writes most
		return
	}
	for i := range size {
		if at := off + uint16(i); at < Ports {
			u.write(at, uint8(v>>(8*i)))
		}
	}
}

func (u *UART) read(off uint16) uint8 {
	dlab := u.lcr&lcrDLAB != 0
	switch {
	case off == regData && dlab:
		return uint8(u.divisor)
	case off == regData:
		return u.receive()
	case off == regIER && dlab:
		return uint8(u.divisor >> 8)
	case off == regIER:
		return u.ier
	case off == regIIR:
		return u.readIIR()
	case off == regLCR:
		return u.lcr
	case off == regMCR:
		return u.mcr
	case off == regLSR:
		return u.readLSR()
	case off == regMSR:
		return u.readMSR()
	}
	return u.scr
}

func (u *UART) write(off uint16, v uint8) {
	dlab := u.lcr&lcrDLAB != 0
	switch {
	case off == regData && dlab:
		u.divisor = u.divisor&0xff00 | uint16(v)
	case off == regData:
		u.transmit(v)
	case off == regIER && dlab:
		u.divisor = u.divisor&0xff | uint16(v)<<8
	case off == regIER:
		u.writeIER(v & ierAll)
	case off == regFCR:
		u.writeFCR(v)
	case off == regLCR:
		u.lcr = v
	case off == regMCR:
		u.writeMCR(v & mcrAll)
	case off == regSCR:
		u.scr = v
	}
}
