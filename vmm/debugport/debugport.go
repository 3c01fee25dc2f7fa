// Package debugport is the ports a virtual machine has for those who debug
// what runs in it: the debug consoles of Bochs (0xe9) and SeaBIOS (0x402), the
// exit port that QEMU calls isa-debug-exit, and the power-on self-test code
// port of the AT (IBM AT Technical Reference, System BIOS).
package debugport

import "github.com/ringo-vmm/ringo/vmm/state"

// Where the ports are by convention.
const (
	ConsolePort = 0xe9
	SeaBIOSPort = 0x402
	ExitPort    = 0xf4
	ExitPorts   = 4
	POSTPort    = 0x80
)

// lineSize is the longest line in bytes; what is longer is cut in several.
const lineSize = 256

// present is what a debug console reads as, for software that asks whether
// there is one.
const present = 0xe9

// Console is a debug console: a device.Ports for one port that a guest writes
// text to.
type Console struct {
	sink func(line []byte)
	line []byte
}

// NewConsole makes a console. sink gets each line without its end; it never
// blocks, and keeps nothing of the slice.
func NewConsole(sink func(line []byte)) *Console {
	return &Console{sink: sink, line: make([]byte, 0, lineSize)}
}

// In reads the port.
func (c *Console) In(uint16, int) uint32 { return 0xffff_ff00 | present }

// Out writes a byte to the console.
func (c *Console) Out(_ uint16, _ int, v uint32) {
	switch b := byte(v); b {
	case '\r':
	case '\n':
		c.flush()
	default:
		if c.line = append(c.line, b); len(c.line) == lineSize {
			c.flush()
		}
	}
}

// Flush gives the sink a line that has not ended: the machine has.
func (c *Console) Flush() {
	if len(c.line) > 0 {
		c.flush()
	}
}

func (c *Console) flush() {
	c.sink(c.line)
	c.line = c.line[:0]
}

// Reset begins a new line.
func (c *Console) Reset() { c.Flush() }

// State is device.Stateful's.
func (c *Console) State(s *state.Codec) {
	s.Version("debug console", 1)
	s.Slice(&c.line, lineSize-1)
}

// Exit is a device.Ports for ExitPorts ports. A guest that writes there says
// that it is done, and how it went.
type Exit struct {
	exit func(v uint32)
}

// NewExit makes an exit port. exit gets the value that was written.
func NewExit(exit func(v uint32)) *Exit { return &Exit{exit} }

// In reads zero.
func (e *Exit) In(uint16, int) uint32 { return 0 }

// Out ends the guest's run.
func (e *Exit) Out(_ uint16, _ int, v uint32) { e.exit(v) }

// POST is a device.Ports for one port that firmware writes how far it got to.
// Linux writes it to pass the time.
type POST struct {
	Last  uint8  // code
	Count uint64 // of writes
}

// In reads the last code, as it does on an AT.
func (p *POST) In(uint16, int) uint32 { return 0xffff_ff00 | uint32(p.Last) }

// Out writes a code.
func (p *POST) Out(_ uint16, _ int, v uint32) {
	p.Last = uint8(v)
	p.Count++
}

// Reset forgets the last code.
func (p *POST) Reset() { *p = POST{} }

// State is device.Stateful's.
func (p *POST) State(s *state.Codec) {
	s.Version("post code", 1)
	s.U8(&p.Last)
	s.U64(&p.Count)
}
