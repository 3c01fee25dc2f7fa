package vmx

import "unsafe"

// The TPR shadow: the guest's moves to and from CR8 find the task priority in the
// virtual-APIC page, without an exit. Without it they exit, and the page is only
// where the engine keeps it. SDM vol. 3 §29.3.

// apicTPR is where the virtual-APIC page has the task priority, of which CR8 is
// bits 7:4. SDM vol. 3 §29.1.1.
const apicTPR = 0x80

// Raised is vmm.CPU's.
func (c *CPU) Raised() *uint8 { return (*uint8)(unsafe.Pointer(c.tpr)) }

// CR8 is vmm.CPU's.
func (c *CPU) CR8() uint8 { return uint8(*c.tpr >> 4) }

// SetCR8 is vmm.CPU's.
func (c *CPU) SetCR8(v uint8) { *c.tpr = uint32(v&0xf) << 4 }

// ExitBelow is vmm.CPU's.
func (c *CPU) ExitBelow(v uint8) {
	if c.primary&primaryTPRShadow == 0 || uint64(v) == c.controls.TPRThreshold {
		return // without it all moves to CR8 exit
	}
	c.controls.TPRThreshold = uint64(v)
	c.dirty |= dirtyControls
	c.work &^= workThreshold
	if v != 0 {
		c.work |= workThreshold
	}
}

// belowThreshold tells whether CR8 has gone below the threshold without an exit
// that says so: by SetState, or because another exit came first. An entry would
// refuse that, so the threshold follows. SDM vol. 3 §26.2.1.1.
func (c *CPU) belowThreshold() bool {
	v := c.CR8()
	if uint64(v) >= c.controls.TPRThreshold {
		return false
	}
	c.ExitBelow(v)
	return true
}
