package ps2

import "github.com/ringo-vmm/ringo/amd64"

// Error is an error of this package.
type Error string

func (e Error) Error() string { return string(e) }

// The errors of Init.
const (
	ErrAbsent      Error = "ps2: no keyboard controller: its ports read all ones, or it takes no commands"
	ErrTest        Error = "ps2: the keyboard port fails its test"
	ErrTranslation Error = "ps2: the keyboard controller does not translate scan codes"
	ErrNoKeyboard  Error = "ps2: no keyboard answers at the controller"
)

// IRQ is the ISA interrupt of the keyboard.
const IRQ = 1

// I/O ports.
const (
	portData    = 0x60
	portCommand = 0x64 // reads as the status
)

// Status register.
const (
	statusOutput = 1 << 0 // there is a byte to read
	statusInput  = 1 << 1 // the controller has not taken the last byte yet
	statusMouse  = 1 << 5 // the byte to read is the mouse's
	floating     = 0xff   // nothing answers
)

// Commands for the controller.
const (
	readConfig    = 0x20
	writeConfig   = 0x60
	disableMouse  = 0xa7
	testKeyboard  = 0xab // answers 0 if clock and data lines are well
	disableKeys   = 0xad
	enableKeys    = 0xae
	testPassed    = 0x00
	configIRQ     = 1 << 0 // of the configuration byte: interrupt by the keyboard
	configMouse   = 1 << 1 // and by the mouse
	configNoKeys  = 1 << 4 // the keyboard's clock is held
	configNoMouse = 1 << 5
	configTo1     = 1 << 6 // scan codes are translated from set 2 to set 1
)

// Commands for the keyboard, and its answers.
const (
	setDefaults  = 0xf6 // scan code set 2 among them
	enableScan   = 0xf4
	acknowledged = 0xfa
	resend       = 0xfe
)

const (
	// maxPolls bounds a wait. A port read takes about a microsecond on
	// hardware, so this is about 0.1 s; a keyboard has 20 ms to answer.
	maxPolls = 100_000
	// maxTries is how often a byte is sent again when the keyboard asks for it.
	maxTries = 3
	// maxStale bounds the bytes that somebody else has left, or that keys send
	// while the keyboard is asked something.
	maxStale = 64
)

// Controller is the keyboard controller. Set IO, then call Init.
type Controller struct {
	IO amd64.PortIO

	ready bool
}

// Init finds the controller and its keyboard, and has the keyboard send scan
// codes, which come as set 1, with an interrupt each. It takes less than a
// second, however broken the hardware is.
func (c *Controller) Init() error {
	c.ready = false
	if c.IO.In8(portCommand) == floating {
		return ErrAbsent
	}
	if !c.command(disableKeys) || !c.command(disableMouse) {
		return ErrAbsent
	}
	c.drop()
	config, ok := c.ask(readConfig)
	if !ok {
		return ErrAbsent
	}
	config = config&^(configIRQ|configMouse) | configNoMouse | configTo1
	if !c.configure(config) {
		return ErrAbsent
	}
	if now, ok := c.ask(readConfig); !ok || now&configTo1 == 0 {
		return ErrTranslation
	}
	if result, ok := c.ask(testKeyboard); !ok || result != testPassed {
		return ErrTest
	}
	if !c.command(enableKeys) {
		return ErrAbsent
	}
	if !c.tell(setDefaults) || !c.tell(enableScan) {
		return ErrNoKeyboard
	}
	// A translated answer that comes late must not be taken for a key.
	c.drop()
	if !c.configure(config&^configNoKeys | configIRQ) {
		return ErrAbsent
	}
	c.ready = true
	return nil
}

// Interrupt is what the handler of the keyboard's interrupt does: it puts the
// scan codes that have come into buf, and returns their number. What does not
// fit comes with the next interrupt. It is pre-runtime code.
func (c *Controller) Interrupt(buf []byte) (n int) {
	if !c.ready {
		return 0
	}
	for range maxStale {
		status := c.IO.In8(portCommand)
		if n == len(buf) || status&statusOutput == 0 || status == floating {
			break
		}
		b := c.IO.In8(portData)
		if status&statusMouse == 0 {
			buf[n] = b
			n++
		}
	}
	return n
}

// send writes a byte to a port when the controller takes it.
func (c *Controller) send(port uint16, b uint8) bool {
	for range maxPolls {
		if c.IO.In8(portCommand)&statusInput == 0 {
			c.IO.Out8(port, b)
			return true
		}
	}
	return false
}

// command gives the controller a command, and tells false if it does not take it.
func (c *Controller) command(b uint8) bool { return c.send(portCommand, b) }

// configure writes the configuration byte.
func (c *Controller) configure(b uint8) bool { return c.command(writeConfig) && c.send(portData, b) }

// receive waits for a byte that is not the mouse's.
func (c *Controller) receive() (b uint8, ok bool) {
	for range maxPolls {
		status := c.IO.In8(portCommand)
		if status&statusOutput == 0 {
			continue
		}
		if b = c.IO.In8(portData); status&statusMouse == 0 {
			return b, true
		}
	}
	return 0, false
}

// ask gives the controller a command that has an answer.
func (c *Controller) ask(command uint8) (answer uint8, ok bool) {
	if !c.command(command) {
		return 0, false
	}
	return c.receive()
}

// tell sends the keyboard a byte, and tells whether it has acknowledged it. The
// codes of keys that come before that are lost.
func (c *Controller) tell(b uint8) bool {
	for range maxTries {
		if !c.send(portData, b) {
			return false
		}
		for range maxStale {
			answer, ok := c.receive()
			if !ok || answer == acknowledged {
				return ok
			}
			if answer == resend {
				break
			}
		}
	}
	return false
}

// drop throws away what nobody has read.
func (c *Controller) drop() {
	for range maxStale {
		if c.IO.In8(portCommand)&statusOutput == 0 {
			return
		}
		c.IO.In8(portData)
	}
}
