package vga

// sequence does what a control sequence says. ECMA-48 §8.3 names them; s, u, r
// and the private modes are DEC's and ANSI.SYS's.
func (g *Grid) sequence(final byte, p Painter) {
	k := &g.parser
	if k.private {
		const cursor = 25 // DECTCEM
		if k.params[0] == cursor && (final == 'h' || final == 'l') {
			g.hidden = final == 'l'
		}
		return
	}
	n := max(k.params[0], 1)
	switch final {
	case 'A': // CUU and so on: cursor up, down, right, left
		g.move(g.col, g.row-n)
	case 'B', 'e':
		g.move(g.col, g.row+n)
	case 'C', 'a':
		g.move(g.col+n, g.row)
	case 'D':
		g.move(min(g.col, g.cols-1)-n, g.row)
	case 'E':
		g.move(0, g.row+n)
	case 'F':
		g.move(0, g.row-n)
	case 'G', '`':
		g.move(n-1, g.row)
	case 'd':
		g.move(g.col, n-1)
	case 'H', 'f':
		g.move(max(k.params[1], 1)-1, n-1)
	case 'J':
		g.eraseIn(0, g.rows*g.cols, p)
	case 'K':
		g.eraseIn(g.row*g.cols, (g.row+1)*g.cols, p)
	case 'X':
		at := g.row*g.cols + min(g.col, g.cols-1)
		g.erase(at, min(at+n, (g.row+1)*g.cols), p)
	case '@':
		g.shift(n, p)
	case 'P':
		g.shift(-n, p)
	case 'L', 'M':
		if final == 'L' {
			n = -n
		}
		if g.row >= g.top && g.row < g.bottom {
			g.scroll(g.row, g.bottom, n, p)
		}
	case 'S':
		g.scroll(g.top, g.bottom, n, p)
	case 'T':
		g.scroll(g.top, g.bottom, -n, p)
	case 'm':
		g.colours()
	case 'r': // DECSTBM
		last := k.params[1]
		if last == 0 || last > g.rows {
			last = g.rows
		}
		if n < last {
			g.top, g.bottom = n-1, last
			g.move(0, 0)
		}
	case 's':
		g.save()
	case 'u':
		g.restore()
	}
}

// eraseIn erases from the cursor on, up to the cursor, or all, of a range of
// cells that the cursor is in, as the first parameter says.
func (g *Grid) eraseIn(from, to int, p Painter) {
	at := g.row*g.cols + min(g.col, g.cols-1)
	switch g.parser.params[0] {
	case 0:
		from = at
	case 1:
		to = at + 1
	}
	g.erase(from, to, p)
}

// vgaColour is the adapter's number of each colour of ECMA-48: red and blue
// change places.
var vgaColour = [8]Attr{0, 4, 2, 6, 1, 5, 3, 7}

// colours is SGR, ECMA-48 §8.3.117, with the bright colours of aixterm. Of
// colours out of 256 or more, only the first 16 are known.
func (g *Grid) colours() {
	const bright, blinks = 0x08, 0x80
	params := g.parser.params[:min(g.parser.count+1, maxParams)]
	for i := 0; i < len(params); i++ {
		switch n := params[i]; {
		case n == 0:
			g.attr, g.reverse = AttrInfo, false
		case n == 1:
			g.attr |= bright
		case n == 22:
			g.attr &^= bright
		case n == 5:
			g.attr |= blinks
		case n == 25:
			g.attr &^= blinks
		case n == 7, n == 27:
			g.reverse = n == 7
		case n >= 30 && n <= 37:
			g.attr = g.attr&^7 | vgaColour[n-30]
		case n == 39:
			g.attr = g.attr&^7 | AttrInfo
		case n >= 40 && n <= 47:
			g.attr = g.attr&^0x70 | vgaColour[n-40]<<4
		case n == 49:
			g.attr &^= 0x70
		case n >= 90 && n <= 97:
			g.attr = g.attr&^7 | vgaColour[n-90] | bright
		case n >= 100 && n <= 107:
			g.attr = g.attr&^0x70 | vgaColour[n-100]<<4
		case n == 38, n == 48:
			i += g.indexed(n, params[i+1:])
		}
	}
}

// indexed is a colour out of 256, or of three components. It returns how many
// parameters that takes.
func (g *Grid) indexed(what int, params []int) int {
	const out256, rgb, bright = 5, 2, 8
	switch {
	case len(params) < 2:
		return len(params)
	case params[0] == rgb:
		return 4
	case params[0] != out256:
		return 1
	case params[1] >= 16:
	case what == 38:
		g.attr = g.attr&^0xf | vgaColour[params[1]&7] | Attr(params[1]&bright)
	default:
		g.attr = g.attr&^0x70 | vgaColour[params[1]&7]<<4
	}
	return 2
}
