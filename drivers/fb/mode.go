package fb

// Error is an error of this package.
type Error string

func (e Error) Error() string { return string(e) }

// The errors of this package.
const (
	ErrIndexed Error = "fb: indexed colour is not supported"
	ErrText    Error = "fb: this is an EGA text mode, not a framebuffer"
	ErrType    Error = "fb: unknown framebuffer type"
	ErrDepth   Error = "fb: bits per pixel are not 15, 16, 24 or 32"
	ErrField   Error = "fb: colour fields are empty, wider than 8 bits, overlap, or do not fit the pixel"
	ErrTooBig  Error = "fb: more than 32768 pixels a row or column"
	ErrSize    Error = "fb: less than one character wide or high"
	ErrPitch   Error = "fb: bytes per row are fewer than the pixels need"
	ErrMemory  Error = "fb: mapped memory is shorter than the framebuffer"
	ErrFont    Error = "fb: font has no mask of 8x16 characters"
)

// Type is the framebuffer type, as Multiboot numbers it.
type Type uint8

// The framebuffer types. Only RGB can be drawn on.
const (
	Indexed Type = 0
	RGB     Type = 1
	EGAText Type = 2
)

// Field is where a colour is in a pixel.
type Field struct {
	Pos  uint8 // lowest bit
	Size uint8 // bits
}

// Mode describes a framebuffer in the boot loader's terms. It comes from
// outside; Bytes is the check.
type Mode struct {
	Type             Type
	Width, Height    uint32 // pixels
	Pitch            uint32 // bytes from one row to the next
	BPP              uint8  // bits per pixel
	Red, Green, Blue Field
}

const maxPixels = 32768

// Bytes checks the mode and returns how many bytes of memory, from the
// framebuffer's address on, hold all its pixels.
func (m *Mode) Bytes() (uint64, error) {
	switch m.Type {
	case RGB:
	case Indexed:
		return 0, ErrIndexed
	case EGAText:
		return 0, ErrText
	default:
		return 0, ErrType
	}
	switch m.BPP {
	case 15, 16, 24, 32:
	default:
		return 0, ErrDepth
	}
	var used uint64
	for _, f := range [...]Field{m.Red, m.Green, m.Blue} {
		if f.Size < 1 || f.Size > 8 || uint(f.Pos)+uint(f.Size) > uint(m.BPP) {
			return 0, ErrField
		}
		mask := (uint64(1)<<f.Size - 1) << f.Pos
		if used&mask != 0 {
			return 0, ErrField
		}
		used |= mask
	}
	switch {
	case m.Width > maxPixels || m.Height > maxPixels:
		return 0, ErrTooBig
	case m.Width < glyphWidth || m.Height < glyphHeight:
		return 0, ErrSize
	case m.Pitch < m.Width*uint32(m.pixelBytes()):
		return 0, ErrPitch
	}
	return uint64(m.Height-1)*uint64(m.Pitch) + uint64(m.Width)*uint64(m.pixelBytes()), nil
}

func (m *Mode) pixelBytes() int { return (int(m.BPP) + 7) / 8 }

// pixel is a colour of 8 bits each as the bytes of a pixel, lowest first.
func (m *Mode) pixel(r, g, b uint8) [4]byte {
	v := m.Red.put(r) | m.Green.put(g) | m.Blue.put(b)
	return [4]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}
}

func (f Field) put(v uint8) uint32 { return uint32(v) >> (8 - f.Size) << f.Pos }
