package vmx

import (
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// work is what must be done about an entry or an exit beyond the usual. Most
// have none, and that is all they look at.
type work uint8

const (
	workCheck       work = 1 << iota // the state was set
	workShutdown                     // a triple fault
	workDebugAccess                  // the guest is at a move to or from a debug register
	workDebug                        // it makes one
	workDebugger                     // a debugger is there
	workThreshold                    // CR8 has a threshold
)

// Run is vmm.CPU's.
func (c *CPU) Run(e *vmm.Exit) {
	if c.work != 0 {
		if r := c.prepare(); r != vmm.ReasonNone {
			c.refuse(e, r)
			return
		}
	}
	run(&c.context)
	if c.result != resultExit {
		c.notEntered(e)
		return
	}
	c.fresh, c.looked = freshNone, false
	c.event = 0
	e.Delivering = false
	if c.vectoring&uint64(EventValid) != 0 {
		c.deliverAgain()
		e.Delivering = c.event != 0
	}
	e.Entered, e.Left = c.entered, c.left
	c.decode(e)
	if c.work != 0 {
		c.finish()
	}
}

// prepare does what there is to do before an entry. It returns why there can be
// none, or ReasonNone.
func (c *CPU) prepare() vmm.Reason {
	if c.work&workShutdown != 0 {
		c.work &^= workShutdown
		c.event = 0
		return vmm.ReasonShutdown
	}
	if c.work&workCheck != 0 {
		if c.wrong() != nil {
			return vmm.ReasonInvalid
		}
		c.work &^= workCheck
	}
	if c.work&workThreshold != 0 && c.belowThreshold() {
		return vmm.ReasonWindow
	}
	if c.work&workDebugAccess != 0 {
		c.lendDebug()
	}
	if c.work&workDebugger != 0 {
		c.beginStep()
	}
	return vmm.ReasonNone
}

// finish does what there is to do after an exit.
func (c *CPU) finish() {
	if c.work&workDebugger != 0 {
		c.endStep()
	}
	if c.work&workDebug != 0 {
		c.takeBackDebug()
	}
}

// notEntered makes an exit when run came back at once. What was prepared for the
// entry stays so for the next.
//
//go:noinline
func (c *CPU) notEntered(e *vmm.Exit) {
	c.endStep()
	if c.result == resultRefused {
		c.refuse(e, vmm.ReasonInvalid)
		return
	}
	c.reason, c.qualification, c.gpa = uint64(ReasonInterrupt), 0, 0
	*e = vmm.Exit{Reason: vmm.ReasonHost, RIP: c.rip, Entered: c.entered, Left: c.entered, Delivering: c.event != 0}
}

// refuse makes an exit without an entry.
//
//go:noinline
func (c *CPU) refuse(e *vmm.Exit, r vmm.Reason) {
	c.reason, c.qualification, c.gpa = uint64(ReasonGuestState|reasonEntryFailed), 0, 0
	switch r {
	case vmm.ReasonShutdown:
		c.reason = uint64(ReasonTripleFault)
	case vmm.ReasonWindow:
		c.reason = uint64(ReasonTPR)
	}
	*e = vmm.Exit{Reason: r, RIP: c.rip, Entered: c.left, Left: c.left}
}

// Skip is vmm.CPU's. Behind the instruction there is no interrupt shadow, and
// breakpoints are not held off.
func (c *CPU) Skip(length uint8) (flags uint64) {
	rip := c.rip + uint64(length)
	if (rip^c.rip)>>32 != 0 && !c.long64() {
		rip &= 0xffff_ffff
	}
	c.rip = rip
	c.endShadow()
	c.flags &^= x86.FlagRF
	return c.flags
}

// long64 tells whether the guest executes 64-bit code.
func (c *CPU) long64() bool {
	s := c.Look()
	return s.EFER&msr.EFERLMA != 0 && s.Seg[x86.CS].Attributes&x86.AttrLong != 0
}

// endShadow ends what STI and MOV SS hold off. A step that waited for the end
// of it is raised by whoever executes the instruction.
func (c *CPU) endShadow() {
	if c.shadow&(shadowSTI|shadowMOVSS) != 0 {
		c.leaveShadow()
	}
}

//go:noinline
func (c *CPU) leaveShadow() {
	c.shadow &^= shadowSTI | shadowMOVSS
	if c.flags&x86.FlagTF != 0 {
		vmwrite(&c.context, fieldPendingDebug, 0)
	}
}
