package vga

import (
	"bytes"
	"math/rand"
	"strconv"
	"strings"
	"testing"
)

// terminal is as much of a terminal as ANSI needs: it has a rune and a
// background for each cell.
type terminal struct {
	t          *testing.T
	rows, cols int
	char       []rune
	back       []int
	row, col   int
	background int
	cursor     bool
}

func newTerminal(t *testing.T, rows, cols int) *terminal {
	m := &terminal{t: t, rows: rows, cols: cols, char: make([]rune, rows*cols), back: make([]int, rows*cols)}
	m.scroll(rows)
	return m
}

func (m *terminal) scroll(n int) {
	k := copy(m.char, m.char[n*m.cols:])
	copy(m.back, m.back[n*m.cols:])
	for ; k < len(m.char); k++ {
		m.char[k], m.back[k] = ' ', 40
	}
}

func (m *terminal) Write(b []byte) (int, error) {
	s := string(b)
	for s != "" {
		if !strings.HasPrefix(s, csi) {
			r := []rune(s)[0]
			s = s[len(string(r)):]
			if m.col < m.cols {
				m.char[m.row*m.cols+m.col], m.back[m.row*m.cols+m.col] = r, m.background
			}
			m.col++
			continue
		}
		end := strings.IndexAny(s[2:], "HJSmhl") + 2
		params := strings.Split(s[2:end], ";")
		first, _ := strconv.Atoi(params[0])
		switch s[end] {
		case 'H':
			m.row, m.col = first-1, 0
			if len(params) > 1 {
				col, _ := strconv.Atoi(params[1])
				m.col = col - 1
			}
		case 'J':
			m.scroll(m.rows)
		case 'S':
			m.scroll(first)
		case 'm':
			m.background = 40
			if len(params) > 2 {
				m.background, _ = strconv.Atoi(params[len(params)-1])
			}
		case 'h', 'l':
			if params[0] == "?25" {
				m.cursor = s[end] == 'h'
			}
		}
		s = s[end+1:]
	}
	return len(b), nil
}

// check compares the terminal with the rows of a screen from first on.
func (m *terminal) check(s *Text, first int) {
	m.t.Helper()
	for i := range min(m.rows, s.Rows) * s.Columns {
		c := s.Cells[first*s.Columns+i]
		back := 40 + int(sgrColor[c.Attr>>4&7])
		if m.char[i] != cp437[c.Char] || m.back[i] != back {
			m.t.Fatalf("row %d, column %d: %q on %d, want %q on %d", i/s.Columns, i%s.Columns, m.char[i], m.back[i], cp437[c.Char], back)
		}
	}
	if want := s.Cursor >= 0; m.cursor != want || want && m.row*m.cols+m.col != s.Cursor-first*s.Columns {
		m.t.Fatalf("cursor %t at %d,%d, want %d", m.cursor, m.row, m.col, s.Cursor)
	}
}

func TestATerminalShowsTheScreen(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for _, rows := range []int{25, 24, 10, 30} {
		s := &Text{Columns: 20, Rows: 25, Cells: make([]Cell, 500), Blink: true}
		m := newTerminal(t, rows, 20)
		a := NewANSI(m, rows)
		for range 2000 {
			switch rnd.Intn(6) {
			case 0: // scroll
				n := rnd.Intn(24) * 20
				k := copy(s.Cells, s.Cells[n:])
				for ; k < 500; k++ {
					s.Cells[k] = Cell{' ', 7}
				}
			case 1: // other colours
				s.Cells[rnd.Intn(500)].Attr = uint8(rnd.Intn(0x80))
			case 2:
				s.Cursor = rnd.Intn(501) - 1
			default: // text
				at := rnd.Intn(480)
				for i := range rnd.Intn(20) {
					s.Cells[at+i] = Cell{uint8(rnd.Intn(256)), uint8(rnd.Intn(2) * 0x17)}
				}
			}
			if err := a.Draw(s); err != nil {
				t.Fatal(err)
			}
			m.check(s, a.first)
		}
	}
}

func TestAScreenThatScrollsCostsLittle(t *testing.T) {
	s := &Text{Columns: 80, Rows: 25, Cells: make([]Cell, 2000)}
	for i := range s.Cells {
		s.Cells[i] = Cell{uint8('a' + i/80), 7}
	}
	var out bytes.Buffer
	a := NewANSI(&out, 25)
	draw(t, a, &out, s)
	copy(s.Cells, s.Cells[160:])
	for i := range s.Cells[23*80:] {
		s.Cells[23*80+i] = Cell{' ', 7}
	}
	s.Cells[23*80] = Cell{'$', 7}
	s.Cursor = 23*80 + 1
	want := "\x1b[?25l\x1b[0m\x1b[2S\x1b[?25l\x1b[24;1H\x1b[0;37;40m$\x1b[24;2H\x1b[?25h"
	if got := draw(t, a, &out, s); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
