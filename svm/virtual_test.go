//go:build !tamago

package svm

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
)

const virtual31 = VIntrMasking | VIntrIRQ | VIntrIgnoreTPR | VIntrPriority | 0x31<<VIntrVectorShift

// taken is what the processor does when the guest takes the virtual interrupt.
func taken(v *VMCB) { v.VIntr &^= VIntrIRQ }

func TestInterruptsOnTCGAreVirtual(t *testing.T) {
	c := running(t, cpuidtest.QEMUEPYC)
	c.engine.redelivers = true
	see := func(then func(v *VMCB)) (intr VIntr, event Event) {
		old := run
		defer func() { run = old }()
		run = func(c *context) {
			v := vmcbAt(c.vmcb)
			intr, event = v.VIntr, v.EventInj
			exitWith(v, ExitINTR)
			if then != nil {
				then(v)
			}
		}
		var e vmm.Exit
		c.Run(&e)
		return intr, event
	}
	c.Interrupt(0x31)
	if c.CanInterrupt() {
		t.Error("a second interrupt could be queued")
	}
	if intr, event := see(nil); intr != virtual31 || event != 0 {
		t.Fatalf("the interrupt is %#x, EVENTINJ %#x", intr, event)
	}
	if c.CanInterrupt() {
		t.Error("the guest has not taken it, and another one could be queued")
	}
	if intr, _ := see(taken); intr != virtual31 {
		t.Errorf("at the next entry the interrupt is %#x", intr)
	}
	if !c.CanInterrupt() {
		t.Error("the guest has taken it, and no other can be queued")
	}
	if intr, event := see(nil); intr != VIntrMasking || event != 0 {
		t.Errorf("it comes again: %#x, EVENTINJ %#x", intr, event)
	}

	c.Interrupt(0x31)
	var vectors uint32
	e := exit(t, c, ExitException+14, func(v *VMCB) {
		vectors = v.InterceptVectors
		v.ExitInfo1, v.ExitInfo2 = 2, 0x1000
		v.ExitIntInfo = EventValid | EventException | 0x31
	})
	if vectors&(1<<14) == 0 || e.Reason != vmm.ReasonException || e.Vector != 14 || e.Address != 0x1000 || e.Delivering {
		t.Errorf("a fault in the delivery: intercepts %#x, exit %+v", vectors, e)
	}
	if intr, event := see(nil); intr != VIntrMasking || event != 0 {
		t.Errorf("after a fault in its delivery it is %#x, EVENTINJ %#x", intr, event)
	}
	if c.v.InterceptVectors&(1<<14) != 0 {
		t.Error("page faults exit for good")
	}

	c.Interrupt(0x31)
	c.Window(true)
	var intercepts Intercept1
	if intr, event := see(func(v *VMCB) { taken(v); intercepts = v.Intercept1 }); intr != virtual31 || event != 0 {
		t.Errorf("with a window, the virtual interrupt is %#x, EVENTINJ %#x", intr, event)
	}
	if intercepts&InterceptVINTR != 0 || intercepts&InterceptIRET == 0 {
		t.Errorf("with a window, the intercepts are %#x", intercepts)
	}
	if intr, event := see(func(v *VMCB) { intercepts = v.Intercept1 }); intr&VIntrIRQ == 0 || intr>>VIntrVectorShift != 0 || event != 0 {
		t.Errorf("the window is %#x, EVENTINJ %#x", intr, event)
	}
	if intercepts&InterceptVINTR == 0 || intercepts&InterceptIRET != 0 {
		t.Errorf("the window's intercepts are %#x", intercepts)
	}
	c.Window(false)
	c.Exception(6, 0, false)
	if intr, event := see(nil); intr != VIntrMasking || event != EventValid|EventException|6 {
		t.Errorf("an exception is %#x, EVENTINJ %#x", intr, event)
	}
	c.NMI()
	if intr, event := see(nil); intr != VIntrMasking || event&EventType != EventNMI {
		t.Errorf("an NMI is %#x, EVENTINJ %#x", intr, event)
	}
}

func TestOnlyTCGRedelivers(t *testing.T) {
	if e, err := New(cpuidtest.QEMUEPYC.CPUID(), newFrames(t)); err != nil || !e.redelivers {
		t.Errorf("QEMU's translator: %v", err)
	}
	if e, err := New(cpuidtest.BochsTrinity.CPUID(), newFrames(t)); err != nil || e.redelivers {
		t.Errorf("a processor without a hypervisor: %v", err)
	}
}
