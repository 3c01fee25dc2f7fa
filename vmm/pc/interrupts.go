package pc

import (
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/lapic"
)

// interrupts is where the processor's interrupts come from: a vmm.Interrupts.
type interrupts PC

// Pending tells whether there is an interrupt for the processor.
func (p *interrupts) Pending() bool {
	if p.lapic.ExtINT() {
		return true
	}
	_, ok := p.lapic.Pending()
	return ok
}

// Take acknowledges it. The 8259s' comes first: Intel SDM vol. 3 §11.8.1.
func (p *interrupts) Take() (vector uint8, ok bool) {
	if p.lapic.ExtINT() {
		p.lapic.AcknowledgeExtINT()
		return p.pic.Acknowledge(), true
	}
	if vector, ok = p.lapic.Pending(); ok {
		p.lapic.Acknowledge(vector)
	}
	return vector, ok
}

// NMI takes the non-maskable interrupt that waits. Those that come meanwhile
// are one.
func (p *interrupts) NMI() bool {
	nmi := p.nmi
	p.nmi = false
	return nmi
}

// raiseNMI is the local APIC's, for an NMI by LINT1 or from a processor.
func (p *PC) raiseNMI() {
	p.nmi = true
	p.CPU.Notify()
}

// initialize is INIT for the boot processor, which would go on at the reset
// vector, in firmware. That resets the machine.
func (p *PC) initialize() {
	p.VM.Log("INIT to the boot processor: the machine is reset")
	p.ended(vmm.Ending{How: vmm.Reset})
}

// local is the processor's local APIC as its MSRs reach it: a vmm.LocalAPIC. It
// sees to what else depends on them.
type local struct {
	*lapic.LAPIC
	pc *PC
}

// WriteMSR is WRMSR.
func (l *local) WriteMSR(num uint32, v uint64) (ok bool) {
	ok = l.LAPIC.WriteMSR(num, v)
	if ok && num == msr.APICBase {
		l.pc.placeLAPIC()
	}
	return ok
}

// TSCChanged says that the guest's time-stamp counter has jumped.
func (l *local) TSCChanged() {
	l.LAPIC.TSCChanged()
	l.pc.clock.Update()
}

// placeLAPIC puts the local APIC's register page where IA32_APIC_BASE says, if
// there is one. Where there is something else already, that is what the guest
// goes on seeing.
func (p *PC) placeLAPIC() {
	p.VM.Memory.Unregister(p.lapic)
	gpa, ok := p.lapic.Page()
	if !ok {
		return
	}
	if p.VM.RAM.Contains(gpa, lapic.PageSize) {
		p.VM.Log("the local APIC's page at %#x is hidden by memory", gpa)
		return
	}
	if err := p.VM.Memory.Register("local APIC", gpa, lapic.PageSize, p.lapic); err != nil {
		p.VM.Log("%v", err)
	}
}
