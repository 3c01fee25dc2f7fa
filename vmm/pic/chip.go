package pic

import "math/bits"

// step is what a chip takes the next write to its second port for.
type step uint8

const (
	mask    step = iota // OCW1: it is initialised
	icw2                // the vectors
	icw3                // where slaves are
	icw4                // modes
	powerOn             // OCW1 too, but it stays silent until it is initialised
	steps               // number of values
)

// chip is one 8259A. Bit n of a register of 8 bits is input n.
type chip struct {
	pic *PIC

	input uint8 // the levels of the inputs
	irr   uint8 // interrupt request register
	isr   uint8 // in-service register
	imr   uint8 // interrupt mask register
	level uint8 // which inputs interrupt by their level, not by an edge

	base   uint8 // vector of input 0
	slaves uint8 // inputs that a slave is on
	first  uint8 // the input of highest priority; the others follow in turn

	expect      step
	single      bool // no ICW3 follows
	wantICW4    bool
	autoEOI     bool // an interrupt is out of service as soon as it is acknowledged
	rotateAuto  bool // and has the lowest priority then
	nestSlaves  bool // special fully nested mode
	specialMask bool // inputs in service that are masked hold up no others
	readISR     bool // the first port reads the ISR, not the IRR
	poll        bool // the next read is an acknowledge
}

// reset is power-on. The inputs stay as they are driven.
func (c *chip) reset() {
	*c = chip{pic: c.pic, input: c.input, expect: powerOn}
}

// set sets the level of input n.
func (c *chip) set(n uint8, level bool) {
	bit := uint8(1) << (n & 7)
	if !level {
		c.input &^= bit
		c.irr &^= bit
		return
	}
	c.irr |= bit & (c.level | ^c.input)
	c.input |= bit
}

// ranks turns a register so that bit 0 is the input of highest priority.
func (c *chip) ranks(register uint8) uint8 {
	return bits.RotateLeft8(register, -int(c.first))
}

// request is the input that the chip's output interrupts for: the one of
// highest priority that requests, unless one of the same or a higher priority
// is in service. 8259A, "Fully Nested Mode", "Special Mask Mode".
func (c *chip) request() (n uint8, ok bool) {
	requests := c.irr &^ c.imr
	if requests == 0 || c.expect != mask {
		return 0, false
	}
	service := c.isr
	if c.specialMask {
		service &^= c.imr
	}
	rank := bits.TrailingZeros8(c.ranks(requests))
	limit := bits.TrailingZeros8(c.ranks(service))
	n = (uint8(rank) + c.first) & 7
	// A slave has inputs of higher priority than the one in service. 8259A,
	// "Special Fully Nested Mode".
	again := rank == limit && c.nestSlaves && c.slaves>>n&1 != 0
	return n, rank < limit || again
}

// acknowledge takes the interrupt that the chip asks for into service. If
// there is none, n is 7 and nothing is in service.
func (c *chip) acknowledge() (n uint8, ok bool) {
	n, ok = c.request()
	if !ok {
		return 7, false
	}
	bit := uint8(1) << n
	c.irr &^= bit &^ c.level
	switch {
	case !c.autoEOI:
		c.isr |= bit
	case c.rotateAuto:
		c.first = (n + 1) & 7
	}
	return n, true
}

// end takes the interrupt of highest priority out of service, as a
// non-specific EOI does; ok is false if none is in service.
func (c *chip) end() (n uint8, ok bool) {
	service := c.isr
	if c.specialMask {
		service &^= c.imr
	}
	if service == 0 {
		return 0, false
	}
	n = (uint8(bits.TrailingZeros8(c.ranks(service))) + c.first) & 7
	c.isr &^= 1 << n
	return n, true
}
