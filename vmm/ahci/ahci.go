// Package ahci is a SATA controller: the AHCI host bus adapter of the ICH9,
// with a disk or a CD-ROM drive at each port. It follows Serial ATA AHCI 1.3.1
// ("AHCI" in comments); the drives are those of packages ata and atapi.
//
// A guest puts a command in a list in its memory and sets a bit. Here the
// command runs to its end, one a port at a time, without native command
// queuing: data go between the guest's memory and a buffer of the port, with
// the device lock held, while the disk works on its own goroutine.
package ahci

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/ide/atapi"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// MaxPorts is how many ports an ICH9 has.
const MaxPorts = 6

// Drive is what is attached to a port.
type Drive struct {
	Disk *block.Disk // nil: no disk, or a CD-ROM drive without a CD
	CD   bool        // a CD-ROM drive
}

// Config is what a controller is wired to.
type Config struct {
	Memory *ram.RAM // what it reads and writes
	Drives []Drive  // by port
}

// Controller is the host bus adapter. It is a device.MMIO.
type Controller struct {
	*pcihost.Function
	memory *ram.RAM
	ports  []*port
	is     uint32 // ports that interrupt
	enable bool   // GHC.IE
	level  bool   // of the interrupt pin
	msi    *pcihost.MSI
	told   uint32 // ports that the last message was about
}

// The ICH9's function. ICH9 data sheet, SATA controller registers (D31:F2).
const (
	vendorIntel = 0x8086
	deviceICH9  = 0x2922
	revision    = 2
	classAHCI   = 0x010601
	pinA        = 1

	barRegisters = 5
	barSize      = 4096

	regCommand  = 0x04
	regAfter    = 0x06
	regMap      = 0x90 // address map
	mapAHCIMode = 1 << 6
)

// New makes a controller. Its PCI function is Function.
func New(c Config) (*Controller, error) {
	if len(c.Drives) == 0 || len(c.Drives) > MaxPorts {
		return nil, fmt.Errorf("ahci: %d ports, want 1 to %d", len(c.Drives), MaxPorts)
	}
	f, err := pcihost.NewFunction(pcihost.Header{
		Vendor: vendorIntel, Device: deviceICH9, Class: classAHCI, Revision: revision, Pin: pinA})
	if err != nil {
		return nil, err
	}
	h := &Controller{Function: f, memory: c.Memory}
	if h.msi, err = f.AddMSI(); err != nil {
		return nil, err
	}
	f.Define8(regMap, mapAHCIMode, 0)
	f.OnWrite(func(off uint8, size int) {
		if off < regAfter && int(off)+size > regCommand {
			for _, p := range h.ports {
				p.run()
			}
		}
		h.told = 0
		h.step()
	})
	for i, d := range c.Drives {
		p, err := newPort(h, i, d)
		if err != nil {
			return nil, fmt.Errorf("ahci: port %d: %w", i, err)
		}
		h.ports = append(h.ports, p)
	}
	h.Reset()
	return h, f.AddBAR(barRegisters, pcihost.BAR{
		Kind: pcihost.Memory32, Size: barSize, Name: "AHCI", MMIO: h,
	})
}

// newPort makes a port with a drive, or without one.
func newPort(h *Controller, i int, d Drive) (*port, error) {
	p := &port{hba: h, bit: 1 << i, disk: d.Disk}
	p.request.Done = p.done
	p.info.Serial, p.info.UDMA = fmt.Sprintf("RS%05d", i+1), true
	switch {
	case d.CD:
		p.kind, p.cd = cdDrive, atapi.New(d.Disk)
		p.info.Model = "RINGO CD-ROM"
	case d.Disk != nil:
		p.kind = diskDrive
		p.info.Model = "RINGO DISK"
		p.info.Sectors = min(d.Disk.Size()/ata.SectorSize, ata.Max48)
		if p.info.Sectors == 0 {
			return nil, fmt.Errorf("a disk of %d bytes has no sector", d.Disk.Size())
		}
	default:
		return p, nil
	}
	p.buf = make([]byte, bufferSize)
	return p, nil
}

// Reset is device.Resetter's. What a disk still works on for the guest is
// forgotten.
func (h *Controller) Reset() {
	h.is, h.told, h.enable = 0, 0, false
	for _, p := range h.ports {
		p.powerOn()
	}
	h.step()
}

// step brings the interrupt pin in step with the registers, and sends a message
// for ports that the last one was not about. After the guest has written what
// says which ports interrupt, that is all that still do. AHCI §10.6.2.
func (h *Controller) step() {
	for _, p := range h.ports {
		if p.is&p.ie != 0 {
			h.is |= p.bit
		}
	}
	level := h.enable && h.is != 0
	if level != h.level {
		h.level = level
		h.Set(level)
	}
	if !level {
		h.told = 0
	} else if h.is&^h.told != 0 {
		h.told = h.is
		h.msi.Raise()
	}
}

// master tells whether the guest lets the controller use memory.
func (h *Controller) master() bool { return h.Command()&pcihost.CommandMaster != 0 }
