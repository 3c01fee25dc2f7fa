package vga

const tabWidth = 8

// parser is how far into a control sequence or a character the text is.
type parser struct {
	escape  escapeState
	private bool // the sequence has a '?' or the like before its parameters
	params  [maxParams]int
	count   int // of params begun, beside the first
	char    rune
	more    int // bytes of char that are to come
}

const (
	maxParams = 8
	maxParam  = 9999
)

// escapeState is what kind of control sequence the text is in. ECMA-48 §5.4
// and §5.6.
type escapeState uint8

const (
	noEscape  escapeState = iota
	escaped               // after ESC
	oneMore               // after ESC and a byte that chooses a character set
	inControl             // after ESC [, until a final byte
	inString              // after ESC ], until BEL or ESC
)

// Put takes one byte of text and has p, unless it is nil, paint what changes.
// It does what a VT100 does with control characters and the control sequences
// that programs use on a Linux console: they move, erase, insert, scroll and
// colour; others show nothing. Characters come in UTF-8; what code page 437 has
// not shows as one question mark.
func (g *Grid) Put(c byte, p Painter) {
	if g.rows == 0 {
		return
	}
	if g.parser.more > 0 && c&0xc0 == 0x80 {
		g.continued(c, p)
		return
	}
	if g.parser.more > 0 {
		g.parser.more = 0
		g.show('?', p)
	}
	if c < ' ' {
		g.control(c, p)
		return
	}
	switch g.parser.escape {
	case escaped:
		g.parser.escape = noEscape
		g.escaped(c, p)
	case oneMore:
		g.parser.escape = noEscape
	case inControl:
		g.parameter(c, p)
	case inString:
	default:
		g.text(c, p)
	}
}

// text takes the first byte of a character.
func (g *Grid) text(c byte, p Painter) {
	k := &g.parser
	switch {
	case c == 0x7f:
	case c < 0x7f:
		g.show(c, p)
	case c >= 0xf0:
		k.char, k.more = rune(c&7), 3
	case c >= 0xe0:
		k.char, k.more = rune(c&0xf), 2
	case c >= 0xc0:
		k.char, k.more = rune(c&0x1f), 1
	}
}

// continued takes a further byte of a character.
func (g *Grid) continued(c byte, p Painter) {
	k := &g.parser
	k.char = k.char<<6 | rune(c&0x3f)
	if k.more--; k.more > 0 {
		return
	}
	for code, char := range &cp437 {
		if char == k.char {
			g.show(byte(code), p)
			return
		}
	}
	g.show('?', p)
}

// control takes a control character. It ends a sequence, so that no line is lost
// to a broken one.
func (g *Grid) control(c byte, p Painter) {
	const bell, vtab, formFeed, escape = '\a', '\v', '\f', 0x1b
	g.parser.escape = noEscape
	switch c {
	case escape:
		g.parser.escape = escaped
	case '\n', vtab, formFeed:
		if !g.Raw {
			g.col = 0
		}
		g.down(p)
	case '\r':
		g.col = 0
	case '\b':
		g.col = max(min(g.col, g.cols)-1, 0)
	case '\t':
		g.col = min((g.col/tabWidth+1)*tabWidth, g.cols)
	case bell:
	}
}

// escaped takes the byte after ESC.
func (g *Grid) escaped(c byte, p Painter) {
	switch c {
	case '[':
		g.parser = parser{escape: inControl}
	case ']', 'P', 'X', '^', '_':
		g.parser.escape = inString
	case '(', ')', '*', '+', '#', '%', ' ':
		g.parser.escape = oneMore
	case '7':
		g.save()
	case '8':
		g.restore()
	case 'D':
		g.down(p)
	case 'E':
		g.col = 0
		g.down(p)
	case 'M':
		g.up(p)
	case 'c':
		g.Clear(p)
	}
}

// parameter takes a byte of a control sequence.
func (g *Grid) parameter(c byte, p Painter) {
	k := &g.parser
	switch {
	case c >= '0' && c <= '9':
		if k.count < maxParams {
			k.params[k.count] = min(k.params[k.count]*10+int(c-'0'), maxParam)
		}
	case c == ';' || c == ':':
		k.count = min(k.count+1, maxParams)
	case c >= '<' && c <= '?':
		k.private = true
	case c >= 0x40 && c <= 0x7e:
		k.escape = noEscape
		g.sequence(c, p)
	}
}

func (g *Grid) save() { g.saved.col, g.saved.row, g.saved.attr = g.col, g.row, g.attr }

func (g *Grid) restore() {
	g.move(g.saved.col, g.saved.row)
	g.attr = g.saved.attr
}
