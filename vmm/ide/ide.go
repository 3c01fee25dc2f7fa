// Package ide is a PC's IDE controller: two channels at the ports PCs have them
// at, with up to two drives each, disks (ATA) or CD-ROMs (ATAPI), and the
// PIIX3's PCI function with its bus master.
//
// The drives follow AT Attachment with Packet Interface - 6 (INCITS 361,
// "ATA-6" in comments), the controller the 82371SB (PIIX3) data sheet and
// Programming Interface for Bus Master IDE Controller 1.0. A guest moves data
// through the data port (PIO) or has the bus master move it (DMA); either way
// it goes through a channel's buffer, so guest memory is only touched with the
// device lock held, while the disk works on its own goroutine.
package ide

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// Channels is how many there are: the primary and the secondary one.
const Channels = 2

// Where PCs have the channels: ports of the command block and of the control
// block, and ISA interrupt requests. 82371SB data sheet, IDE interface.
var (
	CommandPort = [Channels]uint16{0x1f0, 0x170}
	ControlPort = [Channels]uint16{0x3f6, 0x376}
	Line        = [Channels]int{14, 15}
)

// How many ports the blocks have.
const (
	CommandPorts = 8
	ControlPorts = 1
)

// Drive is what is attached at one end of a cable.
type Drive struct {
	Disk *block.Disk // nil: no disk, or a CD-ROM drive without a CD
	CD   bool        // a CD-ROM drive
}

// Config is what a controller is wired to.
type Config struct {
	Memory *ram.RAM // what the bus master reads and writes
	IRQ    [Channels]device.IRQ
	Drives [Channels][2]Drive
}

// Controller is the IDE controller.
type Controller struct {
	channels [Channels]*channel
	function *pcihost.Function
}

// New makes a controller. Its PCI function belongs at function 1 of the ISA
// bridge's device.
func New(c Config) (*Controller, error) {
	f, err := newFunction()
	if err != nil {
		return nil, err
	}
	ctl := &Controller{function: f.Function}
	for i := range ctl.channels {
		ch := &channel{memory: c.Memory, irq: c.IRQ[i], function: f.Function}
		ch.request.Done = ch.done
		for j, d := range c.Drives[i] {
			if err := ch.drives[j].attach(d, 2*i+j); err != nil {
				return nil, fmt.Errorf("ide: channel %d, drive %d: %w", i, j, err)
			}
		}
		ctl.channels[i] = ch
		f.channels[i] = ch
	}
	ctl.Reset()
	return ctl, nil
}

// Function is the controller's PCI function.
func (c *Controller) Function() *pcihost.Function { return c.function }

// Command is a channel's command block, and Control its control block.
func (c *Controller) Command(i int) device.Ports { return (*commandBlock)(c.channels[i]) }
func (c *Controller) Control(i int) device.Ports { return (*controlBlock)(c.channels[i]) }

// Reset is device.Resetter's. What a disk still works on for the guest is
// forgotten; the channel is busy until it is done.
func (c *Controller) Reset() {
	for _, ch := range c.channels {
		ch.powerOn()
	}
}
