package ide

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/ide/atapi"
)

type kind uint8

const (
	noDrive kind = iota
	diskDrive
	cdDrive
)

// register is one of those that have room for two bytes, for 48-bit addresses:
// the byte before the last one is read with HOB set. ATA-6 §6.20.
type register struct{ now, before uint8 }

// drive is a drive's registers and settings.
type drive struct {
	kind kind
	disk *block.Disk
	cd   *atapi.CD // of a CD-ROM drive
	info ata.Drive

	regs   [regHigh + 1]register // features, and count to high
	status uint8
	err    uint8
	intrq  bool // the drive interrupts
}

// attach makes it the drive in a place, 0 to 3.
func (d *drive) attach(c Drive, place int) error {
	d.disk = c.Disk
	d.info.Serial = fmt.Sprintf("RG%05d", place+1)
	switch {
	case c.CD:
		d.kind, d.cd = cdDrive, atapi.New(c.Disk)
		d.info.Model = "RINGO CD-ROM"
	case c.Disk != nil:
		d.kind = diskDrive
		d.info.Model = "RINGO DISK"
		d.info.Sectors = min(c.Disk.Size()/ata.SectorSize, ata.Max48)
		if d.info.Sectors == 0 {
			return fmt.Errorf("a disk of %d bytes has no sector", c.Disk.Size())
		}
	}
	return nil
}

// powerOn sets what a software reset leaves as it is. ATA-6 §9.1.
func (d *drive) powerOn() {
	d.info.PowerOn()
	d.regs = [len(d.regs)]register{}
}

// sign leaves the signature that tells the drive's kind, and that the drive
// passed its diagnostic. A CD-ROM drive is not ready until its first command.
func (d *drive) sign() {
	d.intrq = false
	if d.kind == noDrive {
		return
	}
	d.signature()
	d.err = ata.DiagnosticPassed
	d.status = ata.StatusGood
	if d.kind == cdDrive {
		d.status = 0
		d.cd.Reset()
	}
}

func (d *drive) signature() {
	s := ata.DiskSignature
	if d.kind == cdDrive {
		s = ata.PacketSignature
	}
	d.regs[regCount], d.regs[regLow] = register{now: s.Count}, register{now: s.Low}
	d.regs[regMid], d.regs[regHigh] = register{now: s.Mid}, register{now: s.High}
}

// taskFile is the registers that say where and how much.
func (c *channel) taskFile() ata.TaskFile {
	r := &c.drive().regs
	word := func(i int) uint16 { return uint16(r[i].before)<<8 | uint16(r[i].now) }
	return ata.TaskFile{Count: word(regCount), Low: word(regLow), Mid: word(regMid), High: word(regHigh), Device: c.device}
}

// setAddress puts a sector address into the registers.
func (c *channel) setAddress(lba uint64, ext bool) {
	d, t := c.drive(), c.taskFile()
	d.info.SetAddress(&t, lba, ext)
	for i, v := range [...]uint16{t.Low, t.Mid, t.High} {
		d.regs[regLow+i] = register{uint8(v), uint8(v >> 8)}
	}
	c.device = t.Device
}

// setCount puts a number of sectors into the count register.
func (d *drive) setCount(n uint32) { d.regs[regCount] = register{uint8(n), uint8(n >> 8)} }
