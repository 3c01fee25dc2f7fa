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
// code, of IBM's code page 437, in bits 7:0, the attribute in bits 15:8.
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

// Grid is the text on a screen, in memory: screens are slow to read, so nothing
// ever reads them. It takes bytes as a terminal does and has a Painter show
// the cells that changed, and only those.
type Grid struct {
	cells      [MaxCols * MaxRows]Cell
	cols, rows int
	col, row   int  // col may be cols: the next character starts a line
	hidden     bool // the cursor is not shown
	attr       Attr
	reverse    bool // foreground and background change places

	// Raw makes a line feed go down only, as a guest means it that has put
	// the carriage return before.
	Raw         bool
	top, bottom int // the rows that scroll, from top to before bottom
	saved       struct {
		col, row int
		attr     Attr
	}
	parser parser
}

// Reset makes the grid blank, with the cursor at the top left. Sizes beyond 1
// to MaxCols and 1 to MaxRows become the nearest that fits.
func (g *Grid) Reset(cols, rows int) {
	g.cols = min(max(cols, 1), MaxCols)
	g.rows = min(max(rows, 1), MaxRows)
	g.initial()
	for i := range g.cells {
		g.cells[i] = blank
	}
}

// initial puts all but the cells and the size as it is in the beginning.
func (g *Grid) initial() {
	g.col, g.row, g.hidden = 0, 0, false
	g.attr, g.reverse = AttrInfo, false
	g.top, g.bottom = 0, g.rows
	g.saved.col, g.saved.row, g.saved.attr = 0, 0, AttrInfo
	g.parser = parser{}
}

// Clear makes the grid as it is after Reset, and has p paint that.
func (g *Grid) Clear(p Painter) {
	g.initial()
	g.erase(0, g.rows*g.cols, p)
}

const blank = Cell(AttrInfo)<<8 | ' '

// Size is the size in characters; it is zero before Reset.
func (g *Grid) Size() (cols, rows int) { return g.cols, g.rows }

// Cursor is where the next character goes, and whether a cursor is shown there.
func (g *Grid) Cursor() (col, row int, shown bool) {
	return min(g.col, max(g.cols-1, 0)), g.row, !g.hidden
}

// SetCursor moves the cursor, which is hidden outside of the grid.
func (g *Grid) SetCursor(col, row int) {
	g.hidden = col < 0 || col >= g.cols || row < 0 || row >= g.rows
	g.move(col, row)
}

// SetAttr sets the attribute of the characters to come.
func (g *Grid) SetAttr(a Attr) { g.attr = a }

// Cell is what is at a place; outside the grid it is a blank.
func (g *Grid) Cell(col, row int) Cell {
	if col < 0 || col >= g.cols || row < 0 || row >= g.rows {
		return blank
	}
	return g.cells[row*g.cols+col]
}

// SetRow fills a row with cells, of which those beyond its end are left out, and
// with blanks behind them.
func (g *Grid) SetRow(row int, cells []Cell, p Painter) {
	if row < 0 || row >= g.rows {
		return
	}
	for col := range g.cols {
		c := blank
		if col < len(cells) {
			c = cells[col]
		}
		g.set(row*g.cols+col, c, p)
	}
}

// Paint has p paint all cells.
func (g *Grid) Paint(p Painter) {
	for row := range g.rows {
		for col := range g.cols {
			p.Paint(col, row, g.cells[row*g.cols+col])
		}
	}
}

// move moves the cursor to the nearest place that there is.
func (g *Grid) move(col, row int) {
	g.col = min(max(col, 0), max(g.cols-1, 0))
	g.row = min(max(row, 0), max(g.rows-1, 0))
}

// show puts a character at the cursor.
func (g *Grid) show(c byte, p Painter) {
	if g.col == g.cols {
		g.col = 0
		g.down(p)
	}
	a := g.attr
	if g.reverse {
		a = a&0x88 | a>>4&7 | a&7<<4
	}
	g.set(g.row*g.cols+g.col, Cell(a)<<8|Cell(c), p)
	g.col++
}

// down goes one row down, and scrolls at the end of the rows that do.
func (g *Grid) down(p Painter) {
	if g.row == g.bottom-1 {
		g.scroll(g.top, g.bottom, 1, p)
	} else if g.row < g.rows-1 {
		g.row++
	}
}

// up goes one row up, and scrolls at the begin of the rows that do.
func (g *Grid) up(p Painter) {
	if g.row == g.top {
		g.scroll(g.top, g.bottom, -1, p)
	} else if g.row > 0 {
		g.row--
	}
}

// scroll moves the rows from one to before another up by n, or down by -n.
func (g *Grid) scroll(from, to, n int, p Painter) {
	n = min(max(n, from-to), to-from)
	first, last, by := from*g.cols, to*g.cols, n*g.cols
	if n >= 0 {
		for i := first; i < last-by; i++ {
			g.set(i, g.cells[i+by], p)
		}
		g.erase(last-by, last, p)
		return
	}
	for i := last - 1; i >= first-by; i-- {
		g.set(i, g.cells[i+by], p)
	}
	g.erase(first, first-by, p)
}

// shift moves the cells of the cursor's row from the cursor on right by n, or
// left by -n.
func (g *Grid) shift(n int, p Painter) {
	col := min(g.col, g.cols-1)
	first, last := g.row*g.cols+col, (g.row+1)*g.cols
	n = min(max(n, first-last), last-first)
	if n >= 0 {
		for i := last - 1; i >= first+n; i-- {
			g.set(i, g.cells[i-n], p)
		}
		g.erase(first, first+n, p)
		return
	}
	for i := first; i < last+n; i++ {
		g.set(i, g.cells[i-n], p)
	}
	g.erase(last+n, last, p)
}

// erase makes cells blank, in the background colour of the moment.
func (g *Grid) erase(from, to int, p Painter) {
	c := Cell(g.attr&0x70|AttrInfo)<<8 | ' '
	for i := from; i < to; i++ {
		g.set(i, c, p)
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
