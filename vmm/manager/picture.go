package manager

import (
	"fmt"
	"image"

	"github.com/ringo-vmm/ringo/vmm/vga"
)

// Picture is a picture of what the machine's display shows, text or not, at this
// moment. It takes up to 16 MiB.
func (v *Machine) Picture() (image.Image, error) {
	p, err := v.running()
	if err != nil {
		return nil, err
	}
	img := p.Picture()
	if img == nil {
		return nil, fmt.Errorf("%s has no display: that takes firmware", v.Config.Name)
	}
	return img, nil
}

// Text fills t with the text on the machine's display. It tells false if there
// is none: the machine is off, has no display, or shows a picture.
func (v *Machine) Text(t *vga.Text) bool {
	p, err := v.running()
	return err == nil && p.Text(t) == ""
}
