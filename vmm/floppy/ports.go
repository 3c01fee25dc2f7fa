package floppy

import "github.com/ringo-vmm/ringo/vmm/device"

// Ports, as offsets from Port. 82077AA §2.1.
const (
	regDOR  = 2
	regTape = 3
	regMSR  = 4 // DSR, when written
	regFIFO = 5
)

const (
	dorDrive = 3
	dorReset = 1 << 2 // 0 holds the controller in reset
	dorGate  = 1 << 3 // interrupts and DMA
	dorMotor = 4      // shift of the drives' motor bits

	msrBusy = 1 << 4 // a command goes on
	msrDIO  = 1 << 6 // the FIFO is to be read
	msrRQM  = 1 << 7 // the FIFO is to be read or written

	dsrReset = 1 << 7

	dirChanged = 1 << 7
	rateBits   = 3
	rate500    = 0 // that of 1.44 MB disks. 82077AA §2.1.8
	rate250    = 2

	resetInterrupts = 4 // one a drive, for SENSE INTERRUPT STATUS
)

// In reads ports: device.Ports'.
func (c *Controller) In(off uint16, size int) uint32 {
	v := ^uint32(0)
	for i := range size {
		v = v&^(0xff<<(8*i)) | uint32(c.read(off+uint16(i)))<<(8*i)
	}
	return v
}

// Out writes ports: device.Ports'.
func (c *Controller) Out(off uint16, size int, v uint32) {
	for i := range size {
		c.write(off+uint16(i), uint8(v>>(8*i)))
	}
}

func (c *Controller) read(r uint16) uint8 {
	switch r {
	case regDOR:
		return c.dor
	case regTape:
		return c.tape
	case regMSR:
		return c.status()
	case regFIFO:
		return c.readFIFO()
	}
	return 0xff
}

func (c *Controller) write(r uint16, v uint8) {
	switch r {
	case regDOR:
		c.writeDOR(v)
	case regTape:
		c.tape = v & dorDrive
	case regMSR:
		c.rate = v & rateBits
		if v&dsrReset != 0 && c.dor&dorReset != 0 {
			c.softReset()
			c.rate = v & rateBits
			c.wake()
		}
	case regFIFO:
		c.writeFIFO(v)
	}
}

// writeDOR resets the controller when it holds and lets go its reset. 82077AA
// §2.1.2.
func (c *Controller) writeDOR(v uint8) {
	was := c.dor
	c.dor = v
	switch {
	case was&dorReset != 0 && v&dorReset == 0:
		c.softReset()
	case was&dorReset == 0 && v&dorReset != 0:
		c.wake()
	}
	c.raise(c.raised)
}

// wake is how a reset ends: with an interrupt, since the drives are polled.
func (c *Controller) wake() {
	c.sense = resetInterrupts
	c.raise(true)
}

// status is the main status register. It is not ready in a reset, and while a
// disk works. 82077AA §2.1.5.
func (c *Controller) status() uint8 {
	switch {
	case c.dor&dorReset == 0 || c.stale:
		return 0
	case c.phase == execution:
		return msrBusy
	case c.phase == resultPhase:
		return msrRQM | msrDIO | msrBusy
	case c.at > 0:
		return msrRQM | msrBusy
	}
	return msrRQM
}

// DIR is the controller's port at DIRPort.
func (c *Controller) DIR() device.Ports { return (*dir)(c) }

type dir Controller

// In reads the digital input register: whether the disk may be another one.
// Bits 6:0 belong to the IDE controller.
func (d *dir) In(uint16, int) uint32 {
	c := (*Controller)(d)
	n := c.dor & dorDrive
	if n < drives && c.dor>>(dorMotor+n)&1 != 0 && (c.drives[n].changed || c.drives[n].disk == nil) {
		return dirChanged
	}
	return 0
}

// Out writes the configuration control register: the data rate.
func (d *dir) Out(_ uint16, _ int, v uint32) { d.rate = uint8(v) & rateBits }
