package vga

import (
	"slices"
	"strconv"
)

// fewRows is how many rows are rather written than looked for further down.
const fewRows = 2

// scrollUp has the terminal scroll by as many rows as the screen has, which is
// far less to send than all rows in their new places. It tells whether it did.
func (a *ANSI) scrollUp(t *Text) bool {
	rows := min(a.rows, t.Rows)
	from := a.first * t.Columns
	old, now := a.shown.Cells[from:], t.Cells[from:]
	best, least := 0, differing(old, now, rows, t.Columns)
	if least <= fewRows {
		return false
	}
	for n := 1; n < rows; n++ {
		// The rows that come in from below differ, too.
		if d := n + differing(old[n*t.Columns:], now, rows-n, t.Columns); d < least {
			best, least = n, d
		}
	}
	if best == 0 {
		return false
	}
	a.out = append(a.out, hideCursor+resetSGR+csi...)
	a.out = append(strconv.AppendInt(a.out, int64(best), 10), 'S') // ECMA-48 §8.3.147, SU
	a.hasAttr = false
	rest := copy(old[:(rows-best)*t.Columns], old[best*t.Columns:])
	for i := range old[rest : rows*t.Columns] {
		old[rest+i] = cleared
	}
	return true
}

// differing is how many of the first rows of two screens differ.
func differing(a, b []Cell, rows, columns int) (n int) {
	for i := range rows {
		if !slices.Equal(a[i*columns:][:columns], b[i*columns:][:columns]) {
			n++
		}
	}
	return n
}
