package vga

// TextMode puts the adapter into text mode 3, 80 by 25 characters of 9 by 16
// dots, as a BIOS leaves it, for a guest that is started without one. The screen
// is empty, and so is the font: kernels that show text load none of their own,
// so that Text has what Image has not.
func (v *VGA) TextMode() {
	v.Reset()
	v.misc = 0x67
	copy(v.seq.regs[:], []uint8{3, 0, 3, 0, 2})
	copy(v.gc.regs[:], []uint8{0, 0, 0, 0, 0, 0x10, 0x0e, 0x0f, 0xff})
	v.crtc.regs = [crtcCount]uint8{
		0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0,
		0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
	}
	v.attr.index = attrVideo
	v.attr.regs = [attrCount]uint8{
		0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f,
		attrLine | attrBlink, 0, 0x0f, 8, 0,
	}
	for i := range v.dac.colors[:64] {
		v.dac.colors[i] = egaColor(uint8(i))
	}
	for i := range mode3Cells {
		copy(v.planesAt(2*i), []byte{' ', 0x07})
	}
	v.update()
}

const mode3Cells = 80 * 25

// egaColor is one of the 64 colours of the EGA, whose bits are rgbRGB, the
// capitals twice as bright.
func egaColor(i uint8) (c [3]uint8) {
	for n := range c {
		strong, weak := i>>(2-n)&1, i>>(5-n)&1
		c[n] = strong*0x2a + weak*0x15
	}
	return c
}
