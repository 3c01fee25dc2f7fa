package ide

import (
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/ide/atapi"
)

// trim clears what no channel has, after a load.
func (c *channel) trim() {
	c.device |= ata.DeviceOnes
	c.control &= ata.ControlNIEN | ata.ControlSRST | ata.ControlHOB
	if c.phase == idle {
		c.transfer = transfer{}
	}
}

// possible tells whether a transfer that was loaded can be: whether what comes
// next stays within the buffer and has the drive and disk that it needs.
func (c *channel) possible() bool {
	d, t := c.drive(), &c.transfer
	isPacket := t.flags&packet != 0
	if t.block < 0 || t.block > 1<<16 || t.fill < 0 || t.fill > bufferSize || t.pos < 0 || t.pos > t.fill || t.end < 0 || t.end > t.fill {
		return false
	}
	sector := ata.SectorSize
	if isPacket {
		sector = ata.CDSectorSize
	}
	if t.unit != sector && (t.unit != 0 || t.left != 0) || t.lba > ata.Max48 || isPacket && d.kind != cdDrive {
		return false
	}
	switch t.phase {
	case idle:
		return true
	case packetIn:
		return isPacket && t.fill == atapi.PacketSize && t.pos < t.end
	case pioIn:
		return d.kind != noDrive && t.pos < t.end && (t.left == 0 || d.disk != nil)
	case dmaIn:
		return d.kind != noDrive && t.pos < t.fill && (t.left == 0 || d.disk != nil)
	case pioOut:
		return d.kind == diskDrive && t.pos < t.end && c.counted()
	case dmaOut:
		return d.kind == diskDrive && t.pos < t.fill && c.counted()
	case waiting:
		switch {
		case d.disk == nil:
			return false
		case t.op == block.Flush:
			return d.kind == diskDrive
		}
		return (t.op == block.Read || t.op == block.Write && d.kind == diskDrive) && c.counted()
	}
	return false
}

// counted tells whether the sectors in the buffer, which are not done, are
// among those that are left.
func (c *channel) counted() bool {
	return c.unit != 0 && c.fill > 0 && c.fill%c.unit == 0 && uint64(c.fill/c.unit) <= uint64(c.left)
}
