package uart

// fakeUART is a chip of the 8250 family at I/O base 0x3f8, as the PC16550D data
// sheet describes it. Any other port floats.
type fakeUART struct {
	kind Kind // None: nothing answers

	stuck     bool // the transmitter never becomes empty
	slow      int  // status reads until a full transmitter is empty
	noLoop    bool // the modem lines do not loop back
	highIER   bool // the upper bits of the interrupt enable register read as ones
	storm     bool // receive data stays pending whatever is read
	zeroes    bool // every port reads zero and forgets writes
	ier, lcr  uint8
	mcr, fcr  uint8
	scr       uint8
	dll, dlm  uint8
	errors    uint8 // sticky LSR error bits: overrun
	rx        []rxByte
	tx        []byte // what went out on the line
	fill      int    // bytes in the transmitter
	countdown int
	reads     int
	writes    int
	thrInt    bool
	irq       bool // level of the IRQ line
	edges     int  // rising edges of it
}

// rxByte is a received byte with its own LSR error bits.
type rxByte struct {
	c    byte
	errs uint8
}

const fakeBase = 0x3f8

func (f *fakeUART) fifo() bool { return f.kind == I16550A && f.fcr&fcrEnable != 0 }

func (f *fakeUART) depth() int {
	if f.fifo() {
		return fifoDepth
	}
	return 1
}

// receive makes bytes arrive on the line.
func (f *fakeUART) receive(s string) {
	for i := range len(s) {
		f.receiveByte(s[i], 0)
	}
}

func (f *fakeUART) receiveByte(c byte, errs uint8) {
	if len(f.rx) == f.depth() {
		f.errors |= lsrOverrun
		if !f.fifo() {
			f.rx[0] = rxByte{c, errs}
		}
	} else {
		f.rx = append(f.rx, rxByte{c, errs})
	}
	f.update()
}

// pending is the interrupt identification, without the FIFO bits.
func (f *fakeUART) pending() uint8 {
	switch {
	case f.ier&0x04 != 0 && (f.errors != 0 || len(f.rx) > 0 && f.rx[0].errs != 0):
		return iirLineStatus
	case f.ier&ierReceive != 0 && (len(f.rx) > 0 || f.storm):
		if f.fifo() && len(f.rx) < 8 && !f.storm {
			return iirTimeout
		}
		return iirReceived
	case f.ier&0x02 != 0 && f.thrInt:
		return 0x02
	}
	return iirNone
}

func (f *fakeUART) update() {
	level := f.pending() != iirNone && f.mcr&mcrOUT2 != 0 && f.mcr&mcrLoop == 0
	if level && !f.irq {
		f.edges++
	}
	f.irq = level
}

func (f *fakeUART) lsr() uint8 {
	var s uint8
	if f.fill > 0 && !f.stuck {
		if f.countdown--; f.countdown <= 0 {
			f.fill = 0
		}
	}
	if f.fill == 0 && !f.stuck {
		s |= lsrTHRE | lsrTEMT
	}
	if len(f.rx) > 0 || f.storm {
		s |= lsrReady
	}
	s |= f.errors
	f.errors = 0
	if len(f.rx) > 0 {
		s |= f.rx[0].errs
		f.rx[0].errs = 0
	}
	return s
}

func (f *fakeUART) In8(port uint16) uint8 {
	f.reads++
	if f.zeroes {
		return 0
	}
	if f.kind == None || port < fakeBase || port > fakeBase+7 {
		return floating
	}
	defer f.update()
	switch dlab := f.lcr&lcrDLAB != 0; port - fakeBase {
	case regData:
		if dlab {
			return f.dll
		}
		if len(f.rx) == 0 {
			return 0
		}
		c := f.rx[0].c
		f.rx = f.rx[1:]
		return c
	case regIER:
		if dlab {
			return f.dlm
		}
		if f.highIER {
			return f.ier | 0xf0
		}
		return f.ier
	case regIIR:
		id := f.pending()
		if id == 0x02 {
			f.thrInt = false
		}
		switch {
		case f.fifo():
			id |= iirFIFOOn << iirFIFOShift
		case f.kind == I16550 && f.fcr&fcrEnable != 0:
			id |= iirFIFOBroken << iirFIFOShift
		}
		return id
	case regLCR:
		return f.lcr
	case regMCR:
		return f.mcr
	case regLSR:
		return f.lsr()
	case regMSR:
		if f.mcr&mcrLoop == 0 || f.noLoop {
			return msrCTS | msrDSR
		}
		var s uint8
		for out, in := range map[uint8]uint8{mcrRTS: msrCTS, mcrDTR: msrDSR, mcrOUT1: msrRI, mcrOUT2: msrDCD} {
			if f.mcr&out != 0 {
				s |= in
			}
		}
		return s
	default:
		if f.kind == I8250 {
			return floating
		}
		return f.scr
	}
}

func (f *fakeUART) Out8(port uint16, v uint8) {
	f.writes++
	if f.zeroes || f.kind == None || port < fakeBase || port > fakeBase+7 {
		return
	}
	defer f.update()
	switch dlab := f.lcr&lcrDLAB != 0; port - fakeBase {
	case regData:
		if dlab {
			f.dll = v
			return
		}
		if f.fill == f.depth() || f.stuck && f.fill > 0 {
			return // lost, as in the chip
		}
		f.fill++
		f.countdown = f.slow
		f.tx = append(f.tx, v)
	case regIER:
		if dlab {
			f.dlm = v
			return
		}
		f.thrInt = v&^f.ier&0x02 != 0
		f.ier = v & ierAll
	case regFCR:
		f.fcr = v
		if v&fcrClearReceive != 0 {
			f.rx = nil
		}
	case regLCR:
		f.lcr = v
	case regMCR:
		f.mcr = v & 0x1f
	case regSCR:
		f.scr = v
	}
}

func (f *fakeUART) In16(uint16) uint16   { panic("16-bit access to a UART") }
func (f *fakeUART) In32(uint16) uint32   { panic("32-bit access to a UART") }
func (f *fakeUART) Out16(uint16, uint16) { panic("16-bit access to a UART") }
func (f *fakeUART) Out32(uint16, uint32) { panic("32-bit access to a UART") }
