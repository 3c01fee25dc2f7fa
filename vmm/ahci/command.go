package ahci

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/ide/atapi"
)

// The command list and command tables. AHCI §4.2.2 and §4.2.3.
const (
	headerSize   = 32 // bytes in the list
	headerBytes  = 4  // offset of the number of bytes moved
	tableMask    = ^uint64(0x7f)
	tablePacket  = 0x40
	tableRegions = 0x80
)

// command is one that runs.
type command struct {
	active bool // the disk works on it
	regs   registers
	flags  ata.Flags
	op     block.Op // what the disk does
	unit   int      // bytes of a sector
	lba    uint64   // of the first sector that is in the buffer, or comes next
	left   uint32   // sectors that are not done
	fill   int      // bytes of data in the buffer

	table   uint64 // guest-physical address of the command table
	regions uint32 // in the table
	region  uint32 // the current one
	at      uint32 // bytes of it that are done
	bytes   uint32 // moved in all
}

// begin begins the command in the current slot.
func (p *port) begin() {
	p.command = command{}
	var header [16]byte
	var fis [fisSize]byte
	if p.hba.memory.Read(p.list+headerSize*uint64(p.slot), header[:]) != nil {
		p.fatal()
		return
	}
	p.regions = uint32(binary.LittleEndian.Uint16(header[2:]))
	p.table = binary.LittleEndian.Uint64(header[8:]) & tableMask
	if p.hba.memory.Read(p.table, fis[:]) != nil {
		p.fatal()
		return
	}
	p.regs.parse(&fis)
	switch {
	case fis[0] != fisH2D:
		p.fail(ata.ErrorABRT)
	case fis[1]&fisCommand == 0:
		p.softReset()
	case p.kind == diskDrive:
		p.diskCommand()
	default:
		p.cdCommand()
	}
}

// softReset follows the control register: the drive is reset while SRST is set,
// and tells its signature when it is let go. AHCI §10.4.1.
func (p *port) softReset() {
	held := p.regs.control&ata.ControlSRST != 0
	if p.srst && !held {
		if p.cd != nil {
			p.cd.Reset()
		}
		p.sign(false)
	}
	p.srst = held
	p.end()
}

// common does the commands that all drives know, and tells false if it is none.
func (p *port) common() bool {
	switch p.regs.code {
	case ata.CmdSetFeatures:
		p.settle(p.info.SetFeatures(p.regs.features, uint8(p.regs.Count)))
	case ata.CmdCheckPower:
		p.regs.Count = ata.PowerActive
		p.complete()
	case ata.CmdStandbyImmediate, ata.CmdIdleImmediate, ata.CmdStandby, ata.CmdIdle, ata.CmdSleep:
		p.complete()
	case ata.CmdDiagnostic:
		p.sign(true)
		p.end()
	default:
		return false
	}
	return true
}

func (p *port) diskCommand() {
	r := &p.regs
	if f := ata.SectorCommand(r.code); f != 0 {
		p.sectors(f)
		return
	}
	switch r.code {
	case ata.CmdFlushCache, ata.CmdFlushCacheExt:
		p.submit(block.Flush)
	case ata.CmdIdentify:
		p.info.Identify((*[ata.SectorSize]byte)(p.buf))
		p.identified()
	case ata.CmdSetMultiple:
		p.settle(p.info.SetMultiple(uint8(r.Count)))
	case ata.CmdReadNativeMax, ata.CmdReadNativeMaxExt:
		ext := r.code == ata.CmdReadNativeMaxExt
		p.info.SetAddress(&r.TaskFile, p.info.NativeMax(ext), ext)
		p.complete()
	case ata.CmdInitParameters:
		g, ok := ata.NewGeometry(p.info.Sectors, r.Device&ata.DeviceHead+1, uint8(r.Count))
		if ok {
			p.info.Current = g
		}
		p.settle(ok)
	default:
		if !p.common() {
			p.fail(ata.ErrorABRT)
		}
	}
}

func (p *port) cdCommand() {
	switch p.regs.code {
	case ata.CmdPacket:
		p.packet()
	case ata.CmdIdentifyPacket:
		p.info.IdentifyPacket((*[ata.SectorSize]byte)(p.buf))
		p.identified()
	case ata.CmdDeviceReset:
		p.cd.Reset()
		p.sign(true)
		p.end()
	case ata.CmdIdentify, ata.CmdReadSectors: // ATA-6 §8.15.5.2
		p.setSignature(ata.PacketSignature)
		p.fail(ata.ErrorABRT)
	default:
		if !p.common() {
			p.fail(ata.ErrorABRT)
		}
	}
}

// identified sends the answer to an identification.
func (p *port) identified() {
	if p.move(true, p.buf[:ata.SectorSize]) {
		p.completePIO()
	}
}

// packet has the CD-ROM drive do what the packet in the command table says.
func (p *port) packet() {
	p.flags = ata.Packet
	var cdb [atapi.PacketSize]byte
	if p.hba.memory.Read(p.table+tablePacket, cdb[:]) != nil {
		p.fatal()
		return
	}
	r := p.cd.Packet(&cdb, p.buf)
	switch r.Kind {
	case atapi.Done:
		p.complete()
	case atapi.Failed:
		p.failPacket()
	case atapi.Data:
		if p.move(true, p.buf[:r.N]) {
			p.complete()
		}
	case atapi.Read:
		p.unit, p.lba, p.left = atapi.BlockSize, uint64(r.LBA), r.Blocks
		p.fetch()
	}
}

// The interrupt reason of a packet command that is over. ATA-6 §8.23.7.
const reasonStatus = 3

func (p *port) settle(ok bool) {
	if !ok {
		p.fail(ata.ErrorABRT)
		return
	}
	p.complete()
}
