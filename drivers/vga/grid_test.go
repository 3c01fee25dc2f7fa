package vga

import (
	"strings"
	"testing"
)

// mirror is a Painter that keeps what it was shown, as a screen does.
type mirror struct {
	t       *testing.T
	g       *Grid
	cells   map[[2]int]Cell
	painted int
}

func newMirror(t *testing.T, cols, rows int) *mirror {
	m := &mirror{t: t, g: new(Grid), cells: map[[2]int]Cell{}}
	m.g.Reset(cols, rows)
	return m
}

func (m *mirror) Paint(col, row int, c Cell) {
	cols, rows := m.g.Size()
	if col < 0 || col >= cols || row < 0 || row >= rows {
		m.t.Fatalf("painted (%d,%d) of a %dx%d grid", col, row, cols, rows)
	}
	m.cells[[2]int{col, row}] = c
	m.painted++
}

func (m *mirror) Point(col, row int, shown bool) {}

func (m *mirror) Blank() {}

func (m *mirror) put(s string) {
	for i := range len(s) {
		m.g.Put(s[i], m)
	}
}

// check compares what was painted with the grid, and the cursor with its
// bounds.
func (m *mirror) check() {
	m.t.Helper()
	cols, rows := m.g.Size()
	for row := range rows {
		for col := range cols {
			shown, ok := m.cells[[2]int{col, row}]
			if !ok {
				shown = blank
			}
			if want := m.g.Cell(col, row); shown != want {
				m.t.Fatalf("(%d,%d) shows %#x, the grid has %#x", col, row, shown, want)
			}
		}
	}
	if col, row, _ := m.g.Cursor(); col < 0 || col >= cols || row < 0 || row >= rows {
		m.t.Fatalf("cursor at (%d,%d) of %dx%d", col, row, cols, rows)
	}
}

// lines is the text of a grid, without blanks at the ends of its lines and
// empty lines at its end.
func lines(g *Grid) string {
	cols, rows := g.Size()
	var all []string
	for row := range rows {
		var b strings.Builder
		for col := range cols {
			b.WriteByte(g.Cell(col, row).Char())
		}
		all = append(all, strings.TrimRight(b.String(), " "))
	}
	return strings.TrimRight(strings.Join(all, "|"), "|")
}

