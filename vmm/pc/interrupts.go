package pc

import (
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/lapic"
)

// controller makes the processor's local APIC.
func (q *processor) controller(c Config) {
	p := q.pc
	q.lapic = lapic.New(&p.bus, lapic.Config{
		ID: uint32(q.ID), BSP: q.ID == 0, Clock: p.VM.Clock(), BusHz: busHz, TSC: q.TSC, TSCHz: c.TSCHz, RAM: p.VM.RAM,
		Notify: q.Notify, NMI: q.raiseNMI, Init: q.initialize, StartUp: q.StartUp,
	})
	p.page.lapics[q.ID+1] = q.lapic
	local := &local{q.lapic, q}
	q.SetLocalAPIC(local)
	q.msrs.Handle(msr.TSCDeadline, 1, local)
	q.msrs.Handle(lapic.MSRPVEOI, 1, local)
}

// Pending is vmm.Interrupts': it tells whether there is an interrupt for the
// processor.
func (q *processor) Pending() bool {
	if q.lapic.ExtINT() {
		return true
	}
	_, ok := q.lapic.Pending()
	return ok
}

// Take acknowledges it. The 8259s' comes first: Intel SDM vol. 3 §11.8.1.
func (q *processor) Take() (vector uint8, ok bool) {
	if q.lapic.ExtINT() {
		q.lapic.AcknowledgeExtINT()
		return q.pc.pic.Acknowledge(), true
	}
	if vector, ok = q.lapic.Pending(); ok {
		q.lapic.Acknowledge(vector)
	}
	return vector, ok
}

// NMI takes the non-maskable interrupt that waits. Those that come meanwhile
// are one.
func (q *processor) NMI() bool {
	nmi := q.nmi
	q.nmi = false
	return nmi
}

// raiseNMI is the local APIC's, for an NMI by LINT1 or from a processor.
func (q *processor) raiseNMI() {
	q.nmi = true
	q.Notify()
}

// initialize is INIT. The boot processor would go on at the reset vector, in
// firmware: that resets the machine.
func (q *processor) initialize() {
	if q.ID == 0 {
		q.pc.VM.Log("INIT to the boot processor: the machine is reset")
		q.pc.ended(vmm.Ending{How: vmm.Reset})
		return
	}
	q.nmi = false
	q.Init()
}

// local is a processor's local APIC as its MSRs reach it: a vmm.LocalAPIC. It
// sees to what else depends on them.
type local struct {
	*lapic.LAPIC
	cpu *processor
}

// WriteMSR is WRMSR.
func (l *local) WriteMSR(num uint32, v uint64) (ok bool) {
	ok = l.LAPIC.WriteMSR(num, v)
	if ok && num == msr.APICBase {
		l.cpu.pc.placeLAPICs()
	}
	return ok
}

// TSCChanged says that the guest's time-stamp counter has jumped.
func (l *local) TSCChanged() {
	l.LAPIC.TSCChanged()
	l.cpu.pc.clock.Update()
}

// page is the register pages of the local APICs, which all are at the same
// address: a processor sees its own. A device.MMIO.
type page struct {
	vm *vmm.VM
	// lapics are by what vmm.VM.Holder says; who is no processor sees the
	// first's.
	lapics [pageSlots]*lapic.LAPIC
}

// pageSlots is more than a machine has processors, a power of two.
const pageSlots = 2 * config.MaxCPUs

// Read is device.MMIO's.
func (p *page) Read(off uint64, size int) uint64 {
	return p.lapics[uint(p.vm.Holder())%pageSlots].Read(off, size)
}

// Write is device.MMIO's.
func (p *page) Write(off uint64, size int, v uint64) {
	p.lapics[uint(p.vm.Holder())%pageSlots].Write(off, size, v)
}

// placeLAPICs puts the register pages of the local APICs where IA32_APIC_BASE
// says. They cannot be at several places, so the first processor that has one
// says where. Where there is something else already, that is what the guest goes
// on seeing.
func (p *PC) placeLAPICs() {
	p.VM.Memory.Unregister(&p.page)
	for _, q := range p.cpus {
		gpa, ok := q.lapic.Page()
		if !ok {
			continue
		}
		if p.VM.RAM.Contains(gpa, lapic.PageSize) {
			p.VM.Log("the local APIC's page at %#x is hidden by memory", gpa)
		} else if err := p.VM.Memory.Register("local APIC", gpa, lapic.PageSize, &p.page); err != nil {
			p.VM.Log("%v", err)
		}
		return
	}
}
