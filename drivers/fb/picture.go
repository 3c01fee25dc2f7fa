package fb

import (
	"bytes"
	"image"

	"github.com/ringo-vmm/ringo/drivers/vga"
)

// Draw draws a picture in the middle of the screen, which must show
// vga.Picture: as many times as large as fits, or smaller, if it is larger than
// the screen. old is the picture that was drawn before, if it is still there,
// whose rows are not drawn again.
func (c *Console) Draw(img, old *image.RGBA) {
	size := img.Rect.Size()
	if c.View() != vga.Picture || size.X <= 0 || size.Y <= 0 {
		return
	}
	if old != nil && old.Rect != img.Rect {
		c.Blank()
		old = nil
	}
	width, height := fit(size.X, size.Y, c.width, c.height)
	off := (c.height-height)/2*c.pitch + (c.width-width)/2*c.pixel
	for y := range height {
		row := img.Pix[y*size.Y/height*img.Stride:][:4*size.X]
		if old == nil || !bytes.Equal(row, old.Pix[y*size.Y/height*old.Stride:][:4*size.X]) {
			c.drawRow(c.mem[off+y*c.pitch:][:width*c.pixel], row, width)
		}
	}
}

// drawRow draws a row of so many pixels of red, green, blue and alpha.
func (c *Console) drawRow(to, row []byte, width int) {
	n := len(row) / 4
	for x := range width {
		p := row[x*n/width*4:]
		pixel := c.mode.pixel(p[0], p[1], p[2])
		copy(to[x*c.pixel:][:c.pixel], pixel[:])
	}
}

// fit is the size at which a picture is drawn.
func fit(width, height, mostX, mostY int) (x, y int) {
	if n := min(mostX/width, mostY/height); n >= 1 {
		return n * width, n * height
	}
	if width*mostY > mostX*height {
		return mostX, max(height*mostX/width, 1)
	}
	return max(width*mostY/height, 1), mostY
}
