package svm

import (
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// work is what must be done about an entry or an exit beyond the usual. Most
// have none, and that is all they look at.
type work uint16

const (
	workFlush       work = 1 << iota // drop the guest's translations, check its state
	workFlushed                      // that is on its way
	workShutdown                     // a triple fault
	workNMI                          // look for an NMI handler's end
	workNMIWindow                    // somebody waits for it
	workStep                         // the trap flag is ours
	workDebugAccess                  // the guest is at an access to DR0 to DR3
	workDebug                        // it uses them
	workDebugger                     // a debugger is there
	workVirtual                      // the event is an interrupt, to be made a virtual one
	workVirtualSent                  // it has been
)

// Run is vmm.CPU's.
func (c *CPU) Run(e *vmm.Exit) {
	c.v.EventInj = c.pending
	if c.work != 0 || c.generation != c.engine.asids.generation.Load() {
		if r := c.prepare(); r != vmm.ReasonNone {
			c.refuse(e, r)
			return
		}
	}
	run(&c.context)
	e.Delivering = false
	v := c.v
	v.Clean = c.clean
	injected := c.pending
	c.pending = 0
	if v.ExitIntInfo&EventValid != 0 {
		c.deliverAgain(v.ExitIntInfo, injected)
		e.Delivering = c.pending != 0
	}
	e.Entered, e.Left = c.entered, c.left
	c.decode(e)
	if c.work != 0 {
		c.finish(e)
	}
}

// prepare does what there is to do before an entry. It returns why there can be
// none, or ReasonNone.
func (c *CPU) prepare() vmm.Reason {
	if c.work&workShutdown != 0 {
		c.work &^= workShutdown
		c.pending = 0
		return vmm.ReasonShutdown
	}
	c.v.TLBControl = TLBKeep
	c.work &^= workFlushed
	if c.work&workFlush != 0 || c.generation != c.engine.asids.generation.Load() {
		// SetState flushes, so a state that it set is looked at here. Not
		// every processor does, and none says what is wrong.
		if c.wrong() != nil {
			return vmm.ReasonInvalid
		}
		c.prepareTLB()
	}
	if c.work&workNMIWindow != 0 && c.openNMIWindow() {
		return vmm.ReasonNMIWindow
	}
	if c.work&workDebugAccess != 0 {
		c.lendDebug()
	}
	if c.work&workDebugger != 0 {
		c.beginStep()
	}
	if c.work&workVirtual != 0 {
		c.sendVirtual()
	}
	return vmm.ReasonNone
}

// finish does what there is to do after an exit.
func (c *CPU) finish(e *vmm.Exit) {
	if c.work&workVirtualSent != 0 {
		c.endVirtual(e)
	}
	if c.work&workDebugger != 0 {
		c.stopDebugged(e)
	}
	if c.work&workStep != 0 {
		c.endStep(e)
	}
	if c.work&workNMI != 0 {
		c.unblockNMI()
	}
	if c.work&workDebug != 0 {
		c.watchDebug()
	}
}

// refuse makes an exit without an entry.
//
//go:noinline
func (c *CPU) refuse(e *vmm.Exit, r vmm.Reason) {
	code := ExitInvalid
	switch r {
	case vmm.ReasonShutdown:
		code = ExitShutdown
	case vmm.ReasonNMIWindow:
		code = ExitIRET
	}
	c.v.ExitCode, c.v.ExitInfo1, c.v.ExitInfo2 = code, 0, 0
	*e = vmm.Exit{Reason: r, RIP: c.v.RIP, Entered: c.left, Left: c.left}
}

// prepareTLB gives the guest an address space identifier of its own, or drops
// what the TLB holds under the one it has; another identifier does that too.
// APM vol. 2 §15.16.1.
func (c *CPU) prepareTLB() {
	switch {
	case c.engine.flushByASID && c.generation == c.engine.asids.generation.Load():
		c.v.TLBControl = TLBFlushASID
	case c.engine.asids.assign(c):
		c.v.TLBControl = TLBFlushAll
	}
	c.work = c.work&^workFlush | workFlushed
}

// Skip is vmm.CPU's. Behind the instruction there is no interrupt shadow, and
// breakpoints are not held off.
func (c *CPU) Skip(length uint8) (flags uint64) {
	v := c.v
	v.RIP += uint64(length)
	if v.EFER&msr.EFERLMA == 0 || v.CS.Attributes&segmentL == 0 {
		v.RIP &= 0xffffffff
	}
	v.InterruptShadow = 0
	flags = v.RFLAGS &^ x86.FlagRF
	v.RFLAGS = flags
	return flags
}
