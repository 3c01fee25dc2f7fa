package vga

// Cell is a character of the text screen: its code, in code page 437 unless the
// guest has changed the font, and its attribute. Bits 3:0 of that are the
// foreground, bits 7:4 the background; colours have blue in bit 0, green in bit
// 1, red in bit 2, and bit 3 is bright, or, in the background with Text.Blink,
// makes the character blink.
type Cell struct {
	Char, Attr uint8
}

// Text is a text screen.
type Text struct {
	Columns, Rows int
	Cells         []Cell // row by row
	Blink         bool

	// Cursor is the index of the cell that has the cursor, -1 if it is not
	// shown.
	Cursor int
}

// maxRows is where a screen is cut off: no real mode has more.
const maxRows = 128

// graphic tells whether a graphics mode is on.
func (v *VGA) graphic() bool { return v.vbe.on() || v.gc.regs[gcMisc]&gcGraphics != 0 }

// blank tells whether the screen is off.
func (v *VGA) blank() bool {
	return !v.vbe.on() && (v.attr.index&attrVideo == 0 || v.seq.regs[seqClocking]&clockingOff != 0)
}

// Text fills t, whose Cells are used again, with the text screen. It returns
// false, and does nothing, if there is none: the mode is a graphics mode.
func (v *VGA) Text(t *Text) bool {
	if v.graphic() {
		return false
	}
	t.Columns, t.Rows = v.characters(), min(max(v.lines()/v.repeats()/v.rowLines(), 1), maxRows)
	t.Blink = v.attr.regs[attrMode]&attrBlink != 0
	t.Cursor = -1
	if n := t.Columns * t.Rows; cap(t.Cells) < n {
		t.Cells = make([]Cell, n)
	} else {
		t.Cells = t.Cells[:n]
	}
	if v.blank() {
		clear(t.Cells)
		return true
	}
	cursor, shown := v.cursor()
	for row := range t.Rows {
		at := v.rowStart(row * v.rowLines())
		for column := range t.Columns {
			i := row*t.Columns + column
			t.Cells[i] = v.cell(at + column)
			if shown && (at+column)&(planeSize-1) == cursor {
				t.Cursor = i
			}
		}
	}
	return true
}

// cell is the character that a counter value stands for.
func (v *VGA) cell(counter int) Cell {
	p := v.planesAt(v.address(counter, 0))
	return Cell{p[0], p[1]}
}

// planesAt is the bytes of the four planes at an offset.
func (v *VGA) planesAt(off int) []byte {
	i := off & (planeSize - 1) * 4
	return v.mem[i : i+4]
}

// rowStart is the counter at the begin of the row that has a line, of those
// that are not doubled.
func (v *VGA) rowStart(line int) int {
	split := v.lineCompare() / v.repeats() // of the last line that shows the first part
	if line > split {
		return (line - split - 1) / v.rowLines() * v.pitch()
	}
	return v.start() + line/v.rowLines()*v.pitch()
}

// repeats is how often each line is shown.
func (v *VGA) repeats() int { return 1 + int(v.crtc.regs[crtcMaxScan]/maxScanDouble) }

// cursor is the counter value of the cursor, and whether it is shown.
func (v *VGA) cursor() (counter int, shown bool) {
	r := &v.crtc.regs
	first, last := r[crtcCursorStart]&scanMask, r[crtcCursorEnd]&scanMask
	shown = r[crtcCursorStart]&cursorOff == 0 && first <= last && int(first) < v.rowLines()
	return int(r[crtcCursorHigh])<<8 | int(r[crtcCursorLow]), shown
}
