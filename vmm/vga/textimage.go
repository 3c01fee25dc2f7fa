package vga

import "image"

const (
	fontSize  = 32 // bytes of a character in plane 2, of which a row has as many as lines
	ninthFrom = 0xc0
	ninthTo   = 0xdf // characters whose last dot is repeated in the ninth
)

// textImage is the picture of a text mode, with the fonts of plane 2.
func (v *VGA) textImage() image.Image {
	width, height := v.size()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	palette := v.palette()
	fonts := [2]int{fontAt(v.seq.regs[seqFont], 0), fontAt(v.seq.regs[seqFont], 1)}
	cursor, shown := v.cursor()
	first, last := int(v.crtc.regs[crtcCursorStart]&scanMask), int(v.crtc.regs[crtcCursorEnd]&scanMask)
	dots, mode := v.dots(), v.attr.regs[attrMode]
	for y := range height {
		at, row := v.rowStart(y), y%v.rowLines()
		if split := v.lineCompare() / v.repeats(); y > split {
			row = (y - split - 1) % v.rowLines()
		}
		for i := range v.characters() {
			c := v.cell(at + i)
			fg, bg := c.Attr&0xf, c.Attr>>4
			if mode&attrBlink != 0 {
				bg &= 7
			}
			bits := v.planesAt(fonts[c.Attr>>3&1] + int(c.Char)*fontSize + row)[2]
			onCursor := shown && (at+i)&(planeSize-1) == cursor && row >= first && row <= last
			if onCursor || v.underlined(c.Attr, row) {
				bits = 0xff
			}
			for n := range dots {
				on := n < 8 && bits>>(7-n)&1 != 0
				if n == 8 {
					on = onCursor || bits&1 != 0 && mode&attrLine != 0 && c.Char >= ninthFrom && c.Char <= ninthTo
				}
				color := palette[bg]
				if on {
					color = palette[fg]
				}
				img.SetRGBA(dots*i+n, y, color)
			}
		}
	}
	return img
}

// fontAt is where in plane 2 a font begins: the one for characters whose
// attribute has bit 3 clear, 0, or set, 1. IBM VGA, "Character Map Select
// Register": each is chosen by two bits and one further up.
func fontAt(sel uint8, bit3 int) int {
	low, high := sel&3, sel>>4&1
	if bit3 == 1 {
		low, high = sel>>2&3, sel>>5&1
	}
	return int(low)<<14 | int(high)<<13
}

// underlined tells whether a monochrome attribute underlines in this line.
func (v *VGA) underlined(attr uint8, row int) bool {
	return v.attr.regs[attrMode]&attrMono != 0 && attr&7 == 1 && row == int(v.crtc.regs[crtcUnderline]&scanMask)
}
