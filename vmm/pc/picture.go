package pc

import "image"

// Picture is a picture of what the display shows, text or not, at this moment;
// nil if there is no display. The machine may run. It takes up to 16 MiB.
func (p *PC) Picture() image.Image {
	p.VM.Devices.Lock()
	defer p.VM.Devices.Unlock()
	if p.vga == nil {
		return nil
	}
	return p.vga.Image()
}
