package pc

import (
	"fmt"
	"slices"

	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/kvmclock"
	"github.com/ringo-vmm/ringo/vmm/policy"
)

// nestedBits is the width of the guest-physical addresses that four levels of
// nested page tables translate. APM vol. 2 §15.25.5.
const nestedBits = 48

// notSwitched are features that no engine switches what they need for: LA57
// makes linear addresses wider than the engines' checks of them.
var notSwitched = []string{"-LA57"}

// processor decides what the guest sees of its processor.
func (p *PC) processor(c Config) error {
	if err := p.newClock(c); err != nil {
		return err
	}
	xsave, _ := c.CPUID.XSAVEInfo()
	id, err := policy.NewCPUID(policy.Processor{
		Host: c.CPUID, CPUs: 1, PhysicalBits: nestedBits, XCR0: xsave.XCR0,
		X2APIC: true, TSCDeadline: true, SpecCtrl: true, TSCAux: true, KVMFeatures: kvmclock.Features,
		TSCkHz: uint32(c.TSCHz / 1000), APICkHz: busHz / 1000,
		Idle: p.CPU.Idle, Changes: append(slices.Clone(notSwitched), c.Features...),
	})
	if err != nil {
		return &keyError{"cpuid", err}
	}
	p.msrs = policy.NewMSRs(policy.MSRConfig{
		CPUID: id, BSP: true, LowMemory: p.VM.RAM.Low(), HighMemory: p.VM.RAM.High(),
		Unknown: func(num uint32, write bool, v uint64) {
			if write {
				p.VM.Log("there is no MSR %#x to write %#x to", num, v)
			} else {
				p.VM.Log("there is no MSR %#x to read", num)
			}
		},
	})
	for _, o := range c.MSRs {
		if err := override(p.msrs, o); err != nil {
			return &keyError{"msr", err}
		}
	}
	p.CPU.SetPolicy(id, p.msrs)
	p.msrs.Handle(kvmclock.MSRWallClock, clockMSRs, p.clock.Processor(0))
	p.msrs.Handle(kvmclock.MSRWallClockOld, clockMSRs, p.clock.Processor(0))
	p.msrs.Firmware()
	p.msrs.Write(msr.TSC, 0) // as power-on leaves it
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
