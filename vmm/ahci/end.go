package ahci

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ide/ata"
)

// complete ends a command without an error.
func (p *port) complete() {
	p.arrived(p.lba-1, 0)
	p.post(fisD2H, fisInterrupt, ata.StatusGood, 0, 0)
	p.is |= isD2H
	p.end()
}

// completePIO ends one that gave the guest data by PIO: the FIS that announces
// the data says how it ended. AHCI §5.6.2.
func (p *port) completePIO() {
	p.arrived(p.lba-1, 0)
	p.post(fisPIO, fisInterrupt|fisToHost, ata.StatusGood, 0, int(min(p.bytes, 0xfffe)))
	p.is |= isPIO
	p.end()
}

// fail ends a command with bits of the error register. The list halts, with the
// command in it. AHCI §6.2.2.1.
func (p *port) fail(err uint8) {
	p.arrived(p.lba, p.left)
	p.post(fisD2H, fisInterrupt, ata.StatusGood|ata.StatusERR, err, 0)
	p.is |= isD2H | isError
	p.halted = true
	p.command = command{}
}

func (p *port) failPacket() { p.fail(p.cd.Error()) }

// fatal halts the list when an address is not memory. AHCI §6.1.2.
func (p *port) fatal() {
	p.is |= isHostBus
	if p.flags&ata.Packet != 0 {
		p.cd.TransferFailed()
		p.failPacket()
		return
	}
	p.fail(ata.ErrorABRT)
}

// arrived puts where a command ended into the registers.
func (p *port) arrived(lba uint64, left uint32) {
	r := &p.regs
	switch {
	case p.flags&ata.Sectors != 0:
		p.info.SetAddress(&r.TaskFile, lba, p.flags&ata.Ext != 0)
		r.Count = uint16(left)
	case p.flags&ata.Packet != 0:
		r.Count = reasonStatus
	}
}

// end takes the command from the list, and tells how much was moved.
func (p *port) end() {
	var n [4]byte
	binary.LittleEndian.PutUint32(n[:], p.bytes)
	if p.hba.memory.Write(p.list+headerSize*uint64(p.slot)+headerBytes, n[:]) != nil {
		p.is |= isHostBus
	}
	p.ci &^= 1 << p.slot
	p.command = command{}
}
