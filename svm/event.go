package svm

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// CanInterrupt is vmm.CPU's.
func (c *CPU) CanInterrupt() bool {
	return c.v.RFLAGS&x86.FlagIF != 0 && c.v.InterruptShadow&1 == 0 && c.pending&EventValid == 0
}

// Interrupt is vmm.CPU's.
func (c *CPU) Interrupt(vector uint8) {
	c.pending = EventValid | EventInterrupt | Event(vector)
	if c.engine.redelivers {
		c.work |= workVirtual
	}
}

// Exception is vmm.CPU's. While another exception is being delivered the two
// may make a double fault, or a shutdown. APM vol. 2 §8.2.9, table 8-3.
func (c *CPU) Exception(vector uint8, code uint32, hasCode bool) {
	if first := c.pending; first&EventValid != 0 && first&EventType == EventException {
		switch {
		case first&EventVector == Event(amd64.DoubleFault):
			c.work |= workShutdown
			return
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

// Delivered is vmm.CPU's.
func (c *CPU) Delivered() { c.pending = 0 }

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
	w := c.v.VIntr&VIntrTPRMask | VIntrMasking
	if c.window {
		w |= VIntrIRQ | VIntrIgnoreTPR | VIntrPriority
	}
	return w
}

// deliverAgain takes in an event whose delivery the exit interrupted. An INT n,
// INT3 or INTO is not delivered again: RIP is still at the instruction, which
// will be executed again; but a #BP or #OF that was injected has no
// instruction. Nor is an event that the guest did not survive. APM vol. 2
// §15.7.2, §15.20.
func (c *CPU) deliverAgain(i, injected Event) {
	if code := c.v.ExitCode; code.Low() == ExitInvalid.Low() || code == ExitShutdown {
		return
	}
	switch i & EventType {
	case EventInterrupt:
		c.Interrupt(uint8(i & EventVector))
	case EventNMI:
		c.pending = i
	case EventException:
		if vec := amd64.Vector(i & EventVector); vec != amd64.Breakpoint && vec != amd64.Overflow || i == injected {
			c.pending = i
		}
	}
}
