// Package atapi is a CD-ROM drive as packets see it, without the cable: a
// controller hands it the command packets that the guest sends, and moves the
// data that they ask for. IDE and AHCI both do.
//
// It follows SFF-8020i (ATA Packet Interface for CD-ROMs) and, for what is
// newer, MMC-3; sense data are those of SPC-2.
package atapi

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/block"
)

// PacketSize is a command packet's size, BlockSize a CD block's, MinBuffer that
// of the buffer which Packet wants. All are in bytes.
const (
	PacketSize = 12
	BlockSize  = 2048
	MinBuffer  = 128
)

// Kind is what a packet leads to.
type Kind uint8

const (
	Done   Kind = iota // nothing more
	Failed             // the status is an error, the sense data say why
	Data               // bytes in the buffer go to the guest
	Read               // blocks of the disk go to the guest
)

// Reply is what a controller has to do for a packet.
type Reply struct {
	Kind   Kind
	N      int    // Data: bytes in the buffer
	LBA    uint32 // Read: the first block
	Blocks uint32 // Read: how many, at least 1; all are on the disk
}

// CD is the drive. Its methods are called with the device lock held.
type CD struct {
	disk      *block.Disk
	open      bool // the tray
	locked    bool // the guest forbids to open it
	attention bool // the guest has not heard that the medium may have changed
	event     uint8
	sense     sense
}

// New makes a drive with a disk in it. Without one, nil, it stays empty.
func New(disk *block.Disk) *CD { return &CD{disk: disk} }

// Reset is what a reset of the bus does. The tray stays as it is.
func (c *CD) Reset() { c.locked, c.sense = false, sense{} }

// Disk is where blocks to read are.
func (c *CD) Disk() *block.Disk { return c.disk }

// blocks is the size of the disk in the drive, 0 without one.
func (c *CD) blocks() uint32 {
	if c.disk == nil || c.open {
		return 0
	}
	return uint32(min(c.disk.Size()/BlockSize, 1<<32-1))
}

// Command packets. SFF-8020i §10.8; MMC-3 §6 for the last group.
const (
	cmdTestUnitReady  = 0x00
	cmdRequestSense   = 0x03
	cmdInquiry        = 0x12
	cmdStartStop      = 0x1b
	cmdPreventRemoval = 0x1e
	cmdReadCapacity   = 0x25
	cmdRead10         = 0x28
	cmdSeek10         = 0x2b
	cmdReadTOC        = 0x43
	cmdModeSense10    = 0x5a
	cmdRead12         = 0xa8
	cmdSetSpeed       = 0xbb
	cmdMechanism      = 0xbd
	cmdReadCD         = 0xbe

	cmdGetConfiguration = 0x46
	cmdGetEventStatus   = 0x4a
)

// Packet takes a command. buf has at least MinBuffer bytes; what it had is
// lost.
func (c *CD) Packet(cdb *[PacketSize]byte, buf []byte) Reply {
	op := cdb[0]
	switch op {
	case cmdRequestSense:
		return c.requestSense(cdb, buf)
	case cmdInquiry:
		return c.inquiry(cdb, buf)
	case cmdGetConfiguration:
		return c.configuration(cdb, buf)
	case cmdGetEventStatus:
		return c.eventStatus(cdb, buf)
	}
	if c.attention {
		c.attention = false
		return c.fail(senseChanged)
	}
	c.sense = sense{}
	switch op {
	case cmdStartStop:
		return c.startStop(cdb)
	case cmdPreventRemoval:
		c.locked = cdb[4]&1 != 0
		return Reply{}
	case cmdModeSense10:
		return c.modeSense(cdb, buf)
	case cmdMechanism:
		clear(buf[:8])
		buf[5] = 1 // slot
		return data(8, binary.BigEndian.Uint16(cdb[8:]))
	case cmdSetSpeed:
		return Reply{}
	case cmdTestUnitReady, cmdReadCapacity, cmdRead10, cmdRead12, cmdReadCD, cmdSeek10, cmdReadTOC:
	default:
		return c.fail(senseOpcode)
	}
	if c.blocks() == 0 {
		if c.open {
			return c.fail(senseOpen)
		}
		return c.fail(senseEmpty)
	}
	return c.medium(cdb, buf)
}

// medium takes the commands that need a disk in the drive.
func (c *CD) medium(cdb *[PacketSize]byte, buf []byte) Reply {
	lba := binary.BigEndian.Uint32(cdb[2:])
	switch cdb[0] {
	case cmdReadCapacity:
		binary.BigEndian.PutUint32(buf, c.blocks()-1)
		binary.BigEndian.PutUint32(buf[4:], BlockSize)
		return Reply{Kind: Data, N: 8}
	case cmdRead10:
		return c.read(lba, uint32(binary.BigEndian.Uint16(cdb[7:])))
	case cmdRead12:
		return c.read(lba, binary.BigEndian.Uint32(cdb[6:]))
	case cmdReadCD:
		switch cdb[9] & readCDFields {
		case 0:
			return Reply{}
		case readCDUser:
			return c.read(lba, binary.BigEndian.Uint32(cdb[5:])&0xffffff)
		}
		return c.fail(senseField)
	case cmdSeek10:
		if lba >= c.blocks() {
			return c.fail(senseRange)
		}
	case cmdReadTOC:
		return c.toc(cdb, buf)
	}
	return Reply{}
}

// Fields of a sector that READ CD can ask for: the user data is all that an
// image has. SFF-8020i §10.8.14.
const (
	readCDUser   = 0x10
	readCDFields = 0xf8
)

// read has blocks read, if they are on the disk.
func (c *CD) read(lba, n uint32) Reply {
	size := c.blocks()
	switch {
	case lba > size || n > size-lba:
		return c.fail(senseRange)
	case n == 0:
		return Reply{}
	}
	return Reply{Kind: Read, LBA: lba, Blocks: n}
}

// data has n bytes of the buffer sent, or as many as the guest allows.
func data(n int, allowed uint16) Reply {
	if n = min(n, int(allowed)); n == 0 {
		return Reply{}
	}
	return Reply{Kind: Data, N: n}
}
