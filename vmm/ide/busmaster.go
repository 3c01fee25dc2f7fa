package ide

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// Registers of the bus master, as offsets in a channel's half of its ports.
// Programming Interface for Bus Master IDE Controller 1.0 §2.
const (
	masterCommand = 0
	masterStatus  = 2
	masterTable   = 4 // 32 bits
	masterHalf    = 8 // ports a channel

	masterStart = 1 << 0 // command
	masterWrite = 1 << 3 // to memory

	masterActive    = 1 << 0 // status
	masterError     = 1 << 1
	masterInterrupt = 1 << 2
	masterCapable   = 3 << 5 // each drive's, for firmware to set
)

// Physical region descriptors: an address and a size, of which 0 is 64 KiB, and
// a bit that tells the last one. A table does not cross a 64 KiB boundary.
// Programming Interface for Bus Master IDE Controller 1.0 §1.2.
const (
	prdSize    = 8 // bytes
	prdLast    = 1 << 31
	prdCount   = 0xfffe
	prdMax     = 64 << 10
	tableLimit = 64 << 10
)

// busMaster is a channel's half of the bus master.
type busMaster struct {
	command uint8
	status  uint8
	table   uint32 // guest-physical address of the first descriptor

	next uint32 // of the next descriptor
	addr uint32 // of what is left of the current region
	room uint32 // bytes of it
	last bool   // it is the last
}

// half is the channel and register of a port.
func (f *function) half(off uint16) (*channel, uint16) {
	return f.channels[off/masterHalf%Channels], off % masterHalf
}

// In reads ports of the bus master: device.Ports'.
func (f *function) In(off uint16, size int) uint32 {
	var v uint32
	for i := range size {
		c, r := f.half(off + uint16(i))
		v |= uint32(c.bm.read(r)) << (8 * i)
	}
	return v
}

// Out writes ports of the bus master: device.Ports'.
func (f *function) Out(off uint16, size int, v uint32) {
	for i := range size {
		c, r := f.half(off + uint16(i))
		c.writeMaster(r, uint8(v>>(8*i)))
	}
}

func (b *busMaster) read(r uint16) uint8 {
	switch {
	case r == masterCommand:
		return b.command
	case r == masterStatus:
		return b.status
	case r >= masterTable:
		return uint8(b.table >> (8 * (r - masterTable)))
	}
	return 0
}

func (c *channel) writeMaster(r uint16, v uint8) {
	b := &c.bm
	switch {
	case r == masterCommand:
		started := v&^b.command&masterStart != 0
		b.command = v & (masterStart | masterWrite)
		if b.command&masterStart == 0 {
			b.status &^= masterActive
		}
		if started {
			b.status |= masterActive
			b.next, b.room, b.last = b.table, 0, false
			c.dma()
			c.step()
		}
	case r == masterStatus:
		b.status &^= v & (masterError | masterInterrupt)
		b.status = b.status&^masterCapable | v&masterCapable
	case r >= masterTable:
		shift := 8 * (r - masterTable)
		b.table = (b.table&^(0xff<<shift) | uint32(v)<<shift) &^ 3
	}
}

// dma moves data between the buffer and memory, if both the drive and the bus
// master are ready to, and as long as they are. After the last region the bus
// master stops, and a drive that has more waits for another table. It ends: each
// round moves at least 2 of at most 64 KiB, or stops one of the two.
func (c *channel) dma() {
	b := &c.bm
	toMemory := b.command&masterWrite != 0
	for b.status&masterActive != 0 && c.function.Command()&pcihost.CommandMaster != 0 {
		if !(c.phase == dmaIn && toMemory || c.phase == dmaOut && !toMemory) {
			return
		}
		if b.room == 0 && !c.nextRegion() {
			return
		}
		n := min(b.room, uint32(c.fill-c.pos))
		p := c.buf[c.pos:][:n]
		var err error
		if toMemory {
			err = c.memory.Write(uint64(b.addr), p)
		} else {
			err = c.memory.Read(uint64(b.addr), p)
		}
		if err != nil {
			c.masterFailed()
			return
		}
		c.pos += int(n)
		b.addr, b.room = b.addr+n, b.room-n
		if b.room == 0 && b.last {
			b.status &^= masterActive
		}
		if c.pos < c.fill {
			continue
		}
		if toMemory {
			c.taken()
		} else {
			c.given()
		}
	}
}

// nextRegion reads the next descriptor.
func (c *channel) nextRegion() bool {
	b := &c.bm
	var p [prdSize]byte
	if b.next-b.table >= tableLimit || c.memory.Read(uint64(b.next), p[:]) != nil {
		c.masterFailed()
		return false
	}
	flags := binary.LittleEndian.Uint32(p[4:])
	b.next += prdSize
	b.addr = binary.LittleEndian.Uint32(p[:]) &^ 1
	b.room = flags & prdCount
	if b.room == 0 {
		b.room = prdMax
	}
	b.last = flags&prdLast != 0
	return true
}

// masterFailed stops the bus master when a descriptor or a region is not
// memory. The drive reports it, so that the guest need not wait.
func (c *channel) masterFailed() {
	c.bm.status = c.bm.status&^masterActive | masterError
	if c.flags&packet != 0 {
		c.drive().cd.TransferFailed()
		c.failPacket()
		return
	}
	c.fail(ata.ErrorABRT)
}
