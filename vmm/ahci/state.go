package ahci

import (
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// State is device.Stateful's. It may be saved at any time; what a disk works
// on is begun again after a load. To load, the disks must be drained. What is
// on the disks is not part of it.
func (h *Controller) State(s *state.Codec) {
	s.Version("ahci", 1)
	s.U32(&h.is)
	s.Bool(&h.enable)
	for _, p := range h.ports {
		p.state(s)
	}
	if !s.Loading() {
		return
	}
	h.is &= 1<<len(h.ports) - 1
	h.told = h.is
	for _, p := range h.ports {
		switch {
		case s.Err() != nil:
			p.powerOn()
		case p.active:
			p.submit(p.op)
		case p.stale:
			p.wait()
		}
	}
	h.step()
}

func (p *port) state(s *state.Codec) {
	if s.Loading() && p.flying {
		s.Fail("a disk is at work")
	}
	k := uint8(p.kind)
	if s.U8(&k); kind(k) != p.kind {
		s.Fail("a drive of kind %d, want %d", k, p.kind)
	}
	s.U64(&p.list)
	s.U64(&p.fis)
	for _, v := range []*uint32{&p.is, &p.ie, &p.cmd, &p.slot, &p.tfd, &p.sig, &p.sctl, &p.ci} {
		s.U32(v)
	}
	p.stale = p.flying && !p.active
	s.Bool(&p.stale)
	s.Bool(&p.news)
	s.Bool(&p.halted)
	s.Bool(&p.srst)
	s.U16(&p.info.Current.Cylinders)
	s.U8(&p.info.Current.Heads)
	s.U8(&p.info.Current.Sectors)
	s.U8(&p.info.Multiple)
	s.Bool(&p.info.WriteCache)
	s.U8(&p.info.Mode)
	if p.cd != nil {
		p.cd.State(s)
	}
	p.command.state(s)
	if s.Loading() && s.Err() == nil {
		p.list, p.fis = p.list&clbMask, p.fis&fbMask
		p.cmd, p.slot, p.ie, p.sctl = p.cmd&cmdBits, p.slot%slots, p.ie&ieBits, p.sctl&sctlBits
		if !p.active {
			p.command = command{regs: p.regs}
		}
		if p.active && p.stale || p.stale && p.disk == nil {
			s.Fail("a disk at work for no command")
		}
		if !p.possible() {
			s.Fail("a command with %d bytes for a drive of kind %d", p.fill, p.kind)
		}
	}
	if s.Err() == nil && p.active && p.op == block.Write {
		s.Raw(p.buf[:p.fill])
	}
}

func (c *command) state(s *state.Codec) {
	s.Bool(&c.active)
	r := &c.regs
	s.U8(&r.code)
	s.U8(&r.features)
	s.U8(&r.control)
	s.U8(&r.Device)
	for _, v := range []*uint16{&r.Count, &r.Low, &r.Mid, &r.High} {
		s.U16(v)
	}
	s.U8((*uint8)(&c.flags))
	s.U8((*uint8)(&c.op))
	s.Int(&c.unit)
	s.U64(&c.lba)
	s.U32(&c.left)
	s.Int(&c.fill)
	s.U64(&c.table)
	for _, v := range []*uint32{&c.regions, &c.region, &c.at, &c.bytes} {
		s.U32(v)
	}
}

// possible tells whether a command that was loaded can be: whether what comes
// next stays within the buffer and has the drive and disk that it needs.
func (p *port) possible() bool {
	c := &p.command
	isPacket := c.flags&ata.Packet != 0
	switch {
	case !c.active:
		return true
	case p.disk == nil || c.op > block.Flush || isPacket != (p.kind == cdDrive) || isPacket && c.op != block.Read,
		c.lba > ata.Max48 || c.regions > 1<<16:
		return false
	case c.op == block.Flush:
		return c.fill == 0 || c.fill <= bufferSize && c.fill > 0
	}
	unit := ata.SectorSize
	if isPacket {
		unit = ata.CDSectorSize
	}
	return c.unit == unit && c.fill > 0 && c.fill <= bufferSize && c.fill%unit == 0 && uint64(c.fill/unit) <= uint64(c.left)
}
