package vmshell

import (
	"image"
	"image/color"
	"image/png"
	"io"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/manager"
)

const (
	shotEnding = ".png"
	paletteOf  = 256 // colours that a PNG with a palette can have
)

// screenshot writes a picture of a machine's display to the terminal.
func screenshot(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	word := v.Config.Name
	if len(args) > 0 {
		word = args[0]
	}
	name, err := named(word, shotEnding)
	if err != nil {
		return err
	}
	img, err := v.Picture()
	if err != nil {
		return err
	}
	return sendPicture(c, name, img)
}

// sendPicture writes a picture as a file. It keeps no more of that than what the
// encoder does, some tens of KiB.
func sendPicture(c *monitor.Context, name string, img image.Image) error {
	return sendFile(c, name, func(w io.Writer) error { return png.Encode(w, paletted(img)) })
}

// paletted is a picture with a palette, if it has few enough colours for that:
// its file is a fraction of the other's.
func paletted(img image.Image) image.Image {
	rgba, ok := img.(*image.RGBA)
	if !ok {
		return img
	}
	index := make(map[color.RGBA]uint8)
	p := image.NewPaletted(rgba.Rect, nil)
	var last color.RGBA
	for i := range p.Pix {
		c := color.RGBA{rgba.Pix[4*i], rgba.Pix[4*i+1], rgba.Pix[4*i+2], rgba.Pix[4*i+3]}
		if i > 0 && c == last { // most are
			p.Pix[i] = p.Pix[i-1]
			continue
		}
		n, ok := index[c]
		if !ok {
			if len(p.Palette) == paletteOf {
				return img
			}
			n = uint8(len(p.Palette))
			index[c] = n
			p.Palette = append(p.Palette, c)
		}
		p.Pix[i], last = n, c
	}
	return p
}