func TestGridShowsTextAsATerminalDoes(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		col, row         int
	}{
		{"plain", "hello", "hello", 5, 0},
		{"line feed starts a line", "ab\ncd", "ab|cd", 2, 1},
		{"CR LF starts one line", "ab\r\ncd", "ab|cd", 2, 1},
		{"carriage return overwrites", "abcd\rxy", "xycd", 2, 0},
		{"backspace rubs out with a space", "abc\b \b", "ab", 2, 0},
		{"backspace stops at the left", "\b\b\bx", "x", 1, 0},
		{"tab goes to the next stop", "a\tb", "a       b", 9, 0},
		{"tab stops at the right", "123456789\t\tb", "123456789|b", 1, 1},
		{"a full line does not wrap early", "0123456789\nx", "0123456789|x", 1, 1},
		{"a longer line wraps", "0123456789x", "0123456789|x", 1, 1},
		{"rubbing out at the right edge", "0123456789\b \b", "012345678", 9, 0},
		{"scrolls", "1\n2\n3\n4\n5", "2|3|4|5", 1, 3},
		{"scrolls by wrapping", "1\n2\n3\n0123456789x", "2|3|0123456789|x", 1, 3},
		{"control characters show nothing", "a\a\x00\x7f\x0eb", "ab", 2, 0},
		{"control sequences show nothing", "a\x1b[1;31mb\x1b[Kc\x1b7d", "abcd", 4, 0},
		{"a line feed ends a broken sequence", "a\x1b[12\nb\x1b\nc", "a|b|c", 1, 2},
		{"an escape inside a sequence starts anew", "\x1b[1\x1b[2Jx", "x", 1, 0},
		{"one mark for each character that has no code", "€日本x", "???x", 4, 0},
		{"a broken character", "\xc3a\xe2\x82b\x80", "?a?b", 4, 0},
		{"code page 437", "µ█x", "\xe6\xdbx", 3, 0},
		{"cursor by steps", "\x1b[5Ca\x1b[2D\x1b[Bb\x1b[Ac\x1b[1Gd", "d    c|    b", 1, 0},
		{"cursor by place", "\x1b[3;4Ha\x1b[Hb\x1b[99;99Hc\x1b[2dd", "b|         d|   a|         c", 9, 1},
		{"cursor up and down stop", "\x1b[9Aa\x1b[9Bb\x1b[9Cc\x1b[99Dd", "a|||db       c", 1, 3},
		{"erase to the end of the line", "abcdef\x1b[3D\x1b[K", "abc", 3, 0},
		{"erase to the begin of the line", "abcdef\x1b[3D\x1b[1K", "    ef", 3, 0},
		{"erase the line", "ab\ncd\x1b[2K", "ab", 2, 1},
		{"erase to the end of the screen", "ab\ncd\nef\x1b[2;2H\x1b[J", "ab|c", 1, 1},
		{"erase the screen", "ab\ncd\x1b[H\x1b[2J", "", 0, 0},
		{"erase characters", "abcdef\x1b[1G\x1b[3X", "   def", 0, 0},
		{"insert and delete characters", "abcdef\x1b[1G\x1b[2@x\x1b[4G\x1b[2P", "x adef", 3, 0},
		{"insert lines", "1\n2\n3\x1b[2H\x1b[Lx", "1|x|2|3", 1, 1},
		{"delete lines", "1\n2\n3\n4\x1b[2H\x1b[2M", "1|4", 0, 1},
		{"scroll up and down", "1\n2\n3\x1b[2S\x1b[T", "|3", 1, 2},
		{"rows that scroll", "1\n2\n3\n4\x1b[2;3r\x1b[3Ha\nb", "1|a|b|4", 1, 2},
		{"reverse line feed scrolls", "1\n2\x1b[H\x1bMx", "x|1|2", 1, 0},
		{"save and restore", "ab\x1b7\n\ncd\x1b8e", "abe||cd", 3, 0},
		{"character sets, titles and modes show nothing", "\x1b(Ba\x1b]0;title\ab\x1b[?2004hc\x1b[>0qd", "abcd", 4, 0},
		{"reset", "ab\n\x1b[31mc\x1bcd", "d", 1, 0},
	} {
		m := newMirror(t, 10, 4)
		m.put(c.text)
		if got := lines(m.g); got != c.want {
			t.Errorf("%s: shows %q, want %q", c.name, got, c.want)
		}
		if col, row, _ := m.g.Cursor(); col != c.col || row != c.row {
			t.Errorf("%s: cursor at (%d,%d), want (%d,%d)", c.name, col, row, c.col, c.row)
		}
		m.check()
	}
}

func TestGridPaintsOnlyWhatChanges(t *testing.T) {
	m := newMirror(t, 80, 25)
	m.put(strings.Repeat("same line\n", 40))
	m.painted = 0
	m.put("same line\n")
	// The line appears at the bottom and leaves it again, all but its blank; above, scrolling puts
	// equal lines in each other's place.
	if want := 2 * len("sameline"); m.painted != want {
		t.Errorf("%d cells painted, want %d", m.painted, want)
	}
	m.check()
}

func TestGridUsesTheAttributeOfTheMoment(t *testing.T) {
	m := newMirror(t, 10, 2)
	m.put("a")
	m.g.SetAttr(AttrError)
	m.put("b\n")
	if a, b := m.g.Cell(0, 0), m.g.Cell(1, 0); a != 0x0761 || b != 0x0c62 {
		t.Errorf("cells %#x %#x", a, b)
	}
	if c := m.g.Cell(2, 0); c != blank {
		t.Errorf("blank cell is %#x", c)
	}
}

