package vga

// Numbers of 10 bits are spread over several registers. IBM VGA, "CRT
// Controller Registers".

// ten is a register and two bits of the overflow register as bits 8 and 9.
func (v *VGA) ten(reg, bit8, bit9 uint8) int {
	o := v.crtc.regs[crtcOverflow]
	return int(v.crtc.regs[reg]) | int(o>>bit8&1)<<8 | int(o>>bit9&1)<<9
}

func (v *VGA) totalLines() int { return v.ten(crtcVTotal, 0, 5) + 2 }
func (v *VGA) lines() int      { return v.ten(crtcVDisplay, 1, 6) + 1 }
func (v *VGA) syncLine() int   { return v.ten(crtcVSyncStart, 2, 7) }

// lineCompare is the last line before the one that shows address 0.
func (v *VGA) lineCompare() int {
	r := &v.crtc.regs
	return int(r[crtcLineCompare]) | int(r[crtcOverflow]>>4&1)<<8 | int(r[crtcMaxScan]>>6&1)<<9
}

// characters is the number of characters, of 8 or 9 dots, in a line.
func (v *VGA) characters() int { return int(v.crtc.regs[crtcHDisplay]) + 1 }

// rowLines is the number of lines of a row, without doubling.
func (v *VGA) rowLines() int { return int(v.crtc.regs[crtcMaxScan]&scanMask) + 1 }

// start is the counter's value at the first character.
func (v *VGA) start() int {
	return int(v.crtc.regs[crtcStartHigh])<<8 | int(v.crtc.regs[crtcStartLow])
}

// pitch is what the counter advances by from row to row.
func (v *VGA) pitch() int { return int(v.crtc.regs[crtcOffset]) * 2 }

// address is the byte of each plane that a counter value in line row of its row
// stands for: counters count bytes, words or double words.
func (v *VGA) address(counter, row int) int {
	mode := v.crtc.regs[crtcMode]
	a := counter
	switch {
	case v.crtc.regs[crtcUnderline]&underlineDWord != 0:
		a = counter<<2 | counter>>14&3
	case mode&crtcModeByte == 0:
		top := 13
		if mode&crtcModeWrap != 0 {
			top = 15
		}
		a = counter<<1 | counter>>top&1
	}
	if mode&crtcModeBank0 == 0 {
		a = a&^(1<<13) | row&1<<13
	}
	if mode&crtcModeBank1 == 0 {
		a = a&^(1<<14) | row>>1&1<<14
	}
	return a & (planeSize - 1)
}

// Input status 1.
const (
	statusNotDisplaying = 1 << 0
	statusRetrace       = 1 << 3
)

// Picoseconds of a dot at the two frequencies, 25.175 and 28.322 MHz, and the
// lines of what there is before a mode is set, 80 by 25 characters of 9 dots. IBM VGA,
// "Miscellaneous Output Register".
const (
	dot25, dot28    = 39_722, 35_308
	defaultChars    = 100
	defaultWidth    = 80
	defaultLines    = 449
	defaultVisible  = 400
	defaultSync     = 412
	leastTotalLines = 10
)

// status1 is input status 1: where the beam would be now.
func (v *VGA) status1() uint8 {
	total, visible, sync := v.totalLines(), v.lines(), v.syncLine()
	chars, width := int(v.crtc.regs[crtcHTotal])+5, v.characters()
	syncLines := (int(v.crtc.regs[crtcVSyncEnd]) - sync) & verticalSyncMask
	char := v.charTime()
	if total < leastTotalLines || sync >= total || visible >= total || width >= chars {
		chars, width, char = defaultChars, defaultWidth, 9*dot28
		total, visible, sync, syncLines = defaultLines, defaultVisible, defaultSync, 2
	}
	line := char * uint64(chars)
	frame := line * uint64(total)
	at := v.clock.Now() % frame * 1000 % frame
	y, x := int(at/line), int(at%line/char)
	var s uint8
	if y >= visible || x >= width {
		s = statusNotDisplaying
	}
	if y >= sync && y < sync+max(syncLines, 1) {
		s |= statusNotDisplaying | statusRetrace
	}
	return s
}

// charTime is how long a character of a line takes, in ps.
func (v *VGA) charTime() uint64 {
	t := uint64(dot25)
	if v.misc>>miscClockShift&miscClockMask == 1 {
		t = dot28
	}
	if v.seq.regs[seqClocking]&clockingHalf != 0 {
		t *= 2
	}
	return t * uint64(v.dots())
}

// dots is the width of a character.
func (v *VGA) dots() int {
	if v.seq.regs[seqClocking]&clocking8Dots != 0 {
		return 8
	}
	return 9
}
