package ata

// Flags is what a command that reads or writes sectors is about.
type Flags uint8

const (
	Ext      Flags = 1 << iota // 48-bit address
	Write                      // to the disk
	DMA                        // no PIO
	Multiple                   // several sectors a block
	Verify                     // read, and nothing more
	Sectors                    // an address and a count are in the registers
	Packet                     // a packet command
)

// sectorCommands are the commands with an address and a count.
var sectorCommands = map[uint8]Flags{
	CmdReadSectors:         0,
	CmdReadSectorsNoRetry:  0,
	CmdReadSectorsExt:      Ext,
	CmdReadMultiple:        Multiple,
	CmdReadMultipleExt:     Multiple | Ext,
	CmdReadDMA:             DMA,
	CmdReadDMANoRetry:      DMA,
	CmdReadDMAExt:          DMA | Ext,
	CmdReadVerify:          Verify,
	CmdReadVerifyNoRetry:   Verify,
	CmdReadVerifyExt:       Verify | Ext,
	CmdWriteSectors:        Write,
	CmdWriteSectorsNoRetry: Write,
	CmdWriteSectorsExt:     Write | Ext,
	CmdWriteMultiple:       Write | Multiple,
	CmdWriteMultipleExt:    Write | Multiple | Ext,
	CmdWriteDMA:            Write | DMA,
	CmdWriteDMANoRetry:     Write | DMA,
	CmdWriteDMAExt:         Write | DMA | Ext,
}

// sectorTable is sectorCommands by code, with Sectors set in those that exist.
var sectorTable = func() (t [256]Flags) {
	for code, f := range sectorCommands {
		t[code] = f | Sectors
	}
	return t
}()

// SectorCommand is what a command is about, 0 if it does not read or write
// sectors.
func SectorCommand(code uint8) Flags { return sectorTable[code] }

// TaskFile is the registers that say where and how much. Each has room for two
// bytes, of which a command with a 48-bit address uses both: the byte before
// the last one written is the high one. ATA-6 §6.20.
type TaskFile struct {
	Count, Low, Mid, High uint16
	Device                uint8
}

// Address is the sector address and count in the registers. ok is false if the
// geometry does not have it. A count of 0 is the most there is. ATA-6 §6.2.
func (d *Drive) Address(t *TaskFile, ext bool) (lba uint64, n uint32, ok bool) {
	low, mid, high := uint64(t.Low), uint64(t.Mid), uint64(t.High)
	if ext {
		lba = low&0xff | mid&0xff<<8 | high&0xff<<16 | low>>8<<24 | mid>>8<<32 | high>>8<<40
		return lba, uint32(t.Count-1) + 1, true
	}
	n = uint32(uint8(t.Count)-1) + 1
	if t.Device&DeviceLBA != 0 {
		return low&0xff | mid&0xff<<8 | high&0xff<<16 | uint64(t.Device&DeviceHead)<<24, n, true
	}
	lba, ok = d.Current.LBA(uint16(mid&0xff|high&0xff<<8), t.Device&DeviceHead, uint8(low))
	return lba, n, ok
}

// SetAddress puts a sector address into the registers.
func (d *Drive) SetAddress(t *TaskFile, lba uint64, ext bool) {
	b := func(shift int) uint16 { return uint16(lba>>shift) & 0xff }
	switch {
	case ext:
		t.Low, t.Mid, t.High = b(0)|b(24)<<8, b(8)|b(32)<<8, b(16)|b(40)<<8
		return
	case t.Device&DeviceLBA != 0:
		t.Low, t.Mid, t.High = b(0), b(8), b(16)
		t.Device = t.Device&^DeviceHead | uint8(b(24))&DeviceHead
		return
	}
	cylinder, head, sector := d.Current.CHS(lba)
	t.Low, t.Mid, t.High = uint16(sector), cylinder&0xff, cylinder>>8
	t.Device = t.Device&^DeviceHead | head&DeviceHead
}
