package vmx

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
)

// An entry switches DR7 alone. DR0 to DR3 and DR6 hold anything while a guest
// runs that has no breakpoint on, and its moves to and from debug registers
// exit. Then it runs with its own, without these exits, up to the next exit,
// which reads them back; so between exits the context is the truth. With a
// breakpoint on they are loaded for every entry. SDM vol. 3 §26.3.2.1.

// Bits of DR6 and DR7. SDM vol. 3 §17.2.
const (
	dr6Breakpoints = 0xf
	dr6Step        = 1 << 14         // BS
	dr6Sticky      = 1<<13 | dr6Step // BD too: the processor sets them only
	dr7On          = 0xff            // L0 to G3
	dr7GD          = 1 << 13
)

// Fields of the qualification of an exit by a move. SDM vol. 3 table 27-4.
const (
	debugNumber = 7
	debugFrom   = 1 << 4 // from the debug register
)

// watchDebug has the registers loaded if the guest has a breakpoint on.
func (c *CPU) watchDebug(dr7 uint64) {
	c.extra &^= extraLoadDR | extraSaveDR
	if dr7&dr7On != 0 {
		c.extra |= extraLoadDR
	}
	c.setPrimary(primaryDR, true)
}

// lendDebug lets the guest use the debug registers up to its next exit.
func (c *CPU) lendDebug() {
	c.setPrimary(primaryDR, false)
	c.extra |= extraLoadDR | extraSaveDR
	c.work = c.work&^workDebugAccess | workDebug
}

// takeBackDebug ends that.
func (c *CPU) takeBackDebug() {
	c.work &^= workDebug
	c.watchDebug(vmread(&c.context, fieldDR7))
}

// debugException does what the processor does at a #DB, which an exit takes
// away from it: DR6 tells the causes, and GD is off. SDM vol. 3 §27.1.
func (c *CPU) debugException() {
	const causes = dr6Breakpoints | dr6Sticky
	c.dr6 = c.dr6&^dr6Breakpoints | c.qualification&causes
	if dr7 := vmread(&c.context, fieldDR7); dr7&dr7GD != 0 {
		vmwrite(&c.context, fieldDR7, dr7&^dr7GD)
	}
}

// int1 executes an INT1, which raises #DB behind itself and leaves DR6 alone.
func (c *CPU) int1(e *vmm.Exit) {
	if c.debugger.Breakpoints {
		e.Reason, e.Cause = vmm.ReasonDebug, vmm.CauseBreakpoint
		return
	}
	c.rip += c.length
	c.Exception(uint8(amd64.Debug), 0, false)
	e.Reason = vmm.ReasonHost
}
