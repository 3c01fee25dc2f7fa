package pmtimer

import "github.com/ringo-vmm/ringo/vmm/state"

// The registers of an ICH9, of which PM's are the first. ICH9 data sheet, power
// management I/O registers.
const (
	ICH9Ports = 128
	GPEOffset = 0x20 // GPE0_BLK: status, and enable behind it
	GPELength = 16

	gpeEnable    = GPEOffset + GPELength/2
	smiEnable    = 0x30
	smiEnableEnd = 0x34
	// smiCommand says that the SMI command port interrupts, which is how
	// firmware finds that system management mode is taken care of.
	smiCommand = 1 << 5
)

// ICH9 is a PM with an ICH9's registers behind its own: general-purpose events,
// none of which ever comes, and an SMI enable register that nobody can change. It
// is a device.Ports for ICH9Ports ports.
type ICH9 struct {
	*PM
	enable [GPELength / 2]uint8
}

// NewICH9 makes the registers around a PM.
func NewICH9(p *PM) *ICH9 { return &ICH9{PM: p} }

// In reads registers of any size at any place.
func (c *ICH9) In(off uint16, size int) (v uint32) {
	if off < Ports {
		return c.PM.In(off, size)
	}
	for i := range uint16(size) {
		v |= uint32(c.byteAt(off+i)) << (8 * i)
	}
	return v
}

func (c *ICH9) byteAt(off uint16) uint8 {
	switch {
	case off >= gpeEnable && off < GPEOffset+GPELength:
		return c.enable[off-gpeEnable]
	case off >= smiEnable && off < smiEnableEnd:
		return uint8(uint32(smiCommand) >> (8 * (off - smiEnable)))
	}
	return 0
}

// Out writes registers, byte by byte.
func (c *ICH9) Out(off uint16, size int, v uint32) {
	if off < Ports {
		c.PM.Out(off, size, v)
		return
	}
	for i := range uint16(size) {
		if at := off + i; at >= gpeEnable && at < GPEOffset+GPELength {
			c.enable[at-gpeEnable] = uint8(v >> (8 * i))
		}
	}
}

// Reset is device.Resetter's.
func (c *ICH9) Reset() {
	c.enable = [GPELength / 2]uint8{}
	c.PM.Reset()
}

// State is device.Stateful's.
func (c *ICH9) State(s *state.Codec) {
	c.PM.State(s)
	s.Version("ich9 events", 1)
	s.Raw(c.enable[:])
}
