package serial

// pending is the most urgent interrupt that is enabled (section 8.5, Table IV).
func (u *UART) pending() uint8 {
	switch {
	case u.ier&ierStatus != 0 && u.lsr&lsrErrors != 0:
		return iirStatus
	case u.ier&ierReceived != 0 && u.fifo.n >= u.trigger():
		return iirReceived
	case u.ier&ierReceived != 0 && u.stale:
		return iirTimeout
	case u.ier&ierTHRE != 0 && u.emptied:
		return iirTHRE
	case u.ier&ierModem != 0 && u.msr&msrDeltas != 0:
		return iirModem
	}
	return iirNone
}

// raised tells whether the interrupt line is.
func (u *UART) raised() bool {
	return u.ier != 0 && u.mcr&mcrOUT2 != 0 && u.pending() != iirNone
}

// step brings the interrupt line in step with the registers.
func (u *UART) step() {
	if level := u.raised(); level != u.level {
		u.level = level
		u.irq.Set(level)
	}
}

// readIIR names an interrupt; a THRE interrupt that is named is no more.
func (u *UART) readIIR() uint8 {
	v := u.pending()
	if v == iirTHRE {
		u.emptied = false
		u.step()
	}
	if u.fifos() {
		v |= iirFIFO
	}
	return v
}

// writeIER enables interrupts. The transmitter is always empty, so to enable
// the THRE interrupt is to have one.
func (u *UART) writeIER(v uint8) {
	if v&^u.ier&ierTHRE != 0 {
		u.emptied = true
	}
	u.ier = v
	u.watch()
	u.step()
}

// writeMCR sets the modem lines. With loopback they are the inputs, too.
func (u *UART) writeMCR(v uint8) {
	u.mcr = v
	lines := uint8(msrConnected)
	if v&mcrLoop != 0 {
		lines = v&mcrRTS<<3 | v&mcrDTR<<5 | v&mcrOUT1<<4 | v&mcrOUT2<<4
	}
	changed := (u.msr ^ lines) & msrLines
	deltas := changed >> 4 &^ msrTERI
	if changed&u.msr&msrRI != 0 {
		deltas |= msrTERI // the ring indicator's end counts
	}
	u.msr = lines | u.msr&msrDeltas | deltas
	u.settle()
}

func (u *UART) readMSR() uint8 {
	v := u.msr
	u.msr &^= msrDeltas
	u.step()
	return v
}

// transmit sends a byte. It empties and fills the transmitter, so that a THRE
// interrupt gives an edge for each byte.
func (u *UART) transmit(v uint8) {
	interrupts := u.ier&ierTHRE != 0
	if interrupts {
		u.emptied = false
		u.step()
	}
	u.emptied = true
	if u.mcr&mcrLoop != 0 {
		u.push(uint16(v))
		u.watch()
		u.step()
		return
	}
	u.back.Transmit(v)
	if interrupts {
		u.step()
	}
}
