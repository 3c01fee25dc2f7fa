package vga

import (
	"io"
	"strconv"
	"unicode/utf8"
)

// ANSI shows a text screen on a terminal that takes ECMA-48 control sequences
// and UTF-8. It writes only what has changed.
type ANSI struct {
	w    io.Writer
	rows int // of the terminal

	shown   Text // what the terminal has
	valid   bool
	first   int // row of the text screen that is the terminal's first
	out     []byte
	at      int // the cell behind the one written last, -1 if the terminal's cursor is elsewhere
	attr    uint8
	hasAttr bool
}

// NewANSI makes one that writes to w, a terminal of so many rows. Of a larger
// screen it shows the rows around the cursor.
func NewANSI(w io.Writer, rows int) *ANSI { return &ANSI{w: w, rows: max(rows, 1)} }

// Invalidate says that something else was written to the terminal: Draw then
// draws everything.
func (a *ANSI) Invalidate() { a.valid = false }

// Control sequences: ECMA-48 §8.3, and those that xterm and all its kind have
// for the cursor (DECTCEM) and for lines that wrap (DECAWM).
const (
	csi        = "\x1b["
	resetSGR   = csi + "0m"
	clearAll   = resetSGR + csi + "2J"
	noWrap     = csi + "?7l"
	wrap       = csi + "?7h"
	showCursor = csi + "?25h"
	hideCursor = csi + "?25l"
)

// cleared is what a terminal's cells are when they are cleared.
var cleared = Cell{' ', 0x07}

// Draw brings the terminal in step with the screen.
func (a *ANSI) Draw(t *Text) error {
	a.out = a.out[:0]
	first := a.scroll(t)
	all := !a.valid || first != a.first || a.shown.Columns != t.Columns || a.shown.Rows != t.Rows || a.shown.Blink != t.Blink
	moved := all || a.shown.Cursor != t.Cursor
	if all {
		a.out = append(a.out, noWrap+hideCursor+clearAll...)
		a.at, a.hasAttr, a.first = -1, false, first
		a.shown.Cells = append(a.shown.Cells[:0], t.Cells...)
		for i := range a.shown.Cells {
			a.shown.Cells[i] = cleared
		}
	}
	if a.scrollUp(t) {
		moved = true
	}
	if a.cells(t) || moved {
		a.cursor(t)
	}
	cells := a.shown.Cells
	a.shown, a.valid = *t, true
	a.shown.Cells = cells
	if len(a.out) == 0 {
		return nil
	}
	_, err := a.w.Write(a.out)
	if err != nil {
		a.valid = false
	}
	return err
}

// Leave is what leaves a terminal of so many rows as others expect it after
// Draw, the cursor below the screen.
func Leave(rows int) string {
	return resetSGR + wrap + csi + strconv.Itoa(rows) + "H" + showCursor + "\r\n"
}

// scroll is the first row to show: the same as before while the cursor is in
// sight.
func (a *ANSI) scroll(t *Text) int {
	if t.Rows <= a.rows {
		return 0
	}
	first := min(a.first, t.Rows-a.rows)
	if t.Cursor >= 0 && t.Columns > 0 {
		y := t.Cursor / t.Columns
		first = min(max(first, y-a.rows+1), y)
	}
	return first
}

// cells writes the cells that differ. It tells whether there were any.
func (a *ANSI) cells(t *Text) (drawn bool) {
	from := a.first * t.Columns
	to := min(from+a.rows*t.Columns, len(t.Cells), len(a.shown.Cells))
	for i := from; i < to; i++ {
		c := t.Cells[i]
		if sameLook(c, a.shown.Cells[i]) {
			a.shown.Cells[i] = c
			continue
		}
		if !drawn {
			drawn = true
			a.out = append(a.out, hideCursor...)
		}
		if !a.reach(t, i) {
			a.move(i-from, t.Columns)
		}
		a.color(c.Attr, t.Blink)
		a.out = utf8.AppendRune(a.out, cp437[c.Char])
		a.shown.Cells[i], a.at = c, i+1
	}
	return drawn
}

// mostGap is how many cells are rather written again than skipped: less than
// what moving the cursor takes, and words stay together for who reads along.
const mostGap = 8

// reach brings the terminal's cursor to a cell by writing what is before it once
// more. It tells false if that is not the way: the cell is not a few further on
// in the same row, or what is between has other colours.
func (a *ANSI) reach(t *Text, cell int) bool {
	gap := cell - a.at
	if a.at < 0 || gap > mostGap || cell%t.Columns <= gap {
		return false
	}
	for _, c := range t.Cells[a.at:cell] {
		if c.Attr != a.attr && !sameLook(c, Cell{' ', a.attr}) {
			return false
		}
	}
	for _, c := range t.Cells[a.at:cell] {
		a.out = utf8.AppendRune(a.out, cp437[c.Char])
	}
	return true
}

// sameLook tells whether two cells look the same: of a blank, the foreground
// does not show.
func sameLook(a, b Cell) bool {
	return a == b || cp437[a.Char] == ' ' && cp437[b.Char] == ' ' && a.Attr&0x70 == b.Attr&0x70 && (a.Attr|b.Attr)&0x80 == 0
}

// move puts the terminal's cursor on a cell, counted from the first that shows.
func (a *ANSI) move(cell, columns int) {
	a.out = append(a.out, csi...)
	a.out = strconv.AppendInt(a.out, int64(cell/columns+1), 10)
	a.out = append(a.out, ';')
	a.out = strconv.AppendInt(a.out, int64(cell%columns+1), 10)
	a.out = append(a.out, 'H')
}

// cursor shows the cursor where it is.
func (a *ANSI) cursor(t *Text) {
	from := a.first * t.Columns
	a.at = -1
	if i := t.Cursor - from; t.Cursor >= 0 && i >= 0 && i < a.rows*t.Columns {
		a.move(i, t.Columns)
		a.out = append(a.out, showCursor...)
		return
	}
	a.out = append(a.out, hideCursor...)
}

// sgrColor is the number ECMA-48 has for each of the adapter's colours: red and
// blue change places.
var sgrColor = [8]uint8{0, 4, 2, 6, 1, 5, 3, 7}

// color selects an attribute, by ECMA-48 §8.3.117 (SGR) and, for bright colours,
// the numbers that all terminals have taken from aixterm.
func (a *ANSI) color(attr uint8, blink bool) {
	if a.hasAttr && a.attr == attr {
		return
	}
	a.attr, a.hasAttr = attr, true
	const foreground, background, bright, blinks = 30, 40, 60, 5
	fg := foreground + int(sgrColor[attr&7])
	if attr&8 != 0 {
		fg += bright
	}
	bg := background + int(sgrColor[attr>>4&7])
	if attr&0x80 != 0 && !blink {
		bg += bright
	}
	a.out = append(a.out, csi+"0;"...)
	if attr&0x80 != 0 && blink {
		a.out = append(strconv.AppendInt(a.out, blinks, 10), ';')
	}
	a.out = append(strconv.AppendInt(a.out, int64(fg), 10), ';')
	a.out = append(strconv.AppendInt(a.out, int64(bg), 10), 'm')
}
