package svm

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// CanInterrupt is vmm.CPU's.
func (c *CPU) CanInterrupt() bool {
	return c.v.RFLAGS&x86.FlagIF != 0 && c.v.InterruptShadow&1 == 0 && c.pending&EventValid == 0
}

// CanNMI is vmm.CPU's.
func (c *CPU) CanNMI() bool {
	return c.nmi == nmiOpen && c.v.InterruptShadow&1 == 0 && c.pending&EventValid == 0
}

// Interrupt is vmm.CPU's.
func (c *CPU) Interrupt(vector uint8) { c.pending = EventValid | EventInterrupt | Event(vector) }

// NMI is vmm.CPU's. Until the guest's IRET no further one may come, so that is
// intercepted. APM vol. 2 §15.20.
func (c *CPU) NMI() {
	c.pending = EventValid | EventNMI | Event(amd64.NMI)
	c.nmi = nmiBlocked
	c.v.Intercept1 |= InterceptIRET
	c.v.Clean &^= CleanIntercepts
}

// Exception is vmm.CPU's. While another exception is being delivered the two
// may make a double fault, or a shutdown. APM vol. 2 §8.2.9, table 8-3.
func (c *CPU) Exception(vector uint8, code uint32, hasCode bool) {
	if first := c.pending; first&EventValid != 0 && first&EventType == EventException {
		switch {
		case first&EventVector == Event(amd64.DoubleFault):
			vector, code, hasCode = tripleFault, 0, false
		case contributory(first) && contributory(Event(vector)) || first&EventVector == Event(amd64.PageFault) &&
			(contributory(Event(vector)) || vector == uint8(amd64.PageFault)):
			vector, code, hasCode = uint8(amd64.DoubleFault), 0, true
		}
	}
	c.pending = EventValid | EventException | Event(vector)
	if hasCode {
		c.pending |= EventErrorValid | Event(code)<<32
	}
}

// tripleFault is a vector that no exception has: prepare turns it into a
// shutdown.
const tripleFault = 0xff

// contributory tells whether an exception is of the contributory class.
func contributory(e Event) bool {
	switch amd64.Vector(e & EventVector) {
	case amd64.DivideError, amd64.InvalidTSS, amd64.SegmentNotPresent, amd64.StackFault, amd64.GeneralProtection:
		return true
	}
	return false
}

// Window is vmm.CPU's. A virtual interrupt of the highest priority is
// intercepted at the very moment the guest would take it. APM vol. 2 §15.21.4.
func (c *CPU) Window(on bool) {
	if c.window == on {
		return
	}
	c.window = on
	v := c.v
	if on {
		v.Intercept1 |= InterceptVINTR
	} else {
		v.Intercept1 &^= InterceptVINTR
	}
	v.VIntr = c.virtualInterrupt()
	v.Clean &^= CleanIntercepts | CleanTPR
}

// virtualInterrupt is the virtual interrupt word as Window has it.
func (c *CPU) virtualInterrupt() VIntr {
	if c.window {
		return VIntrMasking | VIntrIRQ | VIntrIgnoreTPR | VIntrPriority
	}
	return VIntrMasking
}

// prepare makes the VMCB ready for an entry. It tells false when the guest is
// in no state that can be entered.
func (c *CPU) prepare() (ok bool) {
	v := c.v
	v.EventInj, c.pending = c.pending, 0
	v.TLBControl = TLBKeep
	if c.flush || c.generation != c.engine.asids.generation.Load() {
		c.prepareTLB()
		// SetState flushes, so a state that it set is looked at here. Not
		// every processor does, and none says what is wrong.
		if c.Why() != nil {
			c.flush = true
			return false
		}
	}
	if !c.engine.cleanBits {
		v.Clean = 0
	}
	return true
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
	c.flush = false
}

// finish takes in what an exit may leave.
func (c *CPU) finish(e *vmm.Exit) {
	v := c.v
	v.Clean = CleanAll
	e.Entered, e.Left = c.entered, c.left
	if v.ExitIntInfo&EventValid != 0 {
		c.deliverAgain(v.ExitIntInfo)
	}
	if c.nmi != nmiOpen {
		c.unblockNMI()
	}
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
	}
}

// deliverAgain takes in an event whose delivery the exit interrupted. A software
// interrupt is not delivered again: its instruction will be executed again. Nor
// is one that the guest did not survive. APM vol. 2 §15.7.2, §15.20.
func (c *CPU) deliverAgain(i Event) {
	if code := c.v.ExitCode; code.Low() == ExitInvalid.Low() || code == ExitShutdown {
		return
	}
	switch i & EventType {
	case EventInterrupt, EventNMI:
		c.pending = i
	case EventException:
		if vec := amd64.Vector(i & EventVector); vec != amd64.Breakpoint && vec != amd64.Overflow {
			c.pending = i
		}
	}
}
