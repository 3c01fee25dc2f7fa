// Package dma8237 is a PC's pair of 8237A DMA controllers with their page
// registers. The first has channels 0 to 3, which move bytes, the second 5 to
// 7, which move 16-bit words; channel 4 joins the two. A device model gets a
// Channel and moves data with it when the guest has set it up.
//
// It follows the Intel 8237A data sheet and, for the page registers, the IBM
// PC/AT Technical Reference.
package dma8237

import (
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// Where PCs have the controllers and the page registers, and how many ports.
// Port 80h is a page register that PCs show POST codes with, and is left out.
const (
	Port1     = 0x00
	Ports1    = 0x10
	Port2     = 0xc0
	Ports2    = 0x20
	PagePort  = 0x81
	PagePorts = 15
)

const channels = 8

// Registers of a controller, those of the second at even ports. 8237A data
// sheet, register codes.
const (
	regStatus   = 0x8 // command, when written
	regMask     = 0xa // one channel's
	regMode     = 0xb
	regFlipFlop = 0xc
	regClear    = 0xd // temporary register, when read
	regUnmask   = 0xe
	regMasks    = 0xf
)

const (
	commandOff = 1 << 2 // the controller is disabled

	maskSet = 1 << 2 // in a write of one channel's mask

	modeAuto      = 1 << 4 // the channel begins again after the last byte
	modeDown      = 1 << 5 // addresses decrease
	modeTransfer  = 3 << 2
	modeWrite     = 1 << 2 // to memory
	modeRead      = 2 << 2 // from memory
	modeCascade   = 3 << 6
	modeOperation = 3 << 6
)

// channel is a channel's registers. Addresses and counts are in bytes or words.
type channel struct {
	address, baseAddress uint16
	count, baseCount     uint16 // one less than there are
	mode                 uint8
}

// controller is one of the two.
type controller struct {
	channels [4]channel
	command  uint8
	mask     uint8 // channels that are off
	done     uint8 // channels that have come to their end
	high     bool  // the flip-flop: the next byte is the high one
}

// DMA is both controllers.
type DMA struct {
	memory *ram.RAM
	units  [2]controller
	pages  [16]uint8 // by port, from 80h
}

// New makes the controllers for a guest's memory.
func New(memory *ram.RAM) *DMA {
	d := &DMA{memory: memory}
	d.Reset()
	return d
}

// Reset is device.Resetter's.
func (d *DMA) Reset() {
	d.pages = [16]uint8{}
	for i := range d.units {
		d.units[i] = controller{}
		d.units[i].clear()
	}
}

// clear is what a reset does to the registers; addresses and counts stay.
func (c *controller) clear() { c.command, c.done, c.high, c.mask = 0, 0, false, 0xf }

// First and Second are the controllers, Pages the page registers.
func (d *DMA) First() device.Ports  { return &block{&d.units[0], 0} }
func (d *DMA) Second() device.Ports { return &block{&d.units[1], 1} }
func (d *DMA) Pages() device.Ports  { return (*pageBlock)(d) }

// block is a controller's ports. Its registers are 1<<shift ports apart.
type block struct {
	*controller
	shift uint
}

// In reads bytes: device.Ports'.
func (b *block) In(off uint16, size int) uint32 {
	var v uint32
	for i := range size {
		v |= uint32(b.read((off+uint16(i))>>b.shift&0xf)) << (8 * i)
	}
	return v
}

// Out writes bytes: device.Ports'.
func (b *block) Out(off uint16, size int, v uint32) {
	for i := range size {
		if at := off + uint16(i); at&(1<<b.shift-1) == 0 {
			b.write(at>>b.shift&0xf, uint8(v>>(8*i)))
		}
	}
}

func (c *controller) read(reg uint16) uint8 {
	switch {
	case reg < regStatus:
		ch := &c.channels[reg/2]
		v := ch.address
		if reg&1 != 0 {
			v = ch.count
		}
		if c.high = !c.high; !c.high {
			return uint8(v >> 8)
		}
		return uint8(v)
	case reg == regStatus:
		v := c.done
		c.done = 0
		return v
	case reg == regMasks:
		return c.mask | 0xf0
	}
	return 0
}

func (c *controller) write(reg uint16, v uint8) {
	bit := uint8(1) << (v & 3)
	switch {
	case reg < regStatus:
		c.writeChannel(reg, v)
	case reg == regStatus:
		c.command = v
	case reg == regMask && v&maskSet != 0:
		c.mask |= bit
	case reg == regMask:
		c.mask &^= bit
	case reg == regMode:
		c.channels[v&3].mode = v &^ 3
	case reg == regFlipFlop:
		c.high = false
	case reg == regClear:
		c.clear()
	case reg == regUnmask:
		c.mask = 0
	case reg == regMasks:
		c.mask = v & 0xf
	}
}

// writeChannel writes half of an address or a count, current and base.
func (c *controller) writeChannel(reg uint16, v uint8) {
	ch := &c.channels[reg/2]
	p, base := &ch.address, &ch.baseAddress
	if reg&1 != 0 {
		p, base = &ch.count, &ch.baseCount
	}
	if c.high = !c.high; c.high {
		*base = *base&0xff00 | uint16(v)
	} else {
		*base = *base&0x00ff | uint16(v)<<8
	}
	*p = *base
}

// pageBlock is the page registers' ports.
type pageBlock DMA

// In reads bytes: device.Ports'.
func (b *pageBlock) In(off uint16, size int) uint32 {
	var v uint32
	for i := range size {
		v |= uint32(b.pages[(off+uint16(i)+PagePort)&0xf]) << (8 * i)
	}
	return v
}

// Out writes bytes: device.Ports'.
func (b *pageBlock) Out(off uint16, size int, v uint32) {
	for i := range size {
		b.pages[(off+uint16(i)+PagePort)&0xf] = uint8(v >> (8 * i))
	}
}
