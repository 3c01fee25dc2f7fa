// Package floppy is a PC's floppy disk controller, an Intel 82077AA in its AT
// mode, with up to two drives for disks of 1.44 MB. It follows the 82077AA data
// sheet ("82077AA" in comments). Data go by DMA; a guest that turns DMA off, by
// the ND bit, has its transfers ended with an error.
//
// Nothing takes time but the disk's back end, which works on its own goroutine:
// a head is where it is sent to at once.
package floppy

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/device"
)

// Where PCs have the controller: six ports, and one more behind the IDE
// controller's; its ISA interrupt request and its DMA channel.
const (
	Port    = 0x3f0
	Ports   = 6
	DIRPort = 0x3f7
	Line    = 6
	Channel = 2
)

// The disk: 80 cylinders of two tracks of 18 sectors.
const (
	cylinders  = 80
	heads      = 2
	perTrack   = 18
	sectorSize = 512
	trackSize  = perTrack * sectorSize

	// Size is that of a disk in bytes.
	Size = cylinders * heads * trackSize
)

const drives = 2

// DMA is the controller's DMA channel. A device writes to memory.
type DMA interface {
	Write(p []byte) (n int, last bool)
	Read(p []byte) (n int, last bool)
}

// Controller is the floppy disk controller: a device.Ports for the ports from
// Port.
type Controller struct {
	irq    device.IRQ
	dma    DMA
	drives [drives]drive

	dor  uint8 // digital output register
	tape uint8 // tape drive register
	rate uint8 // data rate

	phase  phase
	bytes  [commandMax]uint8 // the command, or the result
	n, at  int               // bytes there are to be, and have been, moved
	sense  uint8             // interrupts of a reset that wait for SENSE INTERRUPT STATUS
	seeked bool              // and one of a seek
	st0    uint8             // its status
	raised bool              // the interrupt line, if the DOR lets it through

	specify [2]uint8
	config  [2]uint8 // CONFIGURE's second and third byte
	perp    uint8
	lock    bool

	transfer
	buf     [heads * trackSize]byte
	request block.Request
	pieces  [1][]byte
	flying  bool // a disk has the request
	stale   bool // its command is gone
}

// drive is a drive with a disk in it, or without.
type drive struct {
	disk     *block.Disk
	cylinder uint8
	changed  bool // the disk may be another one since the head moved
}

// phase is what the controller waits for. 82077AA §5.
type phase uint8

const (
	commandPhase phase = iota // bytes of a command
	execution                 // the disk
	resultPhase               // the guest to read the result
)

// New makes a controller with disks of Size bytes; nil is a drive without one.
func New(irq device.IRQ, dma DMA, disks [drives]*block.Disk) (*Controller, error) {
	c := &Controller{irq: irq, dma: dma}
	for i, d := range disks {
		if d != nil && d.Size() != Size {
			return nil, fmt.Errorf("floppy: drive %d: a disk of %d bytes, want %d", i, d.Size(), Size)
		}
		c.drives[i].disk = d
	}
	c.request.Done = c.done
	c.Reset()
	return c, nil
}

// Reset is device.Resetter's. What a disk still works on for the guest is
// forgotten.
func (c *Controller) Reset() {
	for i := range c.drives {
		c.drives[i].cylinder, c.drives[i].changed = 0, true
	}
	c.dor, c.tape, c.lock = 0, 0, false
	c.specify, c.perp = [2]uint8{}, 0
	c.softReset()
	c.sense = 0
}

// softReset is what the DOR's and the DSR's reset bits do. 82077AA §4.2.
func (c *Controller) softReset() {
	c.rate = rate250
	if c.config[0] &^= configPoll | configSeek; !c.lock {
		c.config = [2]uint8{configNoFIFO, 0}
	}
	c.stale = c.flying
	c.transfer = transfer{}
	c.await()
	c.seeked, c.sense = false, 0
	c.raise(false)
}

// await begins the command phase.
func (c *Controller) await() {
	c.phase, c.n, c.at, c.bytes = commandPhase, 0, 0, [commandMax]uint8{}
}

// raise sets the interrupt line, which the DOR lets through.
func (c *Controller) raise(on bool) {
	c.raised = on
	c.irq.Set(on && c.dor&dorGate != 0)
}
