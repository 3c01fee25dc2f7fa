package ide

import (
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/ide/atapi"
)

// The interrupt reason, in the count register: what a drive that asks for data
// wants. ATA-6 §8.23.7.
const (
	reasonPacket = 1 // C/D: the packet
	reasonData   = 2 // I/O: to the guest
	reasonStatus = 3 // both: nothing, the command is over

	featureDMA     = 1 << 0 // the bus master moves the data. ATA-6 §8.23.4
	featureOverlap = 1 << 1 // is not there

	maxByteCount = 0xfffe
)

// packetCommand asks for the packet. Of the byte count limit, 0 is no limit.
func packetCommand(c *channel, d *drive) {
	features := d.regs[regError].now
	if features&featureOverlap != 0 {
		c.fail(ata.ErrorABRT)
		return
	}
	c.flags = packet
	if features&featureDMA != 0 {
		c.flags |= dma
	}
	c.block = int(d.regs[regMid].now) | int(d.regs[regHigh].now)<<8
	if c.block == 0 {
		c.block = maxByteCount
	}
	c.phase, c.pos, c.end, c.fill = packetIn, 0, atapi.PacketSize, atapi.PacketSize
	d.regs[regCount].now = reasonPacket
	d.status = ata.StatusGood | ata.StatusDRQ
}

// packet has the CD-ROM drive do what the packet says.
func (c *channel) packet() {
	d := c.drive()
	cdb := [atapi.PacketSize]byte(c.buf[:])
	r := d.cd.Packet(&cdb, c.buf[:])
	c.pos, c.fill = 0, 0
	switch r.Kind {
	case atapi.Done:
		c.complete(true)
	case atapi.Failed:
		c.failPacket()
	case atapi.Data:
		c.fill = r.N
		c.offer()
	case atapi.Read:
		c.unit, c.lba, c.left = atapi.BlockSize, uint64(r.LBA), r.Blocks
		c.fetch()
	}
}

// byteCount tells the guest that n bytes are to be read.
func (c *channel) byteCount(n int) {
	d := c.drive()
	d.regs[regCount].now = reasonData
	d.regs[regMid].now, d.regs[regHigh].now = uint8(n), uint8(n>>8)
}

// failPacket ends a packet command with the drive's error.
func (c *channel) failPacket() { c.fail(c.drive().cd.Error()) }
