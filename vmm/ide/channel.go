package ide

import (
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// Registers of the command block, as offsets. ATA-6 §7.
const (
	regData     = 0
	regError    = 1 // features, when written
	regCount    = 2 // interrupt reason, with packet commands
	regLow      = 3
	regMid      = 4
	regHigh     = 5
	regDevice   = 6
	regStatusIn = 7 // command, when written
)

// bufferSize is how much a channel asks of a disk at once, in bytes.
const bufferSize = 64 << 10

// channel is a cable with two drives, and one half of the bus master. Only the
// drive that is selected does something, so what goes on is the channel's.
type channel struct {
	memory   *ram.RAM
	irq      device.IRQ
	function *pcihost.Function

	drives  [2]drive
	device  uint8 // the register
	control uint8 // the register
	level   bool  // of the interrupt line

	transfer
	bm  busMaster
	buf [bufferSize]byte

	request block.Request
	pieces  [1][]byte // the request's
	flying  bool      // the disk has the request
	stale   bool      // it is of a command that a reset ended
}

// drive is the one that is selected.
func (c *channel) drive() *drive { return &c.drives[c.device/ata.DeviceDEV&1] }

// empty tells whether there is no drive.
func (c *channel) empty() bool { return c.drives[0].kind == noDrive && c.drives[1].kind == noDrive }

// resetting tells whether the drives are busy with a reset: the guest holds it,
// or a disk has not finished what it did before.
func (c *channel) resetting() bool { return c.stale || c.control&ata.ControlSRST != 0 }

// step brings the interrupt line in step with the registers. The bus master
// remembers that it went up.
func (c *channel) step() {
	level := c.drive().intrq && c.control&ata.ControlNIEN == 0
	if level == c.level {
		return
	}
	c.level = level
	if level {
		c.bm.status |= masterInterrupt
	}
	c.irq.Set(level)
}

// commandBlock is the channel's eight ports: a device.Ports and
// device.StringPorts.
type commandBlock channel

// In reads the data port, or registers.
func (b *commandBlock) In(off uint16, size int) uint32 {
	c := (*channel)(b)
	if off == regData {
		return c.readData(size)
	}
	v := ^uint32(0)
	for i := range size {
		if r := off + uint16(i); r < CommandPorts {
			v = v&^(0xff<<(8*i)) | uint32(c.readRegister(r))<<(8*i)
		}
	}
	return v
}

// Out writes the data port, or registers.
func (b *commandBlock) Out(off uint16, size int, v uint32) {
	c := (*channel)(b)
	if off == regData {
		c.writeData(size, v)
		return
	}
	for i := range size {
		if r := off + uint16(i); r < CommandPorts {
			c.writeRegister(r, uint8(v>>(8*i)))
		}
	}
}

// InString reads the data port, but not a block's last item: that is for In,
// as the drive goes on then.
func (b *commandBlock) InString(off uint16, size int, p []byte) (items int) {
	c := (*channel)(b)
	if off != regData || c.phase != pioIn {
		return 0
	}
	items = min(len(p), max(c.end-c.pos-1, 0)) / size
	c.pos += copy(p[:items*size], c.buf[c.pos:])
	return items
}

// OutString writes the data port, but not a block's last item.
func (b *commandBlock) OutString(off uint16, size int, p []byte) (items int) {
	c := (*channel)(b)
	if off != regData || c.phase != pioOut && c.phase != packetIn {
		return 0
	}
	items = min(len(p), max(c.end-c.pos-1, 0)) / size
	c.pos += copy(c.buf[c.pos:], p[:items*size])
	return items
}

// controlBlock is the channel's port 3F6h or 376h: a device.Ports.
type controlBlock channel

// In reads the alternate status: the status, which leaves the interrupt.
func (b *controlBlock) In(uint16, int) uint32 { return uint32((*channel)(b).status()) | ^uint32(0xff) }

// Out writes the device control register.
func (b *controlBlock) Out(_ uint16, _ int, v uint32) {
	c := (*channel)(b)
	was := c.control
	c.control = uint8(v) & (ata.ControlNIEN | ata.ControlSRST | ata.ControlHOB)
	if c.control&^was&ata.ControlSRST != 0 {
		c.reset()
	}
	c.step()
}

// status is the status register of the drive that is selected. A drive that is
// absent reads 0, and never gets ready.
func (c *channel) status() uint8 {
	d := c.drive()
	switch {
	case d.kind == noDrive:
		return 0
	case c.resetting():
		return ata.StatusBSY
	}
	return d.status
}

func (c *channel) readRegister(r uint16) uint8 {
	d := c.drive()
	switch {
	case c.empty():
		return 0
	case r == regDevice:
		return c.device
	case d.kind == noDrive:
		return 0
	case r == regError:
		return d.err
	case r == regStatusIn:
		d.intrq = false
		c.step()
		return c.status()
	case c.control&ata.ControlHOB != 0:
		return d.regs[r].before
	}
	return d.regs[r].now
}

// writeRegister writes a register of both drives, as the cable does. A drive
// that works takes nothing.
func (c *channel) writeRegister(r uint16, v uint8) {
	if r == regStatusIn {
		c.command(v)
		c.step()
		return
	}
	if c.phase != idle || c.resetting() {
		return
	}
	c.control &^= ata.ControlHOB
	if r == regDevice {
		c.device = v | ata.DeviceOnes
		c.step()
		return
	}
	for i := range c.drives {
		p := &c.drives[i].regs[r]
		p.before, p.now = p.now, v
	}
}

// powerOn is what the reset line does.
func (c *channel) powerOn() {
	c.control, c.bm = 0, busMaster{}
	for i := range c.drives {
		c.drives[i].powerOn()
	}
	c.reset()
	c.step()
}

// reset ends what goes on, and leaves both drives' signatures. ATA-6 §9.2.
func (c *channel) reset() {
	c.abandon()
	c.device = ata.DeviceOnes
	for i := range c.drives {
		c.drives[i].sign()
	}
}

// abandon ends what goes on. A request that is with the disk is waited for
// before anything else begins.
func (c *channel) abandon() {
	c.transfer = transfer{}
	c.stale = c.flying
}
