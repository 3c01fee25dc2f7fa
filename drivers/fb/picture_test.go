package fb

import (
	"bytes"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/drivers/vga"
)

// picture has that size, and pixel (x,y) in the colour (x,y,99).
func picture(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), 99, 255})
		}
	}
	return img
}

func TestAPictureIsDrawnInTheMiddleAsLargeAsFits(t *testing.T) {
	for _, c := range []struct {
		name          string
		width, height int
		x, y, w, h    int // where it is on a screen of 64 by 48
	}{
		{"as large as the screen", 64, 48, 0, 0, 64, 48},
		{"smaller", 40, 30, 12, 9, 40, 30},
		{"a third", 20, 10, 2, 9, 60, 30},
		{"wide", 128, 24, 0, 18, 64, 12},
		{"high", 10, 96, 29, 0, 5, 48},
		{"a line", 255, 1, 0, 23, 64, 1},
	} {
		for _, mode := range []Mode{rgb32, rgb24} {
			m := mode.sized(64, 48, 4)
			con, mem := screen(t, m)
			write(con, strings.Repeat("#", 100))
			con.Show(vga.Picture)
			con.Draw(picture(c.width, c.height), nil)
			for y := range 48 {
				for x := range 64 {
					want := uint32(0)
					if x >= c.x && x < c.x+c.w && y >= c.y && y < c.y+c.h {
						want = uint32((x-c.x)*c.width/c.w)<<16 | uint32((y-c.y)*c.height/c.h)<<8 | 99
					}
					if got := pixelAt(m, mem, x, y); got != want {
						t.Fatalf("%s: pixel (%d,%d) is %#x, want %#x", c.name, x, y, got, want)
					}
				}
			}
		}
	}
}

func TestOnlyRowsThatChangedAreDrawn(t *testing.T) {
	m := rgb32.sized(64, 48, 0)
	con, mem := screen(t, m)
	con.Show(vga.Picture)
	old := picture(64, 48)
	con.Draw(old, nil)
	now := picture(64, 48)
	now.SetRGBA(3, 5, color.RGBA{255, 0, 0, 255})
	clear(mem)
	con.Draw(now, old)
	for y := range 48 {
		if drawn := pixelAt(m, mem, 9, y) != 0; drawn != (y == 5) {
			t.Errorf("row %d: drawn %v", y, drawn)
		}
	}
	con.Draw(picture(20, 10), now)
	if pixelAt(m, mem, 3, 5) != 0 {
		t.Error("a smaller picture leaves some of the larger one")
	}
}

func TestTextComesBackAfterAPicture(t *testing.T) {
	con, mem := screen(t, rgb32.sized(64, 48, 0))
	write(con, "ab\nc")
	before := bytes.Clone(mem)
	con.Draw(picture(64, 48), nil)
	if !bytes.Equal(mem, before) {
		t.Error("a picture is drawn over text")
	}
	con.Show(vga.Picture)
	con.Draw(picture(64, 48), nil)
	con.Show(vga.Own)
	if !bytes.Equal(mem, before) {
		t.Error("the text is not as it was")
	}
}

func TestTheCursorIsAtTheNextCharacter(t *testing.T) {
	m := rgb32.sized(64, 48, 0)
	con, mem := screen(t, m)
	at := func(col, row int) bool { return pixelAt(m, mem, col*8, row*16+cursorFrom) != 0 }
	write(con, "a")
	if at(0, 0) || !at(1, 0) {
		t.Error("the cursor is not behind the text")
	}
	write(con, "\n")
	if at(1, 0) || !at(0, 1) {
		t.Error("the cursor is not on the next line")
	}
	write(con, "\x1b[?25l")
	if at(0, 1) {
		t.Error("the cursor is not hidden")
	}
}

// Lines of neighbours meet: what goes out of a character to one side comes in
// at the other's.
func TestLinesMeet(t *testing.T) {
	var f font
	if err := f.load(); err != nil {
		t.Fatal(err)
	}
	right := func(c byte) (rows int) {
		for y, bits := range f[c] {
			rows |= int(bits&1) << y
		}
		return rows
	}
	left := func(c byte) (rows int) {
		for y, bits := range f[c] {
			rows |= int(bits>>7) << y
		}
		return rows
	}
	for i, a := range lineArms {
		for j, b := range lineArms {
			c, d := byte(lineFrom+i), byte(lineFrom+j)
			if a.right == b.left && right(c) != left(d) {
				t.Errorf("%#x and %#x do not meet", c, d)
			}
			if a.down == b.up && f[c][glyphHeight-1] != f[d][0] {
				t.Errorf("%#x above %#x do not meet", c, d)
			}
			if i != j && f[c] == f[d] {
				t.Errorf("%#x and %#x look the same", c, d)
			}
		}
	}
	if f[0xdb] != (glyph{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) || f[0x00] != (glyph{}) {
		t.Error("the full block and the blank are not")
	}
}
