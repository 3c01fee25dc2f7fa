package pc

import (
	"fmt"
	"runtime/debug"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/ahci"
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/dma8237"
	"github.com/ringo-vmm/ringo/vmm/floppy"
	"github.com/ringo-vmm/ringo/vmm/fwcfg"
	"github.com/ringo-vmm/ringo/vmm/ide"
)

// Disk is a disk or CD of the machine. What is written on one that is not
// read-only is kept in memory, and gone with the machine.
type Disk struct {
	Data     []byte
	CD       bool
	ReadOnly bool
	Bus      config.Bus
}

// Where the controllers are on the PCI bus: IDE at the ISA bridge's device.
const (
	ideDevice   = 1
	ideFunction = 1
	ahciDevice  = 3
)

// maxWritten bounds what a machine can write on one of its disks, in bytes.
const maxWritten = 1 << 30

// drives makes the disks, and the controllers that they are at in their order:
// of IDE first master and slave of the first channel.
func (p *PC) drives(c Config) error {
	var (
		ideDrives  []ide.Drive
		ahciDrives []ahci.Drive
		floppyDisk [2]*block.Disk
		nfloppies  int
	)
	for i, d := range c.Disks {
		var backend block.Backend = block.NewBytes(d.Data, true)
		if !d.CD && !d.ReadOnly {
			backend = block.NewOverlay(backend, maxWritten)
		}
		disk := block.NewDisk(backend, p.served)
		p.VM.OnClose(func() { disk.Close() })
		switch {
		case d.Bus == config.BusAHCI:
			ahciDrives = append(ahciDrives, ahci.Drive{Disk: disk, CD: d.CD})
		case d.Bus == config.BusFloppy && nfloppies < len(floppyDisk):
			floppyDisk[nfloppies] = disk
			nfloppies++
		case d.Bus == config.BusIDE:
			ideDrives = append(ideDrives, ide.Drive{Disk: disk, CD: d.CD})
		default:
			return &keyError{"disk", fmt.Errorf("number %d: no room at %q", i+1, d.Bus)}
		}
	}
	if err := p.newIDE(ideDrives); err != nil {
		return &keyError{"disk", err}
	}
	if err := p.newFloppy(floppyDisk, nfloppies); err != nil {
		return &keyError{"disk", err}
	}
	if len(ahciDrives) == 0 {
		return nil
	}
	var err error
	if p.ahci, err = ahci.New(ahci.Config{Memory: p.VM.RAM, Bus: &p.VM.Memory, Drives: ahciDrives}); err != nil {
		return &keyError{"disk", err}
	}
	return p.pci.Add(ahciDevice, 0, p.ahci.Function)
}

// floppies is how many of the disks are in floppy drives.
func floppies(disks []Disk) (n int) {
	for _, d := range disks {
		if d.Bus == config.BusFloppy {
			n++
		}
	}
	return n
}

// newIDE makes the IDE controller, which is always there.
func (p *PC) newIDE(drives []ide.Drive) (err error) {
	c := ide.Config{Memory: p.VM.RAM, Ports: &p.VM.Ports}
	for i, d := range drives {
		if i/2 >= len(c.Drives) {
			return fmt.Errorf("%d disks are more than an IDE controller takes", len(drives))
		}
		c.Drives[i/2][i%2] = d
	}
	for i := range c.IRQ {
		c.IRQ[i] = p.isa(ide.Line[i])
	}
	if p.ide, err = ide.New(c); err != nil {
		return err
	}
	for i := range ide.Channels {
		if err := p.VM.Ports.Register("IDE", ide.CommandPort[i], ide.CommandPorts, p.ide.Command(i)); err != nil {
			return err
		}
		if err := p.VM.Ports.Register("IDE", ide.ControlPort[i], ide.ControlPorts, p.ide.Control(i)); err != nil {
			return err
		}
	}
	return p.pci.Add(ideDevice, ideFunction, p.ide.Function())
}

// newFloppy makes the DMA controllers, and a floppy controller if it has a disk.
func (p *PC) newFloppy(disks [2]*block.Disk, n int) (err error) {
	p.dma = dma8237.New(p.VM.RAM)
	for _, d := range []struct {
		base  uint16
		count int
		ports device.Ports
	}{
		{dma8237.Port1, dma8237.Ports1, p.dma.First()},
		{dma8237.Port2, dma8237.Ports2, p.dma.Second()},
		{dma8237.PagePort, dma8237.PagePorts, p.dma.Pages()},
	} {
		if err := p.VM.Ports.Register("DMA", d.base, d.count, d.ports); err != nil {
			return err
		}
	}
	if n == 0 {
		return nil
	}
	if p.floppy, err = floppy.New(p.isa(floppy.Line), p.dma.Channel(floppy.Channel), disks); err != nil {
		return err
	}
	if err := p.VM.Ports.Register("floppy", floppy.Port, floppy.Ports, p.floppy); err != nil {
		return err
	}
	return p.VM.Ports.Register("floppy", floppy.DIRPort, 1, p.floppy.DIR())
}

// served runs what a disk has to say to its controller. A bug there costs the
// machine, like one in a device.
func (p *PC) served(f func()) {
	p.VM.Devices.Lock()
	defer p.VM.Devices.Unlock()
	defer func() {
		if bug := recover(); bug != nil {
			p.VM.End(vmm.Ending{How: vmm.Failed, Err: fmt.Errorf("bug in Ringo: %v\n%s", bug, debug.Stack())})
		}
	}()
	f()
}

// BootPaths are the names by which firmware knows the disks.
func BootPaths(disks []Disk) (paths []string) {
	used := map[config.Bus]int{}
	for _, d := range disks {
		n := used[d.Bus]
		used[d.Bus]++
		switch d.Bus {
		case config.BusAHCI:
			paths = append(paths, fwcfg.AHCI(ahciDevice, 0, n))
		case config.BusFloppy:
			paths = append(paths, fwcfg.Floppy(ideDevice, n))
		default:
			paths = append(paths, fwcfg.IDE(ideDevice, ideFunction, n/2, n%2))
		}
	}
	return paths
}
