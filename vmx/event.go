package vmx

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// CanInterrupt is vmm.CPU's.
func (c *CPU) CanInterrupt() bool {
	return c.flags&x86.FlagIF != 0 && c.shadow&(shadowSTI|shadowMOVSS) == 0 && c.event == 0
}

// Interrupt is vmm.CPU's.
func (c *CPU) Interrupt(vector uint8) {
	c.event = uint64(EventValid | EventInterrupt | Event(vector))
}

// Exception is vmm.CPU's. While another exception is being delivered the two
// may make a double fault, or a shutdown. SDM vol. 3 table 6-5.
func (c *CPU) Exception(vector uint8, code uint32, hasCode bool) {
	if first := Event(c.event); first&EventValid != 0 && first&EventType == EventException {
		switch {
		case first&EventVector == Event(amd64.DoubleFault):
			c.work |= workShutdown
			return
		case contributory(first) && contributory(Event(vector)) || first&EventVector == Event(amd64.PageFault) &&
			(contributory(Event(vector)) || vector == uint8(amd64.PageFault)):
			vector, code, hasCode = uint8(amd64.DoubleFault), 0, true
		}
	}
	c.event, c.eventCode = uint64(EventValid|EventException|Event(vector)), uint64(code)
	if hasCode {
		c.event |= uint64(EventErrorValid)
	}
	c.endShadow()
}

// Delivered is vmm.CPU's. An NMI blocks others.
func (c *CPU) Delivered() {
	if Event(c.event)&(EventValid|EventType) == EventValid|EventNMI {
		c.shadow |= shadowNMI
	}
	c.event = 0
}

// contributory tells whether an exception is of the contributory class.
func contributory(e Event) bool {
	switch amd64.Vector(e & EventVector) {
	case amd64.DivideError, amd64.InvalidTSS, amd64.SegmentNotPresent, amd64.StackFault, amd64.GeneralProtection:
		return true
	}
	return false
}

// Window is vmm.CPU's. SDM vol. 3 §25.2.
func (c *CPU) Window(on bool) {
	if c.window != on {
		c.window = on
		c.setPrimary(primaryInterruptWindow, on)
	}
}

// setPrimary turns primary controls on or off.
func (c *CPU) setPrimary(bits uint64, on bool) {
	old := c.primary
	c.primary = old &^ bits
	if on {
		c.primary |= bits
	}
	if c.primary != old {
		c.dirty |= dirtyPrimary
	}
}

// deliverAgain takes in an event whose delivery the exit interrupted. An INT n,
// INT1, INT3 or INTO is not delivered again: RIP is still at the instruction,
// which will be executed again. Nor is an event that the guest did not survive.
// SDM vol. 3 §27.2.4.
func (c *CPU) deliverAgain() {
	if Reason(c.reason) == ReasonTripleFault || Reason(c.reason)&reasonEntryFailed != 0 {
		return
	}
	i := Event(c.vectoring)
	switch i & EventType {
	case EventNMI:
		c.shadow &^= shadowNMI // its delivery sets it again
	case EventInterrupt:
	case EventException:
		if i&EventErrorValid != 0 {
			c.eventCode = vmread(&c.context, fieldVectoringCode)
		}
	default:
		return
	}
	c.event = uint64(i & (EventValid | EventErrorValid | EventType | EventVector))
	c.endShadow()
}
