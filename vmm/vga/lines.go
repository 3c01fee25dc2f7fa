package vga

import "strings"

// Lines is the text screen as text, without what is blank at the ends of lines
// and at the end of the screen. ok is false in a graphics mode.
func (v *VGA) Lines() (lines []string, ok bool) {
	var t Text
	if !v.Text(&t) {
		return nil, false
	}
	for row := range t.Rows {
		var b strings.Builder
		for _, c := range t.Cells[row*t.Columns:][:t.Columns] {
			b.WriteRune(cp437[c.Char])
		}
		lines = append(lines, strings.TrimRight(b.String(), " \x00"))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines, true
}
