package vga

// Attr is the attribute byte of a cell: the foreground colour in bits 3:0, the
// background colour in bits 6:4, blinking in bit 7.
type Attr uint8

// The attributes of log levels. On a monochrome adapter all can be read.
const (
	AttrDebug Attr = 0x03 // cyan
	AttrInfo  Attr = 0x07 // light grey
	AttrWarn  Attr = 0x0e // yellow
	AttrError Attr = 0x0c // light red
)

// Cell is a character with its attribute, as VGA text memory holds it: the
// code in bits 7:0, the attribute in bits 15:8.
type Cell uint16

// Char is the character's code.
func (c Cell) Char() byte { return byte(c) }

// Attr is the attribute.
func (c Cell) Attr() Attr { return Attr(c >> 8) }

// MaxCols and MaxRows are the largest Grid.
const (
	MaxCols = 240
	MaxRows = 100
)

const tabWidth = 8

// Painter shows one cell of a Grid on a screen.
type Painter interface {
	Paint(col, row int, c Cell)
}

// Grid is the text on a screen, in memory: screens are slow to read, so nothing
// ever reads them. It takes bytes as a terminal does and has a Painter show
// the cells that changed, and only those.
type Grid struct {
	cells      [MaxCols * MaxRows]Cell
	cols, rows int
	col, row   int // col may be cols: the next character starts a line
	attr       Attr
	escape     escapeState
}

// escapeState is how far into a terminal's control sequence the text is.
type escapeState uint8

const (
	noEscape  escapeState = iota
	escaped               // after ESC
	inControl             // after ESC [, until a final byte
)

// Reset makes the grid blank, with the cursor at the top left. Sizes beyond 1
// to MaxCols and 1 to MaxRows become the nearest that fits.
func (g *Grid) Reset(cols, rows int) {
	g.cols = min(max(cols, 1), MaxCols)
	g.rows = min(max(rows, 1), MaxRows)
	g.col, g.row = 0, 0
	g.attr = AttrInfo
	g.escape = noEscape
	for i := range g.cells {
		g.cells[i] = blank
	}
}

const blank = Cell(AttrInfo)<<8 | ' '

// Size is the size in characters; it is zero before Reset.
func (g *Grid) Size() (cols, rows int) { return g.cols, g.rows }

// Cursor is where the next character goes.
func (g *Grid) Cursor() (col, row int) { return min(g.col, max(g.cols-1, 0)), g.row }

// SetAttr sets the attribute of the characters to come.
func (g *Grid) SetAttr(a Attr) { g.attr = a }

// Cell is what is at a place; outside the grid it is a blank.
func (g *Grid) Cell(col, row int) Cell {
	if col < 0 || col >= g.cols || row < 0 || row >= g.rows {
		return blank
	}
	return g.cells[row*g.cols+col]
}

// Put takes one byte of text and has p, unless it is nil, paint what changes.
// Line feed starts a new line, carriage return goes to the start of this one,
// backspace one to the left, tab to the next multiple of eight. A terminal's
// control sequences (ECMA-48 §5.4) and all other control characters show
// nothing. A character outside ASCII shows as one question mark, its UTF-8
// continuation bytes as nothing.
func (g *Grid) Put(c byte, p Painter) {
	if g.rows == 0 || g.swallow(c) {
		return
	}
	switch {
	case c == '\n':
		g.newline(p)
	case c == '\r':
		g.col = 0
	case c == '\b':
		g.col = max(g.col-1, 0)
	case c == '\t':
		g.col = min((g.col/tabWidth+1)*tabWidth, g.cols)
	case c < ' ', c == 0x7f, c >= 0x80 && c < 0xc0:
	case c >= 0xc0:
		g.show('?', p)
	default:
		g.show(c, p)
	}
}

// swallow reports whether c belongs to a control sequence. A control character
// inside one ends it and counts, so that no line is lost to a broken sequence.
func (g *Grid) swallow(c byte) bool {
	state := g.escape
	g.escape = noEscape
	switch {
	case c == 0x1b:
		g.escape = escaped
		return true
	case c < ' ':
		return false
	case state == escaped && c == '[', state == inControl && c < 0x40:
		g.escape = inControl
		return true
	}
	return state != noEscape
}

func (g *Grid) show(c byte, p Painter) {
	if g.col == g.cols {
		g.newline(p)
	}
	g.set(g.row*g.cols+g.col, Cell(g.attr)<<8|Cell(c), p)
	g.col++
}

func (g *Grid) newline(p Painter) {
	g.col = 0
	if g.row < g.rows-1 {
		g.row++
		return
	}
	last := (g.rows - 1) * g.cols
	if p == nil {
		copy(g.cells[:last], g.cells[g.cols:])
	} else {
		for i := range last {
			g.set(i, g.cells[i+g.cols], p)
		}
	}
	for i := last; i < last+g.cols; i++ {
		g.set(i, blank, p)
	}
}

func (g *Grid) set(i int, c Cell, p Painter) {
	if g.cells[i] == c {
		return
	}
	g.cells[i] = c
	if p != nil {
		p.Paint(i%g.cols, i/g.cols, c)
	}
}
