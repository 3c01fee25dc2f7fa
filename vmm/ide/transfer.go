package ide

import (
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
)

// phase is what the drive that is selected waits for.
type phase uint8

const (
	idle     phase = iota // a command
	packetIn              // the guest to write a packet
	pioIn                 // the guest to read the data port
	pioOut                // the guest to write it
	dmaIn                 // the bus master to take data
	dmaOut                // the bus master to bring data
	waiting               // the disk
)

// flags are what a command is about.
type flags = ata.Flags

const (
	ext     = ata.Ext
	write   = ata.Write
	dma     = ata.DMA
	verify  = ata.Verify
	sectors = ata.Sectors
	packet  = ata.Packet
)

// transfer is a command that goes on: what of the data is where. The units are
// bytes unless it says otherwise.
type transfer struct {
	phase phase
	flags flags
	op    block.Op // waiting: what the disk does
	unit  int      // size of a sector; 0 if none is to be read or written
	lba   uint64   // sectors: the first that is in the buffer, or comes next
	left  uint32   // sectors that have not been in the buffer
	block int      // most that the guest moves by PIO before the drive is busy again

	fill     int // how much of the buffer is the data, from its begin
	pos, end int // what of it the guest moves now
}

// complete ends a command without an error.
func (c *channel) complete(interrupt bool) {
	d := c.drive()
	if c.flags&sectors != 0 {
		c.setAddress(c.lba-1, c.flags&ext != 0)
		d.setCount(0)
	}
	c.finish(ata.StatusGood, 0)
	if interrupt {
		d.intrq = true
	}
}

// fail ends a command with bits of the error register, at the address that the
// transfer has come to.
func (c *channel) fail(err uint8) {
	d := c.drive()
	if c.flags&sectors != 0 {
		c.setAddress(c.lba, c.flags&ext != 0)
		d.setCount(c.left)
	}
	c.finish(ata.StatusGood|ata.StatusERR, err)
	d.intrq = true
}

// finish ends a command.
func (c *channel) finish(status, err uint8) {
	d := c.drive()
	if c.flags&packet != 0 {
		d.regs[regCount].now = reasonStatus
	}
	d.status, d.err = status, err
	c.transfer = transfer{}
}

// sectors begins a command that reads or writes sectors.
func (c *channel) sectors(d *drive, f flags) {
	t := c.taskFile()
	lba, n, ok := d.info.Address(&t, f&ext != 0)
	size := ata.SectorSize
	if f&ata.Multiple != 0 {
		size *= int(d.info.Multiple)
	}
	switch {
	case size == 0, f&write != 0 && d.disk.ReadOnly():
		c.fail(ata.ErrorABRT)
		return
	case !ok || lba > d.info.Sectors || uint64(n) > d.info.Sectors-lba:
		c.fail(ata.ErrorIDNF)
		return
	}
	c.transfer = transfer{flags: f, unit: ata.SectorSize, lba: lba, left: n, block: size}
	if f&write != 0 {
		c.gather(false)
	} else {
		c.fetch()
	}
}

// fetch asks the disk for what fits in the buffer.
func (c *channel) fetch() {
	c.fill = int(min(c.left, uint32(bufferSize/c.unit))) * c.unit
	c.pos, c.end = 0, 0
	c.submit(block.Read)
}

// gather takes what fits in the buffer from the guest. Of a command's first
// block a guest is not told by an interrupt. ATA-6 §9.7.
func (c *channel) gather(interrupt bool) {
	c.fill = int(min(c.left, uint32(bufferSize/c.unit))) * c.unit
	c.pos = 0
	c.ask(interrupt)
}

// ask has the guest write the next block, or the bus master bring it.
func (c *channel) ask(interrupt bool) {
	d := c.drive()
	d.status = ata.StatusGood | ata.StatusDRQ
	if c.flags&dma != 0 {
		c.phase = dmaOut
		c.dma()
		return
	}
	c.phase, c.end = pioOut, min(c.pos+c.block, c.fill)
	d.intrq = interrupt
}

// offer has the guest read the next block, or the bus master take it.
func (c *channel) offer() {
	d := c.drive()
	d.status = ata.StatusGood | ata.StatusDRQ
	if c.flags&dma != 0 {
		c.phase = dmaIn
		c.dma()
		return
	}
	n := c.fill - c.pos
	if n > c.block {
		n = max(c.block&^1, 2)
	}
	c.phase, c.end = pioIn, min(c.pos+n, c.fill)
	if c.flags&packet != 0 {
		c.byteCount(n)
	}
	d.intrq = true
}

// taken goes on when all of a block has been read. The guest knows that it was
// the last; only a packet command interrupts once more. ATA-6 §9.6, §9.8.
func (c *channel) taken() {
	switch {
	case c.pos < c.fill:
		c.offer()
	case c.left > 0:
		c.fetch()
	default:
		c.complete(c.flags&(packet|dma) != 0)
	}
}

// given goes on when all of a block has been written.
func (c *channel) given() {
	switch {
	case c.phase == packetIn:
		c.packet()
	case c.pos < c.fill:
		c.ask(true)
	default:
		c.submit(block.Write)
	}
}

// readData reads the data port.
func (c *channel) readData(size int) uint32 {
	v := ^uint32(0)
	if c.phase != pioIn {
		return v
	}
	for i := range min(size, c.end-c.pos) {
		v = v&^(0xff<<(8*i)) | uint32(c.buf[c.pos+i])<<(8*i)
	}
	if c.pos += size; c.pos >= c.end {
		c.pos = c.end
		c.taken()
		c.step()
	}
	return v
}

// writeData writes the data port.
func (c *channel) writeData(size int, v uint32) {
	if c.phase != pioOut && c.phase != packetIn {
		return
	}
	for i := range min(size, c.end-c.pos) {
		c.buf[c.pos+i] = uint8(v >> (8 * i))
	}
	if c.pos += size; c.pos >= c.end {
		c.pos = c.end
		c.given()
		c.step()
	}
}

// identify lets the guest read what the drive says of itself.
func identify(c *channel, d *drive) {
	p := (*[ata.SectorSize]byte)(c.buf[:])
	if d.kind == cdDrive {
		d.info.IdentifyPacket(p)
	} else {
		d.info.Identify(p)
	}
	c.block, c.fill = ata.SectorSize, ata.SectorSize
	c.offer()
}
