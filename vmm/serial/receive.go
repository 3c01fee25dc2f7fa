package serial

// Receive takes bytes for the guest, as many as there is room for.
func (u *UART) Receive(p []byte) int {
	n := min(len(p), u.queue.room())
	for _, b := range p[:n] {
		u.queue.push(uint16(b))
	}
	u.short = n < len(p)
	u.settle()
	return n
}

// Break receives a break, if there is room for one.
func (u *UART) Break() {
	u.queue.push(charBreak)
	u.settle()
}

func (u *UART) fifos() bool { return u.fcr&fcrEnable != 0 }

// depth is for how many characters the receiver has room.
func (u *UART) depth() int {
	if u.fifos() {
		return fifoSize
	}
	return 1
}

// trigger is how many characters give an interrupt.
func (u *UART) trigger() int {
	if u.fifos() {
		return triggers[u.fcr>>6]
	}
	return 1
}

// fill moves characters from the queue to the receiver. The line is not
// connected in loopback.
func (u *UART) fill() {
	if u.mcr&mcrLoop == 0 {
		for u.queue.n > 0 && u.fifo.n < u.depth() {
			u.push(u.queue.pop())
		}
	}
	u.watch()
}

// settle brings all in step after characters came or went.
func (u *UART) settle() {
	u.fill()
	u.step()
	if u.short && u.queue.room() >= queueSize/2 {
		u.short = false
		u.back.Ready()
	}
}

// push receives a character. One for which there is no room takes the place of
// the one before it without FIFOs, and is lost with them (section 8.3, bit 1).
func (u *UART) push(char uint16) {
	if u.fifo.n == u.depth() {
		u.lsr |= lsrOverrun
		if u.fifos() {
			return
		}
		u.fifo.clear()
	}
	u.fifo.push(char)
	if u.fifo.n == 1 {
		u.reveal()
	} else if char > charByte {
		u.lsr |= lsrFIFO
	}
}

// reveal shows the errors of the FIFO's first character in the LSR.
func (u *UART) reveal() {
	u.lsr &^= lsrData | lsrFIFO
	if u.fifo.n > 0 {
		u.lsr |= lsrData | uint8(u.fifo.front()>>8)
	}
	if u.fifos() && u.fifo.bad > 0 {
		u.lsr |= lsrFIFO
	}
}

// receive gives the guest a character, and makes room for the next.
func (u *UART) receive() uint8 {
	if u.fifo.n == 0 {
		return 0
	}
	v := uint8(u.fifo.pop())
	u.stale = false
	u.reveal()
	u.settle()
	return v
}

// readLSR gives the errors and clears them.
func (u *UART) readLSR() uint8 {
	v := u.lsr
	u.lsr &^= lsrErrors
	if u.fifo.n > 0 {
		u.fifo.forgive()
		u.reveal()
	}
	u.step()
	return v
}

func (u *UART) writeFCR(v uint8) {
	if v&fcrEnable == 0 {
		v = 0 // the other bits are for FIFOs alone
	}
	if (v^u.fcr)&fcrEnable != 0 || v&fcrClearRX != 0 {
		u.fifo.clear()
		u.stale = false
	}
	u.fcr = v & (fcrEnable | fcrTrigger)
	u.reveal()
	u.settle()
}

// watch starts to wait for a character time-out: no character came, and none
// was read, for the time of four (section 8.11, FIFO Interrupt Mode Operation).
func (u *UART) watch() {
	if !u.fifos() || u.ier&ierReceived == 0 || u.stale || u.fifo.n == 0 || u.fifo.n >= u.trigger() {
		u.idle.Stop()
		return
	}
	u.idle.Set(u.clock.Now() + 4*u.charTime())
}

// charTime is how long a character takes, in ns.
func (u *UART) charTime() uint64 {
	bits := 1 + 5 + uint64(u.lcr&lcrLength) + 1
	if u.lcr&lcrStop2 != 0 {
		bits++
	}
	if u.lcr&lcrParity != 0 {
		bits++
	}
	divisor := uint64(u.divisor)
	if divisor == 0 {
		divisor = 1 << 16
	}
	return bits * divisor * 16 * 1_000_000_000 / clockHz
}

func (u *UART) timeout() {
	u.stale = u.fifo.n > 0
	u.step()
}
