package fb

import (
	"image"

	"golang.org/x/image/font/inconsolata"
)

// A character's size in pixels, and the range of codes that have a picture.
const (
	glyphWidth  = 8
	glyphHeight = 16
	firstGlyph  = ' '
	lastGlyph   = '~'
)

// inked is the coverage, of 255, from which a pixel of the face is set. At
// this level the thin strokes stay whole and the bowls stay open.
const inked = 0x60

// font is a picture of each printable ASCII character, a byte a row, the
// leftmost pixel in bit 7.
type font [lastGlyph - firstGlyph + 1][glyphHeight]uint8

// load makes the font from the Inconsolata face. The compiler lays that face
// out as static data, so this works before the Go runtime starts; a face that
// is not there yet gives ErrFont.
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
		len(mask.Pix) < len(f)*height*mask.Stride {
		return ErrFont
	}
	for c := range f {
		for y := range glyphHeight {
			row := mask.Pix[(c*height+above+y)*mask.Stride:]
			for x := range glyphWidth {
				if row[x] >= inked {
					f[c][y] |= 0x80 >> x
				}
			}
		}
	}
	return nil
}
