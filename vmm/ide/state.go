package ide

import (
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// State is device.Stateful's. It may be saved at any time; what a disk works
// on is begun again after a load. To load, the disks must be drained. What is
// on the disks is not part of it.
func (c *Controller) State(s *state.Codec) {
	s.Version("ide", 1)
	for _, ch := range c.channels {
		ch.state(s)
	}
	if !s.Loading() {
		return
	}
	for _, ch := range c.channels {
		if s.Err() != nil {
			ch.powerOn()
			continue
		}
		ch.loaded()
	}
}

func (c *channel) state(s *state.Codec) {
	if s.Loading() && c.flying {
		s.Fail("a disk is at work")
	}
	s.U8(&c.device)
	s.U8(&c.control)
	for i := range c.drives {
		c.drives[i].state(s)
	}
	c.bm.state(s)
	c.transfer.state(s)
	if s.Loading() && s.Err() == nil {
		c.trim()
		if !c.possible() {
			s.Fail("phase %d of a drive of kind %d with %d bytes", c.phase, c.drive().kind, c.fill)
		}
	}
	if s.Err() == nil && c.hasData() {
		s.Raw(c.buf[:c.fill])
	}
}

// hasData tells whether what is in the buffer is still needed.
func (c *channel) hasData() bool {
	return c.phase != idle && (c.phase != waiting || c.op == block.Write)
}

func (d *drive) state(s *state.Codec) {
	k := uint8(d.kind)
	if s.U8(&k); kind(k) != d.kind {
		s.Fail("a drive of kind %d, want %d", k, d.kind)
	}
	for i := range d.regs {
		s.U8(&d.regs[i].now)
		s.U8(&d.regs[i].before)
	}
	s.U8(&d.status)
	s.U8(&d.err)
	s.Bool(&d.intrq)
	s.U16(&d.info.Current.Cylinders)
	s.U8(&d.info.Current.Heads)
	s.U8(&d.info.Current.Sectors)
	s.U8(&d.info.Multiple)
	s.Bool(&d.info.WriteCache)
	s.U8(&d.info.Mode)
	if m := d.info.Multiple; m > ata.MaxMultiple {
		s.Fail("%d sectors a block", m)
	}
	if d.cd != nil {
		d.cd.State(s)
	}
}

func (b *busMaster) state(s *state.Codec) {
	s.U8(&b.command)
	s.U8(&b.status)
	s.U32(&b.table)
	s.U32(&b.next)
	s.U32(&b.addr)
	s.U32(&b.room)
	s.Bool(&b.last)
}

func (t *transfer) state(s *state.Codec) {
	s.U8((*uint8)(&t.phase))
	s.U8((*uint8)(&t.flags))
	s.U8((*uint8)(&t.op))
	s.Int(&t.unit)
	s.U64(&t.lba)
	s.U32(&t.left)
	s.Int(&t.block)
	s.Int(&t.fill)
	s.Int(&t.pos)
	s.Int(&t.end)
}

// loaded brings the line and the disk in step.
func (c *channel) loaded() {
	c.level = c.drive().intrq && c.control&ata.ControlNIEN == 0
	c.irq.Set(c.level)
	if c.phase == waiting {
		c.submit(c.op)
	}
}
