package vga

import (
	"image"
	"image/color"
)

// Image is a picture of what a monitor shows, with the cursor and what blinks in
// their visible halves. A doubled line is one line. It costs an image of some
// MiB, and time: it is not for a guest's access.
func (v *VGA) Image() image.Image {
	switch {
	case v.vbe.on():
		return v.vbeImage()
	case v.blank():
		w, h := v.size()
		return image.NewRGBA(image.Rect(0, 0, w, h))
	case v.graphic():
		return v.graphicsImage()
	}
	return v.textImage()
}

// size is the size of the picture of a mode that is not an extended one.
func (v *VGA) size() (width, height int) {
	dots := 8
	if !v.graphic() {
		dots = v.dots()
	} else if v.gc.regs[gcMode]&gcShift256 != 0 {
		dots = 4
	}
	return v.characters() * dots, max(v.lines()/v.repeats()/v.squeeze(), 1)
}

// squeeze is how many lines of a row are one in the picture, besides doubling:
// all, in a graphics mode whose rows' lines are the same.
func (v *VGA) squeeze() int {
	const both = crtcModeBank0 | crtcModeBank1
	if v.graphic() && v.crtc.regs[crtcMode]&both == both {
		return v.rowLines()
	}
	return 1
}

// palette is the colours of the 16 indexes that planes give, after the attribute
// controller and the DAC.
func (v *VGA) palette() (p [paletteCount]color.RGBA) {
	r := &v.attr.regs
	for i := range p {
		c := r[uint8(i)&r[attrPlanes]&0xf]
		if r[attrMode]&attrColor54 != 0 {
			c = c&0xf | r[attrColor]&3<<4
		}
		p[i] = v.color(c | r[attrColor]>>2&3<<6)
	}
	return p
}

// color is an entry of the DAC.
func (v *VGA) color(i uint8) color.RGBA {
	c, deep := &v.dac.colors[i&v.dac.mask], v.vbe.deepDAC()
	return color.RGBA{eight(c[0], deep), eight(c[1], deep), eight(c[2], deep), 0xff}
}

// graphicsImage is the picture of a graphics mode of the VGA.
func (v *VGA) graphicsImage() image.Image {
	width, height := v.size()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	palette := v.palette()
	squeeze, mode := v.squeeze(), v.gc.regs[gcMode]
	for y := range height {
		line := y * squeeze
		at, row := v.rowStart(line), line%v.rowLines()
		for i := range v.characters() {
			p := v.planesAt(v.address(at+i, row))
			switch {
			case mode&gcShift256 != 0:
				for n := range 4 {
					img.SetRGBA(4*i+n, y, v.color(p[n]))
				}
			case mode&gcShiftCGA != 0:
				for n := range 8 {
					img.SetRGBA(8*i+n, y, palette[pairs(p, n)])
				}
			default:
				for n := range 8 {
					img.SetRGBA(8*i+n, y, palette[quad(p, 7-n)])
				}
			}
		}
	}
	return img
}

// quad is a bit of each of four planes.
func quad(p []byte, bit int) uint8 {
	return p[0]>>bit&1 | p[1]>>bit&1<<1 | p[2]>>bit&1<<2 | p[3]>>bit&1<<3
}

// pairs is pixel n of eight whose bits lie in pairs, those of the first four in
// the even planes, as CGA has them.
func pairs(p []byte, n int) uint8 {
	i, shift := n/4, 6-n%4*2
	return p[i]>>shift&3 | p[i+2]>>shift&3<<2
}

// vbeImage is the picture of an extended mode.
func (v *VGA) vbeImage() image.Image {
	r := &v.vbe.regs
	width, height := int(r[vbeX]), int(r[vbeY])
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	pitch, bits := v.vbe.lineBytes(), v.vbe.pixelBits()
	palette := v.palette()
	for y := range height {
		line := (y + int(r[vbeYOffset])) * pitch
		for x := range width {
			at := x + int(r[vbeXOffset])
			if bits == 4 {
				i := (line + at/8) * 4 & (len(v.mem) - 1)
				img.SetRGBA(x, y, palette[quad(v.mem[i:i+4], 7-at%8)])
				continue
			}
			i := line + at*bits/8
			if i+bits/8 > len(v.mem) {
				continue // an offset that shows what is behind the memory
			}
			img.SetRGBA(x, y, v.pixel(v.mem[i:]))
		}
	}
	return img
}

// pixel is the pixel that begins p, of an extended mode's depth. From 15 bits
// on, blue comes first.
func (v *VGA) pixel(p []byte) color.RGBA {
	switch v.vbe.regs[vbeBPP] {
	case 8:
		return v.color(p[0])
	case 15:
		w := uint16(p[0]) | uint16(p[1])<<8
		return color.RGBA{five(w >> 10), five(w >> 5), five(w), 0xff}
	case 16:
		w := uint16(p[0]) | uint16(p[1])<<8
		green := uint8(w >> 5 & 0x3f)
		return color.RGBA{five(w >> 11), green<<2 | green>>4, five(w), 0xff}
	}
	return color.RGBA{p[2], p[1], p[0], 0xff}
}

// five is a component of 5 bits in 8.
func five(w uint16) uint8 {
	b := uint8(w & 0x1f)
	return b<<3 | b>>2
}
