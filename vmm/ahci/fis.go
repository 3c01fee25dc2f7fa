package ahci

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ide/ata"
)

// Frame information structures (FISes). Serial ATA 2.6 §10.3; where received
// ones go, AHCI §4.2.1.
const (
	fisH2D = 0x27 // register, from the host
	fisD2H = 0x34 // register, from the drive
	fisPIO = 0x5f // PIO setup

	fisSize      = 20
	fisCommand   = 1 << 7 // byte 1, of those from the host
	fisInterrupt = 1 << 6 // byte 1, of those from the drive
	fisToHost    = 1 << 5 // byte 1, of a PIO setup

	areaPIO = 0x20
	areaD2H = 0x40
)

// registers is what a FIS has of a drive's registers.
type registers struct {
	code     uint8 // command
	features uint8
	ata.TaskFile
	control uint8
}

// parse takes the registers from a FIS.
func (r *registers) parse(p *[fisSize]byte) {
	pair := func(low, high int) uint16 { return uint16(p[low]) | uint16(p[high])<<8 }
	r.code, r.features, r.control = p[2], p[3], p[15]
	r.Low, r.Mid, r.High, r.Count = pair(4, 8), pair(5, 9), pair(6, 10), pair(12, 13)
	r.Device = p[7]
}

// post has a FIS with the drive's registers received, and sets the task file.
func (p *port) post(kind, flags, status, err uint8, n int) {
	r := &p.regs
	b := [fisSize]byte{kind, flags, status, err,
		uint8(r.Low), uint8(r.Mid), uint8(r.High), r.Device,
		uint8(r.Low >> 8), uint8(r.Mid >> 8), uint8(r.High >> 8), 0,
		uint8(r.Count), uint8(r.Count >> 8)}
	p.tfd = uint32(status) | uint32(err)<<tfdError
	area := uint64(areaD2H)
	if kind == fisPIO {
		b[2] |= ata.StatusDRQ
		b[15] = status
		binary.LittleEndian.PutUint16(b[16:], uint16(n))
		area = areaPIO
	}
	if p.cmd&cmdFRE != 0 && p.hba.master() && p.hba.memory.Write(p.fis+area, b[:]) != nil {
		p.is |= isHostBus
	}
}

// sign has the drive tell its kind, as after a reset. ATA-6 §9.12.
func (p *port) sign(interrupt bool) {
	s, status := ata.DiskSignature, uint8(ata.StatusGood)
	if p.kind == cdDrive {
		s, status = ata.PacketSignature, 0
	}
	p.setSignature(s)
	p.sig = uint32(s.Count) | uint32(s.Low)<<8 | uint32(s.Mid)<<16 | uint32(s.High)<<24
	flags := uint8(0)
	if interrupt {
		flags = fisInterrupt
		p.is |= isD2H
	}
	p.post(fisD2H, flags, status, ata.DiagnosticPassed, 0)
}

func (p *port) setSignature(s ata.Signature) {
	p.regs.TaskFile = ata.TaskFile{Count: uint16(s.Count), Low: uint16(s.Low), Mid: uint16(s.Mid), High: uint16(s.High)}
}
