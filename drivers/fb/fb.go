package fb

import "github.com/ringo-vmm/ringo/drivers/vga"

const (
	// maxScale is the largest number of pixels a side that one of the font
	// takes, on screens of so many pixels that the text would be tiny.
	maxScale      = 4
	maxPixelBytes = 4

	// The rows of a character that the cursor inverts.
	cursorFrom, cursorTo = 13, 14
)

// colours are the sixteen of a VGA attribute, as red, green and blue.
var colours = [16][3]uint8{
	{0x00, 0x00, 0x00}, {0x00, 0x00, 0xaa}, {0x00, 0xaa, 0x00}, {0x00, 0xaa, 0xaa},
	{0xaa, 0x00, 0x00}, {0xaa, 0x00, 0xaa}, {0xaa, 0x55, 0x00}, {0xaa, 0xaa, 0xaa},
	{0x55, 0x55, 0x55}, {0x55, 0x55, 0xff}, {0x55, 0xff, 0x55}, {0x55, 0xff, 0xff},
	{0xff, 0x55, 0x55}, {0xff, 0x55, 0xff}, {0xff, 0xff, 0x55}, {0xff, 0xff, 0xff},
}

// Console is a text console on a framebuffer. It is large: keep it in a
// variable of a package. Before Init, and after an error, what is written to it
// shows nowhere.
type Console struct {
	vga.Screen
	mem           []byte
	width, height int // pixels
	pitch         int
	pixel         int // bytes
	scale         int
	font          font
	mode          Mode
	palette       [len(colours)][maxPixelBytes]byte
	cursor        struct {
		col, row int
		shown    bool
	}
}

// Init takes over the framebuffer that m describes, mapped as mem, and clears
// it. The text has as many columns and rows as fit; pixels are doubled and more
// where those would be over vga.MaxCols or vga.MaxRows.
func (c *Console) Init(m *Mode, mem []byte) error {
	c.Reset(1, 1, nil)
	n, err := m.Bytes()
	if err != nil {
		return err
	}
	if n > uint64(len(mem)) {
		return ErrMemory
	}
	if err := c.font.load(); err != nil {
		return err
	}
	for i, rgb := range colours {
		c.palette[i] = m.pixel(rgb[0], rgb[1], rgb[2])
	}
	c.mode, c.pitch, c.pixel = *m, int(m.Pitch), m.pixelBytes()
	width, height := int(m.Width), int(m.Height)
	c.width, c.height = width, height
	c.scale = 1
	for c.scale < maxScale &&
		(width/(c.scale*glyphWidth) > vga.MaxCols || height/(c.scale*glyphHeight) > vga.MaxRows) {
		c.scale++
	}
	c.mem, c.cursor.shown = mem, false
	c.Blank()
	c.Reset(width/(c.scale*glyphWidth), height/(c.scale*glyphHeight), c)
	return nil
}

// Blank makes all pixels black: all bits zero, in every mode. It is the console's
// side of vga.Painter.
func (c *Console) Blank() {
	for y := range c.height {
		clear(c.mem[y*c.pitch:][:c.width*c.pixel])
	}
}

// Point draws the cursor; it is the console's side of vga.Painter.
func (c *Console) Point(col, row int, shown bool) {
	old, at := c.cursor, &c.cursor
	if at.col, at.row, at.shown = col, row, shown; old == *at {
		return
	}
	if old.shown {
		c.Paint(old.col, old.row, c.Cell(old.col, old.row))
	}
	if shown {
		c.Paint(col, row, c.Cell(col, row))
	}
}

// Paint draws a cell; it is the console's side of vga.Painter. Each row of
// pixels is made in ordinary memory and copied, so that the framebuffer sees
// wide writes.
func (c *Console) Paint(col, row int, cell vga.Cell) {
	picture := c.font[cell.Char()]
	if at := &c.cursor; at.shown && at.col == col && at.row == row {
		for y := cursorFrom; y <= cursorTo; y++ {
			picture[y] = ^picture[y]
		}
	}
	ink := c.palette[cell.Attr()&0x0f]
	paper := c.palette[cell.Attr()>>4&0x07]

	// Whole maxPixelBytes are stored for each pixel; the next one overwrites
	// what is too much.
	var line [(glyphWidth*maxScale + 1) * maxPixelBytes]byte
	used := 0
	off := row*glyphHeight*c.scale*c.pitch + col*glyphWidth*c.scale*c.pixel
	for y, bits := range picture {
		if y == 0 || bits != picture[y-1] {
			used = 0
			for x := range glyphWidth {
				colour := &paper
				if bits&(0x80>>x) != 0 {
					colour = &ink
				}
				for range c.scale {
					*(*[maxPixelBytes]byte)(line[used:]) = *colour
					used += c.pixel
				}
			}
		}
		for range c.scale {
			copy(c.mem[off:], line[:used])
			off += c.pitch
		}
	}
}
