package vga

import "github.com/ringo-vmm/ringo/amd64"

// Error is an error of this package.
type Error string

func (e Error) Error() string { return string(e) }

// The errors of Locate and Init.
const (
	ErrAbsent   Error = "vga: no adapter: its ports or its text memory do not hold what is written"
	ErrGraphics Error = "vga: adapter is in a graphics mode"
	ErrWindow   Error = "vga: text window is shorter than 80x25 cells"
)

// The text window: its size in cells, and its host-physical addresses.
const (
	Cols = 80
	Rows = 25

	ColourAddress = 0xb8000
	MonoAddress   = 0xb0000
)

// I/O ports. The CRT controller is at one of two places, which the
// miscellaneous output register tells.
const (
	portMisc       = 0x3cc // miscellaneous output, to read
	portGraphics   = 0x3ce // graphics controller index; the data is at +1
	portCRTC       = 0x3d4 // CRT controller index; the data is at +1
	portCRTCMono   = 0x3b4
	miscColour     = 1 << 0 // I/O address select
	gcMisc         = 6      // graphics controller: miscellaneous
	gcMiscGraphics = 1 << 0
)

// CRT controller registers.
const (
	crtcCursorStart = 0x0a // bits 4:0 the first scan line, bit 5 cursor off
	crtcCursorEnd   = 0x0b // bits 4:0 the last scan line
	crtcStartHigh   = 0x0c // where in the window the screen starts
	crtcStartLow    = 0x0d
	crtcCursorHigh  = 0x0e // cell the cursor is at
	crtcCursorLow   = 0x0f
)

// The cursor is an underline in a cell of 16 scan lines.
const (
	cursorFirstLine = 13
	cursorLastLine  = 14
	cursorOff       = 1 << 5
)

// floating is what an I/O port reads when no device answers.
const floating = 0xff

// Console is the text screen. Set IO and Window, the Cols*Rows cells mapped at
// the address that Locate gives, then call Init. Before that, and after an
// error, what is written to it goes nowhere.
type Console struct {
	Screen
	IO     amd64.PortIO
	Window []uint16

	crtc   uint16 // index port
	cursor uint16 // what the CRT controller was last told
	hidden bool
}

// Locate asks the adapter for the host-physical address of its text window.
func Locate(io amd64.PortIO) (addr uint64, err error) {
	misc := io.In8(portMisc)
	if misc == floating {
		return 0, ErrAbsent
	}
	if misc&miscColour == 0 {
		return MonoAddress, nil
	}
	return ColourAddress, nil
}

// Init makes sure of the adapter and its mode, and clears the screen.
func (c *Console) Init() error {
	c.painter = nil
	if len(c.Window) < Cols*Rows {
		return ErrWindow
	}
	addr, err := Locate(c.IO)
	if err != nil {
		return err
	}
	c.crtc = portCRTC
	if addr == MonoAddress {
		c.crtc = portCRTCMono
	}
	if !c.holdsCursor(0x05a5) || !c.holdsCursor(0x0250) {
		return ErrAbsent
	}
	c.IO.Out8(portGraphics, gcMisc)
	if c.IO.In8(portGraphics+1)&gcMiscGraphics != 0 {
		return ErrGraphics
	}
	if !c.holdsCell(0x0755) || !c.holdsCell(0x07aa) {
		return ErrAbsent
	}

	c.write(crtcStartHigh, 0)
	c.write(crtcStartLow, 0)
	c.write(crtcCursorStart, cursorFirstLine)
	c.write(crtcCursorEnd, cursorLastLine)
	c.Reset(Cols, Rows, c)
	c.Blank()
	c.moveCursor(0)
	c.hidden = false
	return nil
}

func (c *Console) write(reg, v uint8) {
	c.IO.Out8(c.crtc, reg)
	c.IO.Out8(c.crtc+1, v)
}

func (c *Console) read(reg uint8) uint8 {
	c.IO.Out8(c.crtc, reg)
	return c.IO.In8(c.crtc + 1)
}

// holdsCursor reports whether the CRT controller keeps a cursor position.
func (c *Console) holdsCursor(pos uint16) bool {
	c.moveCursor(pos)
	return c.read(crtcCursorHigh) == uint8(pos>>8) && c.read(crtcCursorLow) == uint8(pos)
}

// holdsCell reports whether the window is memory. The port access in between
// keeps the compiler from answering with the value it has just stored.
func (c *Console) holdsCell(v uint16) bool {
	c.Window[0], c.Window[1] = v, ^v
	c.IO.In8(portMisc)
	return c.Window[0] == v && c.Window[1] == ^v
}

func (c *Console) moveCursor(pos uint16) {
	c.write(crtcCursorHigh, uint8(pos>>8))
	c.write(crtcCursorLow, uint8(pos))
	c.cursor = pos
}

// Blank clears the window; it is the console's side of Painter.
func (c *Console) Blank() {
	for i := range Cols * Rows {
		c.Window[i] = uint16(blank)
	}
}

// Paint puts a cell into the window; it is the console's side of Painter.
func (c *Console) Paint(col, row int, cell Cell) {
	c.Window[row*Cols+col] = uint16(cell)
}

// Point tells the CRT controller where the cursor is, if it is elsewhere; it is
// the console's side of Painter.
func (c *Console) Point(col, row int, shown bool) {
	pos := uint16(row*Cols + col)
	if pos>>8 != c.cursor>>8 {
		c.write(crtcCursorHigh, uint8(pos>>8))
	}
	if uint8(pos) != uint8(c.cursor) {
		c.write(crtcCursorLow, uint8(pos))
	}
	c.cursor = pos
	if c.hidden == shown {
		c.hidden = !shown
		start := uint8(cursorFirstLine)
		if c.hidden {
			start |= cursorOff
		}
		c.write(crtcCursorStart, start)
	}
}
