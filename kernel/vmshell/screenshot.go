package vmshell

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/manager"
)

// A screenshot on the terminal is a PNG in base64 (RFC 4648 §4), in lines of
// their own between these two, each with the file's name and an end. A line of
// the log that comes in between has a character that base64 has not.
const (
	shotBegin = "-----BEGIN PNG "
	shotEnd   = "-----END PNG "
	shotMark  = "-----\n"
	shotLine  = 64 // characters of base64 in a line
	shotName  = 64 // bytes of a name, at most
	shotExt   = ".png"
	paletteOf = 256 // colours that a PNG with a palette can have
)

// screenshot writes a picture of a machine's display to the terminal.
func screenshot(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	name := v.Config.Name
	if len(args) > 0 {
		name = strings.TrimSuffix(args[0], shotExt)
	}
	name += shotExt
	if !fileName(name) {
		return usageError{fmt.Errorf("%q is no file name of at most %d letters, digits, '-', '_' and '.'", name, shotName)}
	}
	img, err := v.Picture()
	if err != nil {
		return err
	}
	fmt.Fprintf(c, "%s%s%s", shotBegin, name, shotMark)
	if err := writePNG(c, img); err != nil {
		return err
	}
	fmt.Fprintf(c, "%s%s%s", shotEnd, name, shotMark)
	return nil
}

// fileName tells whether a name is one for a file in any folder.
func fileName(name string) bool {
	const good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return len(name) <= shotName && name != shotExt && name[0] != '.' && name[0] != '-' && strings.Trim(name, good) == ""
}

// writePNG writes a picture as lines of base64, until Ctrl-C. It keeps no more
// of the file than what the encoder does, some tens of KiB.
func writePNG(c *monitor.Context, img image.Image) error {
	l := &lines{c: c}
	b := base64.NewEncoder(base64.StdEncoding, l)
	if err := png.Encode(b, paletted(img)); err != nil {
		return err
	}
	b.Close()
	return l.end()
}

// lines writes text in lines of shotLine characters, until Ctrl-C.
type lines struct {
	c    *monitor.Context
	text bytes.Buffer
	line [shotLine + 1]byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.text.Write(p)
	for l.text.Len() >= shotLine {
		if err := l.c.Err(); err != nil {
			return 0, err
		}
		// In one piece, so that nothing comes into the middle of it.
		copy(l.line[:], l.text.Next(shotLine))
		l.line[shotLine] = '\n'
		l.c.Write(l.line[:])
	}
	return len(p), nil
}

// end writes the last line.
func (l *lines) end() error {
	if l.text.Len() > 0 {
		l.text.WriteByte('\n')
	}
	_, err := io.Copy(l.c, &l.text)
	return err
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
