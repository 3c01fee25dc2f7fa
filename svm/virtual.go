package svm

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/vmm"
)

// QEMU's translator (TCG, version 7.2 and others) may deliver an interrupt twice
// that VMRUN injects by EVENTINJ: it leaves the vector behind as an exception to
// be raised, and raises it when another thread of the emulator makes the
// processor's thread stop before the next #VMEXIT, whatever RFLAGS.IF is by then.
// A guest does not survive a second interrupt in the first instructions of a
// handler. That happens once in some hours on a busy computer, and at once with
// the emulator's commands stop and cont in a loop.
//
// So on that machine an interrupt is a virtual one: the processor takes it where
// the guest can take interrupts, which is at the entry. APM vol. 2 §15.21.4. One
// that it has not taken when the guest exits waits for the next entry like any
// other event. There is only one virtual interrupt, and Window has need of it
// too: while others wait, the handler's IRET exits instead, or what exits before
// that, and the window opens from there on.

// isTCG tells whether the processor is QEMU's translator.
func isTCG(cpu cpuid.Func) bool {
	h, ok := cpu.HypervisorInfo()
	return ok && h.Signature == "TCGTCGTCGTCG"
}

// deliveryFaults are the exceptions that the delivery of an interrupt can raise.
// QEMU would deliver a virtual interrupt again after one, and a processor does not,
// so they exit. APM vol. 2 §8.2.
const deliveryFaults = 1<<amd64.InvalidTSS | 1<<amd64.SegmentNotPresent | 1<<amd64.StackFault | 1<<amd64.GeneralProtection | 1<<amd64.PageFault

// sendVirtual makes the event of this entry a virtual interrupt, if it can.
func (c *CPU) sendVirtual() {
	c.work &^= workVirtual
	if c.pending&(EventValid|EventType) != EventValid|EventInterrupt {
		return
	}
	v := c.v
	v.EventInj = 0
	v.VIntr = v.VIntr&VIntrTPRMask | VIntrMasking | VIntrIRQ | VIntrIgnoreTPR | VIntrPriority | VIntr(c.pending&EventVector)<<VIntrVectorShift
	c.sent, c.sentVectors, c.sentIntercept1 = c.pending, v.InterceptVectors, v.Intercept1
	v.InterceptVectors |= deliveryFaults
	if c.window {
		v.Intercept1 = v.Intercept1&^InterceptVINTR | InterceptIRET
	}
	v.Clean &^= CleanTPR | CleanIntercepts
	c.work |= workVirtualSent
}

// endVirtual takes the virtual interrupt back. If the guest has not taken it, or
// not to the end, it is an event again, unless its delivery has failed with an
// exception: then only that is left of it, and the handler of the exit raises it.
func (c *CPU) endVirtual(e *vmm.Exit) {
	c.work &^= workVirtualSent
	v := c.v
	waits := v.VIntr&VIntrIRQ != 0
	v.VIntr, v.InterceptVectors, v.Intercept1 = c.virtualInterrupt(), c.sentVectors, c.sentIntercept1
	v.Clean &^= CleanTPR | CleanIntercepts
	switch {
	case waits && e.Reason == vmm.ReasonException && deliveryFaults>>e.Vector&1 != 0:
		c.pending, e.Delivering = 0, false
	case waits:
		c.Interrupt(uint8(c.sent & EventVector))
	}
}
