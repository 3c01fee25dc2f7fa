package ahci

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
)

// bufferSize is how much a port asks of a disk at once, in bytes.
const bufferSize = 128 << 10

// Physical regions. AHCI §4.2.3.3.
const (
	regionSize      = 16 // bytes in the table
	regionCount     = 0x3fffff
	regionInterrupt = 1 << 31
)

// sectors begins a command that reads or writes sectors.
func (p *port) sectors(f ata.Flags) {
	lba, n, ok := p.info.Address(&p.regs.TaskFile, f&ata.Ext != 0)
	switch {
	case f&ata.Multiple != 0 && p.info.Multiple == 0, f&ata.Write != 0 && p.disk.ReadOnly():
		p.fail(ata.ErrorABRT)
		return
	case !ok || lba > p.info.Sectors || uint64(n) > p.info.Sectors-lba:
		p.fail(ata.ErrorIDNF)
		return
	}
	p.flags, p.unit, p.lba, p.left = f, ata.SectorSize, lba, n
	if f&ata.Write != 0 {
		p.gather()
	} else {
		p.fetch()
	}
}

// fetch has the disk read what fits in the buffer.
func (p *port) fetch() {
	p.fill = int(min(p.left, uint32(bufferSize/p.unit))) * p.unit
	p.submit(block.Read)
}

// gather takes what fits in the buffer from memory and has the disk write it.
func (p *port) gather() {
	p.fill = int(min(p.left, uint32(bufferSize/p.unit))) * p.unit
	if p.move(false, p.buf[:p.fill]) {
		p.submit(block.Write)
	}
}

// submit has the disk do something.
func (p *port) submit(op block.Op) {
	p.active, p.op, p.flying = true, op, true
	p.tfd = ata.StatusBSY | ata.StatusDRDY
	p.request.Op, p.request.Buf = op, nil
	if op != block.Flush {
		p.request.Off = p.lba * uint64(p.unit)
		p.pieces[0] = p.buf[:p.fill]
		p.request.Buf = p.pieces[:]
	}
	p.disk.Submit(&p.request)
}

// wait has the disk do nothing, so that done is called when it has got to it.
func (p *port) wait() {
	p.request.Op, p.request.Off, p.request.Buf = block.Read, 0, nil
	p.flying = true
	p.disk.Submit(&p.request)
}

// done is called when the disk has served the request. The command may be gone
// by then.
func (p *port) done(err error) {
	p.flying = false
	if p.active {
		p.active = false
		p.served(err)
	}
	p.run()
	p.hba.step()
}

// served goes on with the command. Without a write cache, what is written is
// flushed before it ends.
func (p *port) served(err error) {
	switch {
	case err != nil && p.flags&ata.Packet != 0:
		p.cd.ReadFailed()
		p.failPacket()
		return
	case err != nil && p.op == block.Read:
		p.fail(ata.ErrorUNC)
		return
	case err != nil:
		p.fail(ata.ErrorABRT)
		return
	case p.op == block.Flush:
		p.complete()
		return
	case p.op == block.Read && p.flags&ata.Verify == 0 && !p.move(true, p.buf[:p.fill]):
		return
	}
	n := p.fill / p.unit
	p.lba, p.left = p.lba+uint64(n), p.left-uint32(n)
	switch {
	case p.left > 0 && p.op == block.Read:
		p.fetch()
	case p.left > 0:
		p.gather()
	case p.op == block.Write && !p.info.WriteCache:
		p.submit(block.Flush)
	case p.op == block.Read && p.flags&(ata.DMA|ata.Packet|ata.Verify) == 0:
		p.completePIO()
	default:
		p.complete()
	}
}

// move moves data between the buffer and the regions of the command table, from
// where it left off. If that cannot be, the command fails. A table is gone
// through once a command, so this ends.
func (p *port) move(toMemory bool, data []byte) bool {
	for len(data) > 0 {
		if p.region >= p.regions {
			p.is |= isOverflow
			p.fail(ata.ErrorABRT)
			return false
		}
		var b [regionSize]byte
		if !p.hba.master() || p.hba.memory.Read(p.table+tableRegions+regionSize*uint64(p.region), b[:]) != nil {
			p.fatal()
			return false
		}
		base := binary.LittleEndian.Uint64(b[:]) &^ 1
		flags := binary.LittleEndian.Uint32(b[12:])
		size := flags&regionCount + 1
		if p.at < size { // the guest may have changed it
			part := data[:min(uint64(len(data)), uint64(size-p.at))]
			if !p.copy(toMemory, base, part) {
				p.fatal()
				return false
			}
			data = data[len(part):]
			p.at += uint32(len(part))
			p.bytes += uint32(len(part))
		}
		if p.at >= size {
			p.region, p.at = p.region+1, 0
			if flags&regionInterrupt != 0 {
				p.is |= isRegion
			}
		}
	}
	return true
}

// copy moves data between the buffer and the current region, which is at base.
func (p *port) copy(toMemory bool, base uint64, b []byte) bool {
	gpa := base + uint64(p.at)
	switch {
	case gpa < base:
		return false
	case toMemory:
		return p.hba.memory.Write(gpa, b) == nil
	}
	return p.hba.memory.Read(gpa, b) == nil
}
