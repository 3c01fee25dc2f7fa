package fb

// Where lines are in a character: a single one in the middle, those of a double
// one on both sides of it.
const (
	lineX, lineY     = 3, 7 // column and row of a single line
	doubleX, doubleY = 2, 6 // of the first of a double line; the second is two further on
)

// arms are the lines that meet in the middle of a character from up, right, down
// and left: 0 is none, 1 a single line, 2 a double one.
type arms struct{ up, right, down, left uint8 }

// lineFrom is the code of the first character of lineArms. Code page 437 has all
// those with lines one after the other.
const lineFrom = 0xb3

var lineArms = [...]arms{
	{1, 0, 1, 0}, {1, 0, 1, 1}, {1, 0, 1, 2}, {2, 0, 2, 1}, {0, 0, 2, 1}, // │┤╡╢╖
	{0, 0, 1, 2}, {2, 0, 2, 2}, {2, 0, 2, 0}, {0, 0, 2, 2}, {2, 0, 0, 2}, // ╕╣║╗╝
	{2, 0, 0, 1}, {1, 0, 0, 2}, {0, 0, 1, 1}, {1, 1, 0, 0}, {1, 1, 0, 1}, // ╜╛┐└┴
	{0, 1, 1, 1}, {1, 1, 1, 0}, {0, 1, 0, 1}, {1, 1, 1, 1}, {1, 2, 1, 0}, // ┬├─┼╞
	{2, 1, 2, 0}, {2, 2, 0, 0}, {0, 2, 2, 0}, {2, 2, 0, 2}, {0, 2, 2, 2}, // ╟╚╔╩╦
	{2, 2, 2, 0}, {0, 2, 0, 2}, {2, 2, 2, 2}, {1, 2, 0, 2}, {2, 1, 0, 1}, // ╠═╬╧╨
	{0, 2, 1, 2}, {0, 1, 2, 1}, {2, 1, 0, 0}, {1, 2, 0, 0}, {0, 2, 1, 0}, // ╤╥╙╘╒
	{0, 1, 2, 0}, {2, 1, 2, 1}, {1, 2, 1, 2}, {1, 0, 0, 1}, {0, 1, 1, 0}, // ╓╫╪┘┌
}

// drawLines draws the characters with lines.
func (f *font) drawLines() {
	for i, a := range lineArms {
		g := &f[lineFrom+i]
		*g = glyph{}
		g.vertical(a.up, 0, lineY+1)
		g.vertical(a.down, lineY-1, glyphHeight)
		g.horizontal(a.left, 0, lineX+1)
		g.horizontal(a.right, lineX-1, glyphWidth)
	}
}

// vertical draws lines in rows from one to before another.
func (g *glyph) vertical(lines uint8, from, to int) {
	for y := from; y < to; y++ {
		switch lines {
		case 1:
			g[y] |= 0x80 >> lineX
		case 2:
			g[y] |= 0x80>>doubleX | 0x80>>(doubleX+2)
		}
	}
}

// horizontal draws lines in columns from one to before another.
func (g *glyph) horizontal(lines uint8, from, to int) {
	bits := uint8(0xff>>from) &^ (0xff >> to)
	switch lines {
	case 1:
		g[lineY] |= bits
	case 2:
		g[doubleY] |= bits
		g[doubleY+2] |= bits
	}
}

// drawBlocks draws the shades ░▒▓ and the blocks █▄▌▐▀.
func (f *font) drawBlocks() {
	const shades, blocks, half = 0xb0, 0xdb, glyphHeight / 2
	for y := range glyphHeight {
		f[shades][y] = [2]uint8{0x88, 0x22}[y%2]
		f[shades+1][y] = [2]uint8{0xaa, 0x55}[y%2]
		f[shades+2][y] = [2]uint8{0x77, 0xdd}[y%2]
		upper, lower := uint8(0xff), uint8(0)
		if y >= half {
			upper, lower = lower, upper
		}
		f[blocks][y], f[blocks+1][y], f[blocks+4][y] = 0xff, lower, upper
		f[blocks+2][y], f[blocks+3][y] = 0xf0, 0x0f
	}
}
