package pit

// Control words (8254, Control Word Format, Counter Latch Command, Read-Back
// Command). Bits 7:6 select a counter, 3 is the read-back command.
const (
	controlBCD  = 1 << 0
	controlKept = 0x3f // what the status byte gives back

	selectReadBack = 3

	readBackNoCount  = 1 << 5
	readBackNoStatus = 1 << 4

	statusOut  = 1 << 7
	statusNull = 1 << 6
)

// What bits 5:4 of a control word say about the bytes that follow.
const (
	accessLatch = 0
	accessLow   = 1
	accessHigh  = 2
	accessBoth  = 3 // low byte first
)

// access is where a guest is in reading and writing a counter byte by byte.
type access struct {
	writeHigh bool  // the low byte is in low, the high byte comes next
	low       uint8 // low byte of a count being written
	readHigh  bool  // the high byte is read next

	count         uint16 // latched
	countLatched  bool
	status        uint8 // latched
	statusLatched bool
}

func (c *counter) width() uint8 { return c.control >> 4 & 3 }

// write takes a byte of a count at tick t.
func (c *counter) write(v uint8, t uint64) {
	a := &c.access
	switch c.width() {
	case accessLow:
		c.load(uint16(v), t)
	case accessHigh:
		c.load(uint16(v)<<8, t)
	case accessBoth:
		if a.writeHigh = !a.writeHigh; !a.writeHigh {
			c.load(uint16(v)<<8|uint16(a.low), t)
			return
		}
		a.low = v
		if c.mode() == modeTerminalCount {
			// The first byte stops the count and makes OUT low.
			c.rose = c.rises(t)
			c.running, c.armed = false, false
		}
	}
}

// read gives the next byte at tick t: a latched status first, then a latched
// count, then what is being counted.
func (c *counter) read(t uint64) uint8 {
	a := &c.access
	if a.statusLatched {
		a.statusLatched = false
		return a.status
	}
	v := a.count
	if !a.countLatched {
		v = c.count(t)
	}
	switch c.width() {
	case accessHigh:
		a.countLatched = false
		return uint8(v >> 8)
	case accessBoth:
		a.readHigh = !a.readHigh
		if a.readHigh {
			return uint8(v)
		}
		a.countLatched = false
		return uint8(v >> 8)
	}
	a.countLatched = false
	return uint8(v)
}

// latchCount keeps the count until it is read. What is latched already stays.
func (c *counter) latchCount(t uint64) {
	if !c.access.countLatched {
		c.access.count, c.access.countLatched = c.count(t), true
	}
}

// latchStatus keeps the status byte until it is read.
func (c *counter) latchStatus(t uint64) {
	if c.access.statusLatched {
		return
	}
	v := c.control
	if c.out(t) {
		v |= statusOut
	}
	if c.nullCount(t) {
		v |= statusNull
	}
	c.access.status, c.access.statusLatched = v, true
}
