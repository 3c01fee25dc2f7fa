package vmx

import (
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// The guest has CR0 and CR4 to itself, PE and PG included: an unrestricted
// guest changes modes without an exit, and the processor keeps EFER.LMA in step.
// The bits below are the host's: the guest reads them from a shadow, and its
// moves exit when they would make such a bit other than the shadow has it. SDM
// vol. 3 §24.6.6, §25.3.

const (
	// hostCR0: the caches are the host's, and VMX wants NE.
	hostCR0 = x86.CR0CD | x86.CR0NW | x86.CR0NE
	// hostCR4: a guest has no VMX and no SMX.
	hostCR4 = x86.CR4VMXE | x86.CR4SMXE
)

// realCR0 is the register for a guest that believes in v. An entry leaves CD and
// NW as the host has them. SDM vol. 3 §26.3.2.1.
func (c *CPU) realCR0(v uint64) uint64 { return v&^(x86.CR0CD|x86.CR0NW) | x86.CR0NE }

// cr0 and cr4 are the registers as the guest sees them.
func (c *CPU) cr0(real uint64) uint64 { return real&^hostCR0 | c.guest.CR0Shadow&hostCR0 }
func (c *CPU) cr4(real uint64) uint64 { return real&^hostCR4 | c.guest.CR4Shadow&hostCR4 }

// Fields of the qualification of an exit by a control register. SDM vol. 3
// table 27-3.
const (
	controlNumber        = 0xf
	controlAccessShift   = 4
	controlRegisterShift = 8
	controlTo            = 0
	controlFrom          = 1
)

// decodeControl is a move to or from CR8, which is the caller's business, or one
// to CR0 or CR4 that wants a bit of ours changed.
func (c *CPU) decodeControl(e *vmm.Exit) {
	q := c.qualification
	number, access, register := uint8(q&controlNumber), q>>controlAccessShift&3, uint8(q>>controlRegisterShift&0xf)
	switch {
	case number == 8:
		e.Reason, e.Number, e.Write, e.Register = vmm.ReasonControl, 8, access == controlTo, register
	case number == 0 && access == controlTo:
		c.moveToCR0(e, c.state.GPR[register])
	case number == 4 && access == controlTo:
		e.Reason = vmm.ReasonProtection
	default:
		e.Reason = vmm.ReasonUnknown
	}
}

// moveToCR0 changes the shadow, and lets the guest execute its move again, which
// now does not exit. A value that the move would refuse must not come so far.
func (c *CPU) moveToCR0(e *vmm.Exit, v uint64) {
	switch {
	case v>>32 != 0, v&(x86.CR0NW|x86.CR0CD) == x86.CR0NW, v&(x86.CR0PG|x86.CR0PE) == x86.CR0PG:
		e.Reason = vmm.ReasonProtection
		return
	}
	c.guest.CR0Shadow = v
	vmwrite(&c.context, fieldCR0Shadow, v)
	e.Reason = vmm.ReasonHost
}
