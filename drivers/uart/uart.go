package uart

import "github.com/ringo-vmm/ringo/amd64"

// Error is an error of this package.
type Error string

func (e Error) Error() string { return string(e) }

// The errors of this package. Whoever prints one adds the port's I/O base.
const (
	ErrFloating  Error = "uart: no device: the ports read all ones"
	ErrRegisters Error = "uart: no UART: the line control or interrupt enable register does not hold its bits"
	ErrLoopback  Error = "uart: no UART: the modem lines do not loop back"
	ErrNoProbe   Error = "uart: port was not probed, or nothing was found there"
	ErrBaud      Error = "uart: baud rate is not 115200 divided by a whole number from 1 to 12"
	ErrTimeout   Error = "uart: transmitter did not become empty; byte dropped"
	ErrDead      Error = "uart: transmitter is stuck; byte dropped without waiting"
)

// Candidate is a place where PC firmware puts a serial port.
type Candidate struct {
	Base uint16 // first I/O port
	IRQ  uint8  // ISA interrupt
}

// Candidates are COM1 to COM4.
var Candidates = [...]Candidate{{0x3f8, 4}, {0x2f8, 3}, {0x3e8, 4}, {0x2e8, 3}}

const (
	// clock is the PC's UART crystal, 1.8432 MHz, over 16: the highest baud
	// rate. PC16550D §8.3.
	clock = 115200
	// maxDivisor keeps the time for a full FIFO, 17 ms at 9600 baud, well
	// within maxPolls.
	maxDivisor = 12
	// maxPolls bounds a wait for the transmitter. A port read takes about a
	// microsecond on hardware, so this is about 0.1 s.
	maxPolls = 100_000
	// deadAfter is the number of consecutive time-outs after which a port is
	// dead.
	deadAfter = 2
)

// Stats counts what went wrong at a port since it was initialised.
type Stats struct {
	Dropped  uint64 // bytes not transmitted
	Overruns uint64 // times the receiver lost bytes
	Parity   uint64 // bytes received with wrong parity, discarded
	Framing  uint64 // bytes received with a wrong stop bit, discarded
	Breaks   uint64 // break conditions
	Dead     bool   // the transmitter is stuck
	Deaf     bool   // the receive interrupt never ended and is switched off
}

// Port is one serial port. Set IO and Base, then call Probe and Init.
type Port struct {
	IO   amd64.PortIO
	Base uint16 // first of eight I/O ports

	kind     Kind
	room     int // bytes the transmit FIFO still takes without asking
	timeouts int // consecutive
	busy     int // consecutive Interrupt calls that did not see the end
	stats    Stats
}

func (p *Port) in(reg uint16) uint8     { return p.IO.In8(p.Base + reg) }
func (p *Port) out(reg uint16, v uint8) { p.IO.Out8(p.Base+reg, v) }

// Kind is the chip that Probe found.
func (p *Port) Kind() Kind { return p.kind }

// Stats is a copy of the port's counters.
func (p *Port) Stats() Stats {
	s := p.stats
	s.Dead = p.timeouts >= deadAfter
	return s
}

// Init sets 8 data bits, no parity, 1 stop bit at the given baud rate (115200
// divided by 1 to 12), switches the FIFOs on if there are any, and opens the
// gate to the IRQ line with every interrupt source disabled. What was being
// sent before may finish first. Probe must have found the port.
func (p *Port) Init(baud uint32) error {
	if p.kind == None {
		return ErrNoProbe
	}
	if baud == 0 || clock%baud != 0 || clock/baud > maxDivisor {
		return ErrBaud
	}
	p.out(regIER, 0)
	p.wait(lsrTEMT, maxPolls)

	p.out(regLCR, lcr8N1|lcrDLAB)
	p.out(regDLL, uint8(clock/baud))
	p.out(regDLM, 0)
	p.out(regLCR, lcr8N1)
	if p.kind == I16550A {
		p.out(regFCR, fcrEnable|fcrClearReceive|fcrClearTransmit|fcrTrigger8)
	}
	p.out(regMCR, mcrDTR|mcrRTS|mcrOUT2)

	// Reading each status register drops what an earlier owner left pending.
	p.in(regLSR)
	p.in(regData)
	p.in(regIIR)
	p.in(regMSR)
	p.room, p.timeouts, p.busy, p.stats = 0, 0, 0, Stats{}
	return nil
}

// status reads the line status register and counts its errors, which the read
// clears. A port that has gone away reads as neither ready nor empty.
func (p *Port) status() uint8 {
	s := p.in(regLSR)
	if s == floating {
		return 0
	}
	if s&lsrOverrun != 0 {
		p.stats.Overruns++
	}
	if s&lsrBreak != 0 {
		p.stats.Breaks++
	} else {
		if s&lsrParity != 0 {
			p.stats.Parity++
		}
		if s&lsrFraming != 0 {
			p.stats.Framing++
		}
	}
	return s
}

// wait polls the line status at most n times for bit.
func (p *Port) wait(bit uint8, n int) bool {
	for range n {
		if p.status()&bit != 0 {
			return true
		}
	}
	return false
}

// WriteByte sends c as it is; Text is for text. It waits about 0.1 s at most
// for the transmitter, then drops c with ErrTimeout. After two such time-outs
// in a row the port is dead: each byte then costs one port read and is dropped
// with ErrDead, until that read finds the transmitter empty again. So a hung
// UART never slows the machine, and one whose reader was only asleep recovers.
func (p *Port) WriteByte(c byte) error {
	if p.kind == None {
		return ErrNoProbe
	}
	if p.room == 0 {
		dead := p.timeouts >= deadAfter
		polls := maxPolls
		if dead {
			polls = 1
		}
		if !p.wait(lsrTHRE, polls) {
			p.stats.Dropped++
			if dead {
				return ErrDead
			}
			p.timeouts++
			return ErrTimeout
		}
		p.timeouts = 0
		p.room = p.kind.depth()
	}
	p.room--
	p.out(regData, c)
	return nil
}

// Flush waits, about 0.1 s at most, until all that was written has left the
// chip.
func (p *Port) Flush() {
	if p.kind != None && p.timeouts < deadAfter {
		p.wait(lsrTEMT, maxPolls)
	}
}
