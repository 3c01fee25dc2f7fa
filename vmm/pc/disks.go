package pc

import (
	"fmt"
	"runtime/debug"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/fwcfg"
	"github.com/ringo-vmm/ringo/vmm/ide"
)

// Disk is a disk or CD of the machine. What is written on one that is not
// read-only is kept in memory, and gone with the machine.
type Disk struct {
	Data     []byte
	CD       bool
	ReadOnly bool
}

// Where the IDE controller is on the PCI bus: the ISA bridge's device.
const (
	ideDevice   = 1
	ideFunction = 1
)

// maxWritten bounds what a machine can write on one of its disks, in bytes.
const maxWritten = 1 << 30

// drives makes the disks and the controller that they are at, in their order:
// master and slave of the first channel, then of the second.
func (p *PC) drives(c Config) error {
	config := ide.Config{Memory: p.VM.RAM, Ports: &p.VM.Ports}
	if len(c.Disks) > len(config.Drives)*len(config.Drives[0]) {
		return &keyError{"disk", fmt.Errorf("%d disks are more than an IDE controller takes", len(c.Disks))}
	}
	for i := range config.IRQ {
		config.IRQ[i] = p.isa(ide.Line[i])
	}
	for i, d := range c.Disks {
		var backend block.Backend = block.NewBytes(d.Data, true)
		if !d.CD && !d.ReadOnly {
			backend = block.NewOverlay(backend, maxWritten)
		}
		disk := block.NewDisk(backend, p.served)
		p.VM.OnClose(func() { disk.Close() })
		config.Drives[i/2][i%2] = ide.Drive{Disk: disk, CD: d.CD}
	}
	var err error
	if p.ide, err = ide.New(config); err != nil {
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

// served runs what a disk has to say to its p.ide. A bug there costs the
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

// BootPath is the name by which firmware knows disk i.
func BootPath(i int) string { return fwcfg.IDE(ideDevice, ideFunction, i/2, i%2) }
