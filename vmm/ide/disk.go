package ide

import (
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
)

// submit has the disk read or write the buffer's data, or flush.
func (c *channel) submit(op block.Op) {
	c.phase, c.op = waiting, op
	c.drive().status = ata.StatusBSY | ata.StatusDRDY
	c.request.Op, c.request.Buf = op, nil
	if op != block.Flush {
		c.request.Off = c.lba * uint64(c.unit)
		c.pieces[0] = c.buf[:c.fill]
		c.request.Buf = c.pieces[:]
	}
	c.flying = true
	c.drive().disk.Submit(&c.request)
}

// done is called when the disk has served the request.
func (c *channel) done(err error) {
	c.flying = false
	if c.stale {
		c.stale = false
		return
	}
	if err != nil {
		c.diskFailed()
	} else {
		c.served()
	}
	c.step()
}

func (c *channel) diskFailed() {
	switch {
	case c.flags&packet != 0:
		c.drive().cd.ReadFailed()
		c.failPacket()
	case c.op == block.Read:
		c.fail(ata.ErrorUNC)
	default:
		c.fail(ata.ErrorABRT)
	}
}

// served goes on when the disk is done. Without a write cache, what is written
// is flushed before the command ends.
func (c *channel) served() {
	if c.op == block.Flush {
		c.complete(true)
		return
	}
	n := c.fill / c.unit
	c.lba, c.left = c.lba+uint64(n), c.left-uint32(n)
	c.pos = 0
	switch {
	case c.op == block.Read && c.flags&verify == 0:
		c.offer()
	case c.op == block.Read && c.left > 0:
		c.fetch()
	case c.left > 0:
		c.gather(true)
	case c.op == block.Write && !c.drive().info.WriteCache:
		c.submit(block.Flush)
	default:
		c.complete(true)
	}
}

func flush(c *channel, _ *drive) { c.submit(block.Flush) }
