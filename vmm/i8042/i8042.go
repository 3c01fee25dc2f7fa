// Package i8042 is the keyboard controller of a PC, with a keyboard and a mouse
// on it, and port 0x92. It follows the IBM Personal System/2 Hardware Interface
// Technical Reference (Keyboard and Auxiliary Device Controller; Keyboards;
// Mouse) and, for port 0x92, the ICH data sheets (Fast A20 and Init).
//
// Keys come from a keyboard (Key, Codes) or are typed for a terminal (Type).
// Scan code set 3 is left out, and so are the AT's passwords.
//
// Bytes take no time on their wires: the output buffer is filled again as soon
// as it is read, with an edge on the interrupt line. The A20 gate is a bit that
// reads as it was written, and no more: a processor that masks address bit 20
// is none that guests of today are started on, and all of them open the gate.
package i8042

import "github.com/ringo-vmm/ringo/vmm/device"

// Ports on a PC, one each, and ISA interrupt requests.
const (
	DataPort     = 0x60
	CommandPort  = 0x64
	KeyboardLine = 1
	MouseLine    = 12
)

// Status register.
const (
	statusFull     = 1 << 0 // the output buffer has a byte
	statusSystem   = 1 << 2 // the system flag of the command byte
	statusCommand  = 1 << 3 // the last write was to the command port
	statusUnlocked = 1 << 4 // the key lock is open
	statusMouse    = 1 << 5 // the byte in the output buffer is the mouse's
)

// Command byte: byte 0 of the controller's memory.
const (
	modeKeyboardInt = 1 << 0
	modeMouseInt    = 1 << 1
	modeSystem      = 1 << 2
	modeNoKeyboard  = 1 << 4 // the keyboard's clock is held
	modeNoMouse     = 1 << 5
	modeTranslate   = 1 << 6 // scan code set 2 to set 1
)

// Output port.
const (
	portNotReset = 1 << 0
	portA20      = 1 << 1
	portFull     = 1 << 4 // as the status register has it
	portMouse    = 1 << 5
	portIdle     = 0xc0 // the keyboard's wires
)

// Controller commands.
const (
	cmdReadRAM       = 0x20 // to 0x3f
	cmdWriteRAM      = 0x60 // to 0x7f
	cmdNoMouse       = 0xa7
	cmdMouse         = 0xa8
	cmdTestMouse     = 0xa9
	cmdSelfTest      = 0xaa
	cmdTestKeyboard  = 0xab
	cmdNoKeyboard    = 0xad
	cmdKeyboard      = 0xae
	cmdReadInput     = 0xc0
	cmdReadOutput    = 0xd0
	cmdWriteOutput   = 0xd1
	cmdFromKeyboard  = 0xd2 // a byte as if from the keyboard
	cmdFromMouse     = 0xd3
	cmdToMouse       = 0xd4
	cmdPulse         = 0xf0 // to 0xff: output port bits that are 0 go low
	selfTestPassed   = 0x55
	interfaceWorks   = 0x00
	inputNotInhibits = 0x80
)

// Wires are what the controller pulls besides a PC's memory bus.
type Wires struct {
	Keyboard, Mouse device.IRQ
	// Clock is for keys that are held to repeat, and for characters that are
	// typed to come no faster than guests can take them; nil is neither.
	Clock device.Clock
	// Ready is called when there is room for what Type has not taken; it may
	// be nil.
	Ready func()
	// Reset resets the machine. It is the last thing that an access does,
	// and may reset the controller.
	Reset func()
}

// Controller is the keyboard controller with keyboard and mouse.
type Controller struct {
	wires Wires

	ram     [32]uint8 // byte 0 is the command byte
	status  uint8     // statusFull, statusMouse and statusCommand
	output  uint8     // the output buffer
	port    uint8     // the output port's bits 0 and 1
	command uint8     // waits for its byte at the data port; 0 is none
	replies queue     // the controller's own bytes, to be read before others
	aux     uint8     // which of the next replies pose as the mouse's, bit by bit

	keyboard keyboard
	mouse    mouse
	held     held
	typist   typist
}

// New makes a controller as firmware leaves it: self-tested, both devices
// enabled and translating, interrupts off.
func New(w Wires) *Controller {
	c := &Controller{wires: w}
	if w.Clock != nil {
		c.held.timer = w.Clock.NewTimer(c.repeat)
		c.typist.timer = w.Clock.NewTimer(c.pump)
	}
	c.Reset()
	return c
}

// Reset is power-on's, and firmware's after it.
func (c *Controller) Reset() {
	// Timers that are set find nothing to do.
	held, typist := held{timer: c.held.timer}, typist{timer: c.typist.timer}
	*c = Controller{wires: c.wires, port: portNotReset | portA20, held: held, typist: typist}
	c.ram[0] = modeSystem | modeTranslate
	c.keyboard.reset()
	c.mouse.reset()
	c.step()
}

type dataPort Controller
type commandPort Controller

// Data is the device for DataPort.
func (c *Controller) Data() device.Ports { return (*dataPort)(c) }

// Command is the device for CommandPort.
func (c *Controller) Command() device.Ports { return (*commandPort)(c) }

const highOnes = 0xffff_ff00 // above an 8-bit register

func (p *dataPort) In(uint16, int) uint32 {
	c := (*Controller)(p)
	v := c.output
	if c.status&statusFull != 0 {
		c.status &^= statusFull | statusMouse
		c.step() // the lines go low
		c.refill()
		c.pump()
	}
	return highOnes | uint32(v)
}

func (p *dataPort) Out(_ uint16, _ int, v uint32) {
	c := (*Controller)(p)
	c.status &^= statusCommand
	reset := c.data(uint8(v))
	c.refill()
	c.pump()
	if reset {
		c.wires.Reset()
	}
}

func (p *commandPort) In(uint16, int) uint32 {
	v := p.status | statusUnlocked
	if p.ram[0]&modeSystem != 0 {
		v |= statusSystem
	}
	return highOnes | uint32(v)
}

func (p *commandPort) Out(_ uint16, _ int, v uint32) {
	c := (*Controller)(p)
	c.status |= statusCommand
	reset := c.do(uint8(v))
	c.refill()
	c.pump()
	if reset {
		c.wires.Reset()
	}
}

// refill moves the next byte to the output buffer if that is empty.
func (c *Controller) refill() {
	if c.status&statusFull == 0 {
		c.next()
	}
	c.step()
}

func (c *Controller) next() {
	if v, ok := c.replies.pop(); ok {
		c.put(v, c.aux&1 != 0)
		c.aux >>= 1
		return
	}
	if c.ram[0]&modeNoKeyboard == 0 {
		if v, ok := c.keyboard.next(c.ram[0]&modeTranslate != 0); ok {
			c.put(v, false)
			return
		}
	}
	if c.ram[0]&modeNoMouse == 0 {
		if v, ok := c.mouse.next(); ok {
			c.put(v, true)
		}
	}
}

func (c *Controller) put(v uint8, mouse bool) {
	c.output = v
	c.status |= statusFull
	if mouse {
		c.status |= statusMouse
	}
}

// step brings the interrupt lines in step with the output buffer.
func (c *Controller) step() {
	full, mouse := c.status&statusFull != 0, c.status&statusMouse != 0
	c.wires.Keyboard.Set(full && !mouse && c.ram[0]&modeKeyboardInt != 0)
	c.wires.Mouse.Set(full && mouse && c.ram[0]&modeMouseInt != 0)
}
