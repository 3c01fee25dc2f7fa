package serial

// Registers (section 8.0, Registers). While DLAB is set, the first two are the
// divisor's low and high byte.
const (
	regData = 0 // RBR to read, THR to write
	regIER  = 1
	regIIR  = 2 // to read
	regFCR  = 2 // to write
	regLCR  = 3
	regMCR  = 4
	regLSR  = 5
	regMSR  = 6
	regSCR  = 7
)

// Interrupt enable register (section 8.6).
const (
	ierReceived = 1 << 0
	ierTHRE     = 1 << 1
	ierStatus   = 1 << 2
	ierModem    = 1 << 3
	ierAll      = 0x0f
)

// Interrupt identification register (section 8.5), by priority.
const (
	iirStatus   = 0x06
	iirReceived = 0x04
	iirTimeout  = 0x0c
	iirTHRE     = 0x02
	iirModem    = 0x00
	iirNone     = 0x01
	iirFIFO     = 0xc0 // FIFOs are enabled
)

// FIFO control register (section 8.4).
const (
	fcrEnable  = 1 << 0
	fcrClearRX = 1 << 1
	fcrTrigger = 0xc0

	fifoSize = 16
)

// triggers are the FIFO levels that bits 7:6 of the FCR select.
var triggers = [4]int{1, 4, 8, 14}

// Line control register (section 8.1).
const (
	lcrLength = 0x03 // data bits less 5
	lcrStop2  = 1 << 2
	lcrParity = 1 << 3
	lcrDLAB   = 1 << 7
)

// Modem control register (section 8.7).
const (
	mcrDTR  = 1 << 0
	mcrRTS  = 1 << 1
	mcrOUT1 = 1 << 2
	mcrOUT2 = 1 << 3 // on a PC, connects the interrupt line
	mcrLoop = 1 << 4
	mcrAll  = 0x1f
)

// Line status register (section 8.3).
const (
	lsrData    = 1 << 0
	lsrOverrun = 1 << 1
	lsrBreak   = 1 << 4
	lsrTHRE    = 1 << 5
	lsrTEMT    = 1 << 6
	lsrFIFO    = 1 << 7 // some character in the FIFO has an error
	lsrErrors  = 0x1e   // cleared by reading
)

// Modem status register (section 8.8).
const (
	msrDeltas = 0x0f // cleared by reading
	msrTERI   = 1 << 2
	msrCTS    = 1 << 4
	msrDSR    = 1 << 5
	msrRI     = 1 << 6
	msrDCD    = 1 << 7
	msrLines  = 0xf0

	// A terminal is there.
	msrConnected = msrCTS | msrDSR | msrDCD
)

// clockHz is the rate of the UART's crystal; a bit takes 16 pulses of it for
// each unit of the divisor.
const clockHz = 1_843_200
