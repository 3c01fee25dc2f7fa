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
	if col, row := m.g.Cursor(); col < 0 || col >= cols || row < 0 || row >= rows {
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
		{"one mark for each character outside ASCII", "µ€x", "??x", 3, 0},
	} {
		m := newMirror(t, 10, 4)
		m.put(c.text)
		if got := lines(m.g); got != c.want {
			t.Errorf("%s: shows %q, want %q", c.name, got, c.want)
		}
		if col, row := m.g.Cursor(); col != c.col || row != c.row {
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
	f.Add(uint8(1), uint8(1), "ab\tc\b\b\n")
	f.Fuzz(func(t *testing.T, cols, rows uint8, text string) {
		m := newMirror(t, int(cols), int(rows))
		m.put(text)
		m.check()
		for _, c := range m.cells {
			if ch := c.Char(); ch < ' ' || ch > '~' {
				t.Fatalf("cell shows %#x", ch)
			}
		}
	})
}
