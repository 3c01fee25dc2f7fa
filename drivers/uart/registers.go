package uart

// Register offsets from the I/O base, PC16550D §8.0, table II. With LCR.DLAB
// set, offsets 0 and 1 are the divisor latch.
const (
	regData = 0 // receiver buffer when read, transmitter holding when written
	regIER  = 1 // interrupt enable
	regIIR  = 2 // interrupt identification, read only
	regFCR  = 2 // FIFO control, write only
	regLCR  = 3 // line control
	regMCR  = 4 // modem control
	regLSR  = 5 // line status
	regMSR  = 6 // modem status
	regSCR  = 7 // scratchpad; the 8250 has none
	regDLL  = 0 // divisor latch, low byte
	regDLM  = 1 // divisor latch, high byte
)

// floating is what an I/O port reads when no device answers.
const floating = 0xff

// Interrupt enable register, PC16550D §8.7. Bits 7:4 always read zero.
const (
	ierReceive = 1 << 0
	ierAll     = 0x0f
)

// Interrupt identification register, PC16550D §8.6.
const (
	iirNone       = 1 << 0 // no interrupt is pending
	iirID         = 0x0e
	iirModem      = 0x00
	iirReceived   = 0x04
	iirLineStatus = 0x06
	iirTimeout    = 0x0c // bytes below the trigger level have waited four byte times
	iirFIFOShift  = 6
	iirFIFOOn     = 3 // bits 7:6 of a chip whose FIFOs are enabled
	iirFIFOBroken = 2 // bits 7:6 of the first 16550, whose FIFOs do not work
)

// FIFO control register, PC16550D §8.5.
const (
	fcrEnable        = 1 << 0
	fcrClearReceive  = 1 << 1
	fcrClearTransmit = 1 << 2
	fcrTrigger8      = 2 << 6 // interrupt at 8 bytes: 8 more, 0.7 ms at 115200 baud, may still come
)

// Line control register, PC16550D §8.1.
const (
	lcr8N1  = 0x03 // 8 data bits, no parity, 1 stop bit
	lcrDLAB = 1 << 7
)

// Modem control register, PC16550D §8.8. On a PC, OUT2 gates the chip's
// interrupt output onto the IRQ line.
const (
	mcrDTR  = 1 << 0
	mcrRTS  = 1 << 1
	mcrOUT1 = 1 << 2
	mcrOUT2 = 1 << 3
	mcrLoop = 1 << 4
)

// Line status register, PC16550D §8.4. The error bits belong to the byte that
// the receiver buffer gives next, and reading the register clears them.
const (
	lsrReady   = 1 << 0
	lsrOverrun = 1 << 1
	lsrParity  = 1 << 2
	lsrFraming = 1 << 3
	lsrBreak   = 1 << 4
	lsrTHRE    = 1 << 5 // transmitter holding register, or its FIFO, is empty
	lsrTEMT    = 1 << 6 // the shift register is empty as well
)

// Modem status register, PC16550D §8.9. In loopback RTS, DTR, OUT1 and OUT2
// appear as CTS, DSR, RI and DCD.
const (
	msrCTS   = 1 << 4
	msrDSR   = 1 << 5
	msrRI    = 1 << 6
	msrDCD   = 1 << 7
	msrLines = 0xf0
)

// fifoDepth is the length in bytes of each FIFO of a 16550, PC16550D §8.5.
const fifoDepth = 16
