package boot

// FramebufferType is how a framebuffer shows what is in it.
// Section: Multiboot2 Specification §3.6.12, Multiboot Specification §3.3.
type FramebufferType uint8

const (
	Indexed FramebufferType = 0 // pixels are numbers in a palette
	RGB     FramebufferType = 1 // pixels are red, green and blue fields
	EGAText FramebufferType = 2 // cells of a character and an attribute byte
)

// Field is where a pixel holds a colour: its lowest bit and its number of
// bits.
type Field struct{ Position, Size uint8 }

// Framebuffer is a screen in memory. Width and Height are in pixels, or in
// characters for EGAText.
type Framebuffer struct {
	Addr             uint64 // host-physical
	Pitch            uint32 // bytes from a line to the next
	Width, Height    uint32
	BPP              uint8 // bits a pixel, or a character cell
	Type             FramebufferType
	Red, Green, Blue Field // for RGB
}

// Range is the memory the framebuffer occupies.
func (f *Framebuffer) Range() Range {
	return Range{f.Addr, f.Addr + uint64(f.Pitch)*uint64(f.Height)}
}

// Sizes in bytes of the description of a framebuffer, which multiboot 1 and 2
// share, up to its type, and of the colour fields that follow for RGB.
const (
	framebufferSize = 22
	colourSize      = 6
)

// readFramebuffer is the framebuffer that d describes, with the colours in
// colour, which may be short when it is not RGB.
func readFramebuffer(d, colour []byte) Framebuffer {
	f := Framebuffer{
		Addr:   le.Uint64(d),
		Pitch:  le.Uint32(d[8:]),
		Width:  le.Uint32(d[12:]),
		Height: le.Uint32(d[16:]),
		BPP:    d[20],
		Type:   FramebufferType(d[21]),
	}
	if f.Type == RGB && len(colour) >= colourSize {
		f.Red = Field{colour[0], colour[1]}
		f.Green = Field{colour[2], colour[3]}
		f.Blue = Field{colour[4], colour[5]}
	}
	return f
}

// setFramebuffer takes the framebuffer f, or notes that it is impossible.
func (i *Info) setFramebuffer(f Framebuffer) {
	if !f.possible() {
		i.note(FramebufferImpossible, f.Addr, uint64(f.Pitch))
		return
	}
	i.Framebuffer = f
}

// possible reports whether every pixel is in memory and every colour in a
// pixel.
func (f *Framebuffer) possible() bool {
	r := f.Range()
	if f.Addr == 0 || f.Width == 0 || f.Height == 0 || f.BPP == 0 || f.BPP > 32 ||
		r.End < r.Start || r.End > MaxPhysical ||
		uint64(f.Pitch) < uint64(f.Width)*uint64((f.BPP+7)/8) {
		return false
	}
	switch f.Type {
	case RGB:
		return f.Red.in(f.BPP) && f.Green.in(f.BPP) && f.Blue.in(f.BPP)
	case EGAText:
		return f.BPP == 16
	}
	return f.Type == Indexed
}

// in reports whether the field has bits and all of them are in a pixel.
func (c Field) in(bpp uint8) bool {
	return c.Size > 0 && uint(c.Position)+uint(c.Size) <= uint(bpp)
}
