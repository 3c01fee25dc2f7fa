package uart

// Kind is the chip behind a serial port.
type Kind uint8

// The chips of the family. Only the 16550A's FIFOs can be used.
const (
	None    Kind = iota // nothing found
	I8250               // no scratchpad
	I16450              // scratchpad, no FIFO
	I16550              // FIFOs that do not work
	I16550A             // 16-byte FIFOs, and whatever came after it
)

var kindNames = [...]string{"none", "8250", "16450", "16550", "16550A"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// depth is the number of bytes that fit when the transmitter is empty.
func (k Kind) depth() int {
	if k == I16550A {
		return fifoDepth
	}
	return 1
}

// Probe finds out whether a UART answers at Base and which. It writes nothing
// where the ports read all ones, and puts back what it changed where the
// registers turn out not to be a UART's. A UART is left with its interrupts off
// and at the speed it had. Probing may pulse the port's IRQ line on emulators
// that ignore OUT2, so its interrupt must be masked.
func (p *Port) Probe() error {
	p.kind = None
	lcr, mcr := p.in(regLCR), p.in(regMCR)
	if lcr == floating && mcr == floating {
		return ErrFloating
	}
	if err := p.test(); err != nil {
		p.out(regMCR, mcr)
		p.out(regLCR, lcr)
		return err
	}
	p.out(regMCR, 0)
	p.kind = p.identify()
	return nil
}

// test asks the registers that every chip of the family has to behave: the
// four interrupt enables hold and the bits above them read zero, and in
// loopback the modem outputs appear as the modem inputs.
func (p *Port) test() error {
	p.out(regLCR, lcr8N1)
	if p.in(regLCR) != lcr8N1 {
		return ErrRegisters
	}
	// Loopback first: it cuts the modem lines and OUT2, the interrupt gate.
	p.out(regMCR, mcrLoop)
	ier := p.in(regIER)
	p.out(regIER, 0)
	zero := p.in(regIER)
	p.out(regIER, ierAll)
	all := p.in(regIER)
	p.out(regIER, 0)
	if zero != 0 || all != ierAll {
		p.out(regIER, ier)
		return ErrRegisters
	}
	p.out(regMCR, mcrLoop|mcrRTS|mcrOUT2)
	first := p.in(regMSR) & msrLines
	p.out(regMCR, mcrLoop|mcrDTR|mcrOUT1)
	second := p.in(regMSR) & msrLines
	if first != msrCTS|msrDCD || second != msrDSR|msrRI {
		p.out(regIER, ier)
		return ErrLoopback
	}
	return nil
}

// identify tells the chips apart by what each added to the one before.
func (p *Port) identify() Kind {
	if !p.scratch(0x5a) || !p.scratch(0xa5) {
		return I8250
	}
	p.out(regFCR, fcrEnable)
	switch p.in(regIIR) >> iirFIFOShift {
	case iirFIFOOn:
		return I16550A
	case iirFIFOBroken:
		p.out(regFCR, 0)
		return I16550
	}
	return I16450
}

// scratch reports whether the scratchpad keeps v. The write in between changes
// the data bus, which could otherwise give v back by itself.
func (p *Port) scratch(v uint8) bool {
	p.out(regSCR, v)
	p.out(regLCR, lcr8N1)
	return p.in(regSCR) == v
}
