package pc

import (
	"fmt"
	"slices"

	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/kvmclock"
	"github.com/ringo-vmm/ringo/vmm/lapic"
	"github.com/ringo-vmm/ringo/vmm/policy"
)

// nestedBits is the width of the guest-physical addresses that four levels of
// nested page tables translate. APM vol. 2 §15.25.5.
const nestedBits = 48

// notSwitched are features that no engine switches what they need for: LA57
// makes linear addresses wider than the engines' checks of them.
var notSwitched = []string{"-LA57"}

// processor is a virtual processor of the machine, with what is its own. It is
// where the VCPU's interrupts come from: a vmm.Interrupts.
type processor struct {
	*vmm.VCPU
	pc    *PC
	id    *policy.CPUID
	msrs  *policy.MSRs
	lapic *lapic.LAPIC
	nmi   bool // one waits
}

// processors makes the processors, and decides what the guest sees of them.
func (p *PC) processors(c Config) (err error) {
	for range c.CPUs {
		q := &processor{pc: p}
		if q.VCPU, err = p.VM.NewVCPU(q); err != nil {
			return err
		}
		p.cpus = append(p.cpus, q)
	}
	p.CPU = p.cpus[0].VCPU
	if err := p.newClock(c); err != nil {
		return err
	}
	for _, q := range p.cpus {
		if err := q.policy(c); err != nil {
			return err
		}
	}
	p.VM.SyncTSC()
	return nil
}

// policy decides what the guest sees of the processor.
func (q *processor) policy(c Config) error {
	p := q.pc
	xsave, _ := c.CPUID.XSAVEInfo()
	id, err := policy.NewCPUID(policy.Processor{
		Host: c.CPUID, CPUs: c.CPUs, Index: q.ID, PhysicalBits: nestedBits, XCR0: xsave.XCR0,
		X2APIC: true, TSCDeadline: true, SpecCtrl: true, TSCAux: true, KVMFeatures: kvmclock.Features | lapic.FeaturePVEOI,
		TSCkHz: uint32(c.TSCHz / 1000), APICkHz: busHz / 1000,
		Idle: q.Idle, Changes: append(slices.Clone(notSwitched), c.Features...),
	})
	if err != nil {
		return &keyError{"cpuid", err}
	}
	q.id = id
	q.msrs = policy.NewMSRs(policy.MSRConfig{
		CPUID: id, BSP: q.ID == 0, LowMemory: p.VM.RAM.Low(), HighMemory: p.VM.RAM.High(),
		Unknown: func(num uint32, write bool, v uint64) {
			if write {
				p.VM.Log("there is no MSR %#x to write %#x to", num, v)
			} else {
				p.VM.Log("there is no MSR %#x to read", num)
			}
		},
	})
	for _, o := range c.MSRs {
		if err := override(q.msrs, o); err != nil {
			return &keyError{"msr", err}
		}
	}
	q.SetPolicy(id, q.msrs)
	q.msrs.Handle(kvmclock.MSRWallClock, clockMSRs, p.clock.Processor(q.ID))
	q.msrs.Handle(kvmclock.MSRWallClockOld, clockMSRs, p.clock.Processor(q.ID))
	q.msrs.Firmware()
	q.msrs.Write(msr.TSC, 0) // as power-on leaves it
	return nil
}

// override replaces a register as the configuration says.
func override(m *policy.MSRs, o config.MSR) error {
	value := fmt.Sprintf("%#x", o.Value)
	if o.Fault {
		value = "gp"
	}
	return m.Override(fmt.Sprintf("%#x", o.Index), value)
}
