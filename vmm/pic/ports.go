package pic

// In reads a chip's ports. The chip has 8 data lines: a wider access is one
// byte from each port, as on the ISA bus, and what is past the chip reads all
// ones.
func (c *chip) In(off uint16, size int) uint32 {
	if size == 1 {
		return uint32(c.read(off))
	}
	return inBytes(c.read, off, size)
}

// Out writes a chip's ports.
func (c *chip) Out(off uint16, size int, v uint32) {
	for i := range uint16(size) {
		switch off + i {
		case 0:
			c.command(uint8(v >> (8 * i)))
		case 1:
			c.data(uint8(v >> (8 * i)))
		}
	}
	c.pic.update()
}

func (c *chip) read(off uint16) uint8 {
	switch {
	case c.poll:
		return c.polled()
	case off != 0:
		return c.imr
	case c.readISR:
		return c.isr
	}
	return c.irr
}

// polled is the read that follows a poll command: an acknowledge whose result
// is the input's number. 8259A, "Poll Command".
func (c *chip) polled() uint8 {
	c.poll = false
	n, ok := c.acknowledge()
	if !ok {
		return 0
	}
	if c == &c.pic.slave {
		c.pic.master.set(cascade, false)
	}
	c.pic.update()
	return pollRequest | n
}

// elcr is the edge/level control registers: which inputs interrupt by their
// level.
type elcr struct{ pic *PIC }

// Inputs that can be level-triggered. The others are those of the PIT, the
// keyboard, the slave, the RTC and the FPU. 82371AB §8.6.5.
const (
	levelMaster = 0xf8
	levelSlave  = 0xde
)

func (e *elcr) In(off uint16, size int) uint32 {
	return inBytes(e.read, off, size)
}

func (e *elcr) read(off uint16) uint8 {
	if off == 0 {
		return e.pic.master.level
	}
	return e.pic.slave.level
}

func (e *elcr) Out(off uint16, size int, v uint32) {
	for i := range uint16(size) {
		switch off + i {
		case 0:
			e.pic.master.trigger(uint8(v>>(8*i)) & levelMaster)
		case 1:
			e.pic.slave.trigger(uint8(v>>(8*i)) & levelSlave)
		}
	}
	e.pic.update()
}

// trigger sets which inputs interrupt by their level. One that begins to
// requests if it is high.
func (c *chip) trigger(level uint8) {
	begin := level &^ c.level
	c.irr = c.irr&^begin | c.input&begin
	c.level = level
}

// inBytes reads size bytes from two ports, each by read.
func inBytes(read func(off uint16) uint8, off uint16, size int) uint32 {
	v := ^uint32(0)
	for i := range uint16(size) {
		if off+i < Ports {
			v = v&^(0xff<<(8*i)) | uint32(read(off+i))<<(8*i)
		}
	}
	return v
}
