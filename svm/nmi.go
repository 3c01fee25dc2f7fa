package svm

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// nmiState tells whether the guest can take an NMI.
type nmiState uint8

const (
	nmiOpen      nmiState = iota
	nmiBlocked            // one was delivered, and its IRET is intercepted
	nmiReturning          // the guest is at that IRET
)

// CanNMI is vmm.CPU's. Who hears that the guest cannot gets ReasonNMIWindow when
// it can.
func (c *CPU) CanNMI() bool {
	can := c.canNMI()
	if !can {
		c.work |= workNMIWindow
	}
	return can
}

func (c *CPU) canNMI() bool {
	return c.nmi == nmiOpen && c.v.InterruptShadow&1 == 0 && c.pending&EventValid == 0
}

// NMI is vmm.CPU's. Until the guest's IRET no further one may come, so that is
// intercepted. APM vol. 2 §15.20.
func (c *CPU) NMI() {
	c.pending = EventValid | EventNMI | Event(amd64.NMI)
	c.nmi = nmiBlocked
	c.work = c.work&^workNMIWindow | workNMI
	c.v.Intercept1 |= InterceptIRET
	c.v.Clean &^= CleanIntercepts
}

// unblockNMI looks for the end of an NMI's handler. The exit of its IRET comes
// before the IRET has happened, and an NMI now would find the stack still in
// use; the next exit at another RIP is behind it.
func (c *CPU) unblockNMI() {
	v := c.v
	switch {
	case v.ExitCode == ExitIRET:
		c.nmi, c.iretRIP = nmiReturning, v.RIP
		v.Intercept1 &^= InterceptIRET
		v.Clean &^= CleanIntercepts
	case c.nmi == nmiReturning && v.RIP != c.iretRIP:
		c.nmi = nmiOpen
		c.work &^= workNMI
	}
}

// openNMIWindow tells whether the window that somebody waits for is open. If
// one more instruction opens it, an IRET or what follows STI or MOV SS, the
// guest is stopped behind that by its trap flag.
func (c *CPU) openNMIWindow() bool {
	switch {
	case c.canNMI():
		c.work &^= workNMIWindow
		return true
	case c.nmi == nmiBlocked || c.pending&EventValid != 0 || c.debugger.Step:
		// An event would save the trap flag on the guest's stack,
		// and a debugger has the flag.
	case c.v.RFLAGS&x86.FlagTF == 0:
		c.v.RFLAGS |= x86.FlagTF
		c.stepDR6 = c.v.DR6
		c.work |= workStep
	}
	return false
}

// endStep takes the trap flag back, which the guest does not know of, and the
// trap. An IRET has loaded other flags itself.
func (c *CPU) endStep(e *vmm.Exit) {
	v := c.v
	c.work &^= workStep
	if c.nmi != nmiReturning || v.RIP == c.iretRIP {
		v.RFLAGS &^= x86.FlagTF
	}
	if v.ExitCode != ExitException+ExitCode(amd64.Debug) {
		return
	}
	v.Clean &^= CleanDR
	if v.DR6&^c.stepDR6&dr6Causes != 0 {
		v.DR6 = v.DR6&^dr6Step | c.stepDR6&dr6Step // a breakpoint of the guest's too
		return
	}
	v.DR6 = c.stepDR6
	e.Reason = vmm.ReasonHost
}
