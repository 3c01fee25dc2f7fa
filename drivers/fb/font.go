package fb

import (
	"image"

	"golang.org/x/image/font/inconsolata"
)

// A character's size in pixels, and the range of codes that the face has a
// picture of.
const (
	glyphWidth  = 8
	glyphHeight = 16
	firstGlyph  = ' '
	lastGlyph   = '~'
)

// inked is the coverage, of 255, from which a pixel of the face is set. At
// this level the thin strokes stay whole and the bowls stay open.
const inked = 0x60

// glyph is a picture of a character, a byte a row, the leftmost pixel in bit 7.
type glyph [glyphHeight]uint8

// font is a picture of each character of code page 437.
type font [256]glyph

// load makes the font: ASCII from the Inconsolata face, lines and blocks by
// drawing them, and a hollow box for what else there is. The compiler lays that
// face out as static data, so this works before the Go runtime starts; a face
// that is not there yet gives ErrFont.
func (f *font) load() error {
	face := inconsolata.Regular8x16
	if face == nil {
		return ErrFont
	}
	mask, ok := face.Mask.(*image.Alpha)
	// A picture in the mask has rows above the line height, which are empty.
	height := face.Ascent + face.Descent
	above := height - glyphHeight
	if !ok || above < 0 || mask.Stride < glyphWidth ||
		len(face.Ranges) == 0 || face.Ranges[0].Low != firstGlyph || face.Ranges[0].Offset != 0 ||
		len(mask.Pix) < (lastGlyph-firstGlyph+1)*height*mask.Stride {
		return ErrFont
	}
	for c := range f {
		f[c] = box
		if c < firstGlyph || c > lastGlyph {
			continue
		}
		for y := range glyphHeight {
			row := mask.Pix[((c-firstGlyph)*height+above+y)*mask.Stride:]
			f[c][y] = 0
			for x := range glyphWidth {
				if row[x] >= inked {
					f[c][y] |= 0x80 >> x
				}
			}
		}
	}
	f[0], f[0xff] = glyph{}, glyph{}
	f.drawLines()
	f.drawBlocks()
	return nil
}

// box stands for a character that has no picture.
var box = glyph{3: 0x7e, 4: 0x42, 5: 0x42, 6: 0x42, 7: 0x42, 8: 0x42, 9: 0x42, 10: 0x42, 11: 0x7e}