func TestControlSequencesColour(t *testing.T) {
	for _, c := range []struct {
		sequence string
		want     Attr
	}{
		{"", 0x07}, {"\x1b[31m", 0x04}, {"\x1b[1;34;42m", 0x29}, {"\x1b[93m", 0x0e}, {"\x1b[103m", 0x67}, {"\x1b[7m", 0x70}, {"\x1b[1;33;44;7m", 0x6e&^0x77 | 0x61},
		{"\x1b[31;0m", 0x07}, {"\x1b[31;1m\x1b[m", 0x07}, {"\x1b[1;5;31m\x1b[22;25;39m", 0x07}, {"\x1b[45;49m", 0x07}, {"\x1b[7;27m", 0x07},
		{"\x1b[38;5;9m", 0x0c}, {"\x1b[48;5;4m", 0x17}, {"\x1b[38;5;200;31m", 0x04}, {"\x1b[38;2;1;2;3;32m", 0x02}, {"\x1b[38;5m", 0x07}, {"\x1b[38m", 0x07},
	} {
		m := newMirror(t, 10, 2)
		m.put(c.sequence + "x")
		if got := m.g.Cell(0, 0); got != Cell(c.want)<<8|'x' {
			t.Errorf("%q: %#x, want attribute %#x", c.sequence, got, c.want)
		}
	}
	m := newMirror(t, 10, 2)
	m.put("\x1b[44m\x1b[2J")
	if c := m.g.Cell(5, 1); c.Attr() != 0x17 {
		t.Errorf("erased in %#x", c)
	}
}

func TestARawLineFeedGoesDown(t *testing.T) {
	m := newMirror(t, 10, 4)
	m.g.Raw = true
	m.put("ab\ncd\r\nef")
	if got := lines(m.g); got != "ab|  cd|ef" {
		t.Errorf("%q", got)
	}
}

func TestTheCursorCanBeHidden(t *testing.T) {
	m := newMirror(t, 10, 4)
	for _, c := range []struct {
		text  string
		shown bool
	}{{"a", true}, {"\x1b[?25l", false}, {"b", false}, {"\x1b[?25h", true}, {"\x1b[25l", true}} {
		m.put(c.text)
		if _, _, shown := m.g.Cursor(); shown != c.shown {
			t.Errorf("after %q: %v", c.text, shown)
		}
	}
}

func TestGridWithoutSizeIgnoresText(t *testing.T) {
	m := &mirror{t: t, g: new(Grid)}
	m.put("x\n\n")
	if cols, rows := m.g.Size(); cols != 0 || rows != 0 {
		t.Errorf("size %dx%d", cols, rows)
	}
	m.g.Cursor()
}

func TestResetKeepsSizeInBounds(t *testing.T) {
	for _, c := range [][4]int{{0, 0, 1, 1}, {-5, -5, 1, 1}, {1 << 30, 1 << 30, MaxCols, MaxRows}} {
		m := newMirror(t, c[0], c[1])
		if cols, rows := m.g.Size(); cols != c[2] || rows != c[3] {
			t.Errorf("Reset(%d, %d) gives %dx%d", c[0], c[1], cols, rows)
		}
		m.put("ab\n\n\tc\bd")
		m.check()
	}
}

func FuzzGrid(f *testing.F) {
	f.Add(uint8(80), uint8(25), "plain\ntext\r\n")
	f.Add(uint8(10), uint8(2), "\t\b\x1b[0;1mx\x1b[\n\x1b\x80\xff\x7f")
	f.Add(uint8(20), uint8(9), "\x1b[2;5r\x1b[9L\x1b[9M\x1b[99@\x1b[99P\x1b[S\x1b[T\x1b7\x1bM\x1b8\x1b[38;5;9;48;2;1m\x1b[;;;;;;;;;;5H\xe2\x94\x80")
	f.Add(uint8(1), uint8(1), "ab\tc\b\b\n")
	f.Fuzz(func(t *testing.T, cols, rows uint8, text string) {
		m := newMirror(t, int(cols), int(rows))
		m.put(text)
		m.check()
	})
}
