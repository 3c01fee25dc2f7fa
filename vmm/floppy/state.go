package floppy

import (
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// State is device.Stateful's. It may be saved at any time; what a disk works
// on is begun again after a load. To load, the disks must be drained. What is
// on the disks is not part of it.
func (c *Controller) State(s *state.Codec) {
	s.Version("floppy", 1)
	if s.Loading() && c.flying {
		s.Fail("a disk is at work")
	}
	for i := range c.drives {
		s.U8(&c.drives[i].cylinder)
		s.Bool(&c.drives[i].changed)
	}
	for _, v := range []*uint8{&c.dor, &c.tape, &c.rate, (*uint8)(&c.phase), &c.sense, &c.st0,
		&c.specify[0], &c.specify[1], &c.config[0], &c.config[1], &c.perp,
		(*uint8)(&c.op), &c.cylinder, &c.head, &c.sector, &c.sectors} {
		s.U8(v)
	}
	s.Raw(c.bytes[:])
	s.Int(&c.n)
	s.Int(&c.at)
	for _, v := range []*bool{&c.seeked, &c.raised, &c.lock, &c.last} {
		s.Bool(v)
	}
	if s.Loading() && s.Err() == nil && !c.possible() {
		s.Fail("byte %d of %d in phase %d", c.at, c.n, c.phase)
	}
	if s.Err() == nil && c.phase == execution && c.op == block.Write {
		s.Raw(c.buf[:int(c.sectors)*sectorSize])
	}
	switch {
	case !s.Loading():
		return
	case s.Err() != nil:
		c.Reset()
		return
	}
	c.raise(c.raised)
	if c.phase == execution {
		c.submit(c.op)
	}
}

// possible tells whether a state that was loaded can be: whether what comes
// next stays within the FIFO, the buffer and the disk.
func (c *Controller) possible() bool {
	for i := range c.drives {
		if c.drives[i].cylinder >= cylinders {
			return false
		}
	}
	if c.sense > resetInterrupts {
		return false
	}
	switch c.phase {
	case commandPhase:
		return c.at == 0 || c.n == lengths[c.bytes[0]&opcodeBits] && c.at > 0 && c.at < c.n
	case resultPhase:
		return c.n <= commandMax && c.at >= 0 && c.at < c.n
	case execution:
		d := c.selected()
		return d != nil && d.disk != nil && (c.op == block.Read || c.op == block.Write && !d.disk.ReadOnly()) &&
			c.cylinder < cylinders && c.head < heads && c.sector > 0 && c.sector <= perTrack && c.sectors > 0 &&
			int(c.sector)-1+int(c.sectors) <= int(heads-c.head)*perTrack
	}
	return false
}
