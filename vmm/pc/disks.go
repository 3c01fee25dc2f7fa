package pc

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/ahci"
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/block/qcow2"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/dma8237"
	"github.com/ringo-vmm/ringo/vmm/floppy"
	"github.com/ringo-vmm/ringo/vmm/fwcfg"
	"github.com/ringo-vmm/ringo/vmm/ide"
)

// Disk is a disk or CD of the machine. What is written on one that is neither
// read-only nor Write is kept apart, and gone with the machine.
type Disk struct {
	Data     []byte
	QCOW2    bool // Data is an image in this format, and not the bytes of the disk
	CD       bool
	ReadOnly bool
	Write    bool // to Data
	Bus      config.Bus
	// Overlay is where writes go if they may not go to Data: NewOverlay's, with
	// what was written before. It outlives the machine; nil is a new one.
	Overlay *block.Overlay
}

// NewOverlay keeps what a guest writes apart from the disk's data.
func (d *Disk) NewOverlay() (*block.Overlay, error) {
	base, err := d.base()
	if err != nil {
		return nil, err
	}
	return block.NewOverlay(base, maxWritten), nil
}

// base is what the disk's data are.
func (d *Disk) base() (block.Backend, error) {
	if d.QCOW2 {
		return qcow2.New(d.Data)
	}
	return block.NewBytes(d.Data, d.CD || d.ReadOnly), nil
}

// Where the controllers are on the PCI bus: a 440FX's IDE at the ISA bridge's
// device, an ICH9's AHCI at its.
const (
	piixDevice   = 1
	ideFunction  = 1
	ahciDevice   = 3
	ich9Device   = 31
	ich9Function = 2
)

// ahciSlot is where a machine's AHCI controller is: device and function.
func ahciSlot(m config.Machine) (dev, function int) {
	if m == config.MachineQ35 {
		return ich9Device, ich9Function
	}
	return ahciDevice, 0
}

// bridgeSlot is its ISA bridge's device.
func bridgeSlot(m config.Machine) int {
	if m == config.MachineQ35 {
		return ich9Device
	}
	return piixDevice
}

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
		nvirtio    int
	)
	for i, d := range c.Disks {
		backend, err := d.backend()
		if err != nil {
			return &keyError{"disk", fmt.Errorf("number %d: %w", i+1, err)}
		}
		disk := p.NewDisk(backend)
		switch {
		case d.Bus == config.BusAHCI:
			ahciDrives = append(ahciDrives, ahci.Drive{Disk: disk, CD: d.CD})
		case d.Bus == config.BusFloppy && nfloppies < len(floppyDisk):
			floppyDisk[nfloppies] = disk
			nfloppies++
		case d.Bus == config.BusVirtio && !d.CD:
			if err := p.addVirtioDisk(c, disk, nvirtio); err != nil {
				return &keyError{"disk", err}
			}
			nvirtio++
		case d.Bus == config.BusIDE && p.ich9 == nil:
			ideDrives = append(ideDrives, ide.Drive{Disk: disk, CD: d.CD})
		default:
			return &keyError{"disk", fmt.Errorf("number %d: no room at %q", i+1, d.Bus)}
		}
	}
	if p.ich9 == nil {
		if err := p.newIDE(ideDrives); err != nil {
			return &keyError{"disk", err}
		}
	}
	if err := p.newFloppy(floppyDisk, nfloppies); err != nil {
		return &keyError{"disk", err}
	}
	if len(ahciDrives) == 0 {
		return nil
	}
	var err error
	if p.ahci, err = ahci.New(ahci.Config{Memory: p.VM.RAM, Drives: ahciDrives}); err != nil {
		return &keyError{"disk", err}
	}
	dev, function := ahciSlot(c.Machine)
	return p.pci.Add(dev, function, p.ahci.Function)
}

// NewDisk makes a disk for a device of the machine, which is closed with it.
func (p *PC) NewDisk(b block.Backend) *block.Disk {
	disk := block.NewDisk(b, p.served)
	disk.Submitted = p.VM.Yield
	p.disks = append(p.disks, disk)
	p.VM.OnClose(func() { disk.Close() })
	return disk
}

// Disks are the machine's disks: those of the configuration in its order, then
// those of extensions.
func (p *PC) Disks() []*block.Disk { return p.disks }

// drain waits until no disk works on a request. The machine stands still, so a
// disk that has ended one begins no other than those that wait at it. The caller
// does not hold the device lock.
func (p *PC) drain() {
	for _, d := range p.disks {
		d.Drain()
	}
}

// Pause is vmm.VM.Pause, and waits for the disks too: what they have to say has
// reached the machine's devices and memory when it returns. VM.Resume ends it.
func (p *PC) Pause() {
	p.VM.Pause()
	p.drain()
}

// backend is where the disk's data are. An overlay writes to them only when it is
// committed.
func (d *Disk) backend() (block.Backend, error) {
	switch {
	case d.Write && d.QCOW2:
		return nil, errors.New("a qcow2 image cannot be written, only kept apart from: leave mode out")
	case d.CD || d.ReadOnly || d.Write:
		return d.base()
	case d.Overlay != nil:
		return d.Overlay, nil
	}
	return d.NewOverlay()
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

// newIDE makes the IDE controller, which a 440FX always has.
func (p *PC) newIDE(drives []ide.Drive) (err error) {
	c := ide.Config{Memory: p.VM.RAM}
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
	return p.pci.Add(piixDevice, ideFunction, p.ide.Function())
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

// DiskPaths are the names by which firmware knows the disks of a machine.
func DiskPaths(m config.Machine, disks []Disk) (paths []string) {
	used := map[config.Bus]int{}
	dev, function := ahciSlot(m)
	for _, d := range disks {
		n := used[d.Bus]
		used[d.Bus]++
		switch d.Bus {
		case config.BusAHCI:
			paths = append(paths, fwcfg.AHCI(dev, function, n))
		case config.BusVirtio:
			paths = append(paths, fwcfg.VirtioBlock(firstSlot+n))
		case config.BusFloppy:
			paths = append(paths, fwcfg.Floppy(bridgeSlot(m), n))
		default:
			paths = append(paths, fwcfg.IDE(piixDevice, ideFunction, n/2, n%2))
		}
	}
	return paths
}
