package svm

import "unsafe"

// The task priority is in the VMCB, where the guest's moves to and from CR8 find
// it without an exit, because interrupts are masked by the host's flag. APM vol. 2
// §15.21.1, §15.21.2.

// interceptCR8 is the intercept of moves to or from CR8.
const interceptCR8 = 1 << 8

// Raised is vmm.CPU's.
func (c *CPU) Raised() *uint8 { return (*uint8)(unsafe.Pointer(&c.v.VIntr)) }

// CR8 is vmm.CPU's.
func (c *CPU) CR8() uint8 { return uint8(c.v.VIntr & VIntrTPRMask) }

// SetCR8 is vmm.CPU's.
func (c *CPU) SetCR8(v uint8) {
	c.v.VIntr = c.v.VIntr&^VIntrTPRMask | VIntr(v)&VIntrTPRMask
	c.v.Clean &^= CleanTPR
}

// ExitBelow is vmm.CPU's. There is no threshold: all moves to CR8 exit.
func (c *CPU) ExitBelow(v uint8) {
	bits := uint16(0)
	if v != 0 {
		bits = interceptCR8
	}
	if bits != c.v.InterceptCRWrite {
		c.v.InterceptCRWrite = bits
		c.v.Clean &^= CleanIntercepts
	}
}
