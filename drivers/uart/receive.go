package uart

const (
	// maxRounds bounds the interrupt identifications that one call of
	// Interrupt handles.
	maxRounds = 32
	// maxBusy is the number of calls of Interrupt in a row, none of which saw
	// the end of the pending interrupts, after which the port is deaf. The
	// processor drains a FIFO much faster than a line fills it, so a UART that
	// works gets nowhere near.
	maxBusy = 1024
)

// Receive takes one received byte without waiting. Bytes that arrived broken
// are discarded and counted.
func (p *Port) Receive() (c byte, ok bool) {
	if p.kind == None {
		return 0, false
	}
	for range fifoDepth {
		s := p.status()
		if s&lsrReady == 0 {
			return 0, false
		}
		c := p.in(regData)
		if s&(lsrParity|lsrFraming|lsrBreak) == 0 {
			return c, true
		}
	}
	return 0, false
}

// EnableReceiveInterrupt lets the port interrupt when bytes have arrived. Init
// comes first, and the handler calls Interrupt.
func (p *Port) EnableReceiveInterrupt() {
	if p.kind == None {
		return
	}
	p.busy, p.stats.Deaf = 0, false
	p.out(regIER, ierReceive)
}

// Interrupt is what the handler of the port's interrupt does: it puts the
// received bytes into buf and returns their number. It goes on until no
// interrupt is pending, because ISA interrupts are edges and a request left
// standing is never followed by another. Where it has to stop before, at the
// end of buf or of its own bound, it withdraws and renews the request, so that
// the interrupt comes again and nothing is lost. A UART that never comes to an
// end is deaf after 1024 calls in a row, and its interrupt stays off.
//
// Where no interrupt works, calling Interrupt at times does as well: it takes
// what has arrived, pending or not.
func (p *Port) Interrupt(buf []byte) int {
	if p.kind == None {
		return 0
	}
	n := 0
	for range maxRounds {
		iir := p.in(regIIR)
		if iir&iirNone != 0 {
			p.busy = 0
			return n + p.drain(buf[n:])
		}
		switch iir & iirID { // transmitter empty: reading the register was enough
		case iirReceived, iirTimeout:
			if n == len(buf) {
				p.renew()
				return n
			}
			n += p.drain(buf[n:])
		case iirLineStatus:
			p.status()
		case iirModem:
			p.in(regMSR)
		}
	}
	p.renew()
	return n
}

// drain fills buf with at most one FIFO of received bytes.
func (p *Port) drain(buf []byte) int {
	n := 0
	for n < len(buf) && n < fifoDepth {
		c, ok := p.Receive()
		if !ok {
			break
		}
		buf[n] = c
		n++
	}
	return n
}

// renew makes a new edge on the IRQ line of a request that still stands.
func (p *Port) renew() {
	p.out(regIER, 0)
	p.busy++
	if p.busy >= maxBusy {
		p.stats.Deaf = true
		return
	}
	p.out(regIER, ierReceive)
}
