package fb

import "github.com/ringo-vmm/ringo/drivers/vga"

const (
	// maxScale is the largest number of pixels a side that one of the font
	// takes, on screens of so many pixels that the text would be tiny.
	maxScale      = 4
	maxPixelBytes = 4
)

// colours are the sixteen of a VGA attribute, as red, green and blue.
var colours = [16][3]uint8{
	{0x00, 0x00, 0x00}, {0x00, 0x00, 0xaa}, {0x00, 0xaa, 0x00}, {0x00, 0xaa, 0xaa},
	{0xaa, 0x00, 0x00}, {0xaa, 0x00, 0xaa}, {0xaa, 0x55, 0x00}, {0xaa, 0xaa, 0xaa},
	{0x55, 0x55, 0x55}, {0x55, 0x55, 0xff}, {0x55, 0xff, 0x55}, {0x55, 0xff, 0xff},
	{0xff, 0x55, 0x55}, {0xff, 0x55, 0xff}, {0xff, 0xff, 0x55}, {0xff, 0xff, 0xff},
}

// Console is a text console on a framebuffer. It is large: keep it in a
// variable of a package.
type Console struct {
	mem     []byte
	pitch   int
	pixel   int // bytes
	scale   int
	grid    vga.Grid
	font    font
	palette [len(colours)][maxPixelBytes]byte
}

// Init takes over the framebuffer that m describes, mapped as mem, and clears
// it. The text has as many columns and rows as fit; pixels are doubled and more
// where those would be over vga.MaxCols or vga.MaxRows.
func (c *Console) Init(m *Mode, mem []byte) error {
	c.mem = nil
	n, err := m.Bytes()
	if err != nil {
		return err
	}
	if n > uint64(len(mem)) {
		return ErrMemory
	}
	c.font = font{}
	if err := c.font.load(); err != nil {
		return err
	}
	for i, rgb := range colours {
		c.palette[i] = m.pixel(rgb[0], rgb[1], rgb[2])
	}
	c.pitch, c.pixel = int(m.Pitch), m.pixelBytes()
	width, height := int(m.Width), int(m.Height)
	c.scale = 1
	for c.scale < maxScale &&
		(width/(c.scale*glyphWidth) > vga.MaxCols || height/(c.scale*glyphHeight) > vga.MaxRows) {
		c.scale++
	}
	c.grid.Reset(width/(c.scale*glyphWidth), height/(c.scale*glyphHeight))
	// All bits zero is black in every mode, and the blank cells show nothing.
	for y := range height {
		clear(mem[y*c.pitch:][:width*c.pixel])
	}
	c.mem = mem
	return nil
}

// Size is the size in characters; it is zero before Init.
func (c *Console) Size() (cols, rows int) { return c.grid.Size() }

// SetAttr sets the attribute of the characters to come, with VGA's colours.
func (c *Console) SetAttr(a vga.Attr) { c.grid.SetAttr(a) }

// WriteByte takes one byte of text, as vga.Grid.Put describes, and draws what
// it changes. The only error is ErrNoInit.
func (c *Console) WriteByte(b byte) error {
	if c.mem == nil {
		return ErrNoInit
	}
	c.grid.Put(b, c)
	return nil
}

// Put takes one byte of text and draws nothing. A log that was kept from before
// Init is shown by a Put for each byte and one Redraw, where WriteByte would
// scroll the whole screen at every line.
func (c *Console) Put(b byte) { c.grid.Put(b, nil) }

// Redraw draws every cell.
func (c *Console) Redraw() {
	if c.mem == nil {
		return
	}
	cols, rows := c.grid.Size()
	for row := range rows {
		for col := range cols {
			c.Paint(col, row, c.grid.Cell(col, row))
		}
	}
}

// Paint draws a cell; it is the console's side of vga.Painter. Each row of
// pixels is made in ordinary memory and copied, so that the framebuffer sees
// wide writes.
func (c *Console) Paint(col, row int, cell vga.Cell) {
	var picture [glyphHeight]uint8
	if ch := cell.Char(); ch >= firstGlyph && ch <= lastGlyph {
		picture = c.font[ch-firstGlyph]
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
