package dma8237

// Channel is what a device moves data with.
type Channel struct {
	dma  *DMA
	unit *controller
	n    int // in the unit
	page int // register
	wide bool
}

// pageOf is the low digit of the port that has a channel's page. IBM PC/AT
// Technical Reference, DMA page registers.
var pageOf = [channels]int{7, 3, 1, 2, 0xf, 0xb, 9, 0xa}

// Channel is channel 0 to 7. Of channel 4 no use can be made.
func (d *DMA) Channel(n int) *Channel {
	n %= channels
	return &Channel{d, &d.units[n/4], n % 4, pageOf[n], n >= 4}
}

// Write moves bytes of p from the device to memory, and Read from memory to p.
// n is how many were moved, fewer than all if the channel is off, is set up for
// something else, or comes to its end; last is whether it did. Of a channel
// that moves words, the last byte of an odd p stays. What is not memory takes
// nothing and gives all ones.
func (c *Channel) Write(p []byte) (n int, last bool) { return c.move(p, modeWrite) }
func (c *Channel) Read(p []byte) (n int, last bool)  { return c.move(p, modeRead) }

func (c *Channel) move(p []byte, direction uint8) (n int, last bool) {
	ch := &c.unit.channels[c.n]
	size := 1
	if c.wide {
		size = 2
	}
	for n+size <= len(p) && !last && c.ready(direction) {
		c.one(ch, p[n:n+size])
		n += size
		if ch.mode&modeDown != 0 {
			ch.address--
		} else {
			ch.address++
		}
		if ch.count--; ch.count == 0xffff {
			last = true
			c.end(ch)
		}
	}
	return n, last
}

// ready tells whether the channel moves data in a direction. One that is set up
// to verify moves none, but goes on as if it did.
func (c *Channel) ready(direction uint8) bool {
	mode := c.unit.channels[c.n].mode
	transfer := mode & modeTransfer
	return c.unit.mask>>c.n&1 == 0 && c.unit.command&commandOff == 0 &&
		mode&modeOperation != modeCascade && (transfer == direction || transfer == 0)
}

// one moves a byte or a word. An address does not leave its page.
func (c *Channel) one(ch *channel, p []byte) {
	page := uint64(c.dma.pages[c.page]) << 16
	gpa := page | uint64(ch.address)
	if c.wide {
		gpa = page&^(1<<16) | uint64(ch.address)<<1
	}
	switch ch.mode & modeTransfer {
	case modeWrite:
		_ = c.dma.memory.Write(gpa, p)
	case modeRead:
		if c.dma.memory.Read(gpa, p) != nil {
			for i := range p {
				p[i] = 0xff
			}
		}
	}
}

// end is what the last byte or word does: terminal count.
func (c *Channel) end(ch *channel) {
	c.unit.done |= 1 << c.n
	if ch.mode&modeAuto != 0 {
		ch.address, ch.count = ch.baseAddress, ch.baseCount
		return
	}
	c.unit.mask |= 1 << c.n
}
