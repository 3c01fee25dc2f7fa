package pic

// Command words to the first port. 8259A, figures 7 and 8.
const (
	icw1       = 1 << 4 // tells ICW1 from the operation command words
	icw1ICW4   = 1 << 0
	icw1Single = 1 << 1

	ocw3            = 1 << 3 // tells OCW3 from OCW2
	ocw3ReadISR     = 1 << 0
	ocw3Read        = 1 << 1
	ocw3Poll        = 1 << 2
	ocw3SpecialMask = 1 << 5
	ocw3SetMask     = 1 << 6

	ocw2Input = 7 // bits 0 to 2
	ocw2Shift = 5 // the command is bits 5 to 7
)

// The commands of OCW2. 2 does nothing.
const (
	rotateAutoClear = iota
	eoi
	_
	eoiSpecific
	rotateAutoSet
	eoiRotate
	setPriority
	eoiRotateSpecific
)

// Bits of ICW4. The data sheet's MCS-80/85 mode is unknown to a PC, whose
// processor fetches one vector byte: the mode bit is not looked at.
const (
	icw4AutoEOI    = 1 << 1
	icw4NestSlaves = 1 << 4
)

// pollRequest says, in what a poll reads, that there is an interrupt.
const pollRequest = 1 << 7

// command is a write to the first port.
func (c *chip) command(v uint8) {
	switch {
	case v&icw1 != 0:
		c.initialise(v)
	case v&ocw3 != 0:
		c.operate(v)
	default:
		c.endOfInterrupt(v)
	}
}

// initialise is ICW1: the mask is cleared, and an input that interrupts by an
// edge needs a new one. The level mode bit is not looked at: a PC has the ELCR
// in its place. 8259A, "Initialization Command Words".
func (c *chip) initialise(v uint8) {
	c.irr &= c.level
	c.isr, c.imr, c.first, c.slaves = 0, 0, 0, 0
	c.autoEOI, c.rotateAuto, c.nestSlaves = false, false, false
	c.specialMask, c.readISR, c.poll = false, false, false
	c.single = v&icw1Single != 0
	c.wantICW4 = v&icw1ICW4 != 0
	c.expect = icw2
}

// data is a write to the second port.
func (c *chip) data(v uint8) {
	switch c.expect {
	case icw2:
		c.base = v &^ 7
		c.expect = icw3
		if c.single {
			c.afterICW3()
		}
	case icw3:
		// A slave's is its number, which is fixed here.
		if c == &c.pic.master {
			c.slaves = v
		}
		c.afterICW3()
	case icw4:
		c.autoEOI = v&icw4AutoEOI != 0
		c.nestSlaves = v&icw4NestSlaves != 0
		c.expect = mask
	default:
		c.imr = v
	}
}

func (c *chip) afterICW3() {
	c.expect = mask
	if c.wantICW4 {
		c.expect = icw4
	}
}

// operate is OCW3.
func (c *chip) operate(v uint8) {
	if v&ocw3SetMask != 0 {
		c.specialMask = v&ocw3SpecialMask != 0
	}
	if v&ocw3Read != 0 {
		c.readISR = v&ocw3ReadISR != 0
	}
	c.poll = v&ocw3Poll != 0
}

// endOfInterrupt is OCW2.
func (c *chip) endOfInterrupt(v uint8) {
	n := v & ocw2Input
	switch v >> ocw2Shift {
	case rotateAutoClear:
		c.rotateAuto = false
	case rotateAutoSet:
		c.rotateAuto = true
	case eoi:
		c.end()
	case eoiRotate:
		if n, ok := c.end(); ok {
			c.first = (n + 1) & 7
		}
	case eoiSpecific:
		c.isr &^= 1 << n
	case eoiRotateSpecific:
		c.isr &^= 1 << n
		c.first = (n + 1) & 7
	case setPriority:
		c.first = (n + 1) & 7
	}
}
