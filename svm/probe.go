// Package svm is the engine for AMD's Secure Virtual Machine: VMCB, VMRUN,
// nested page tables, and exits turned into the neutral ones of package vmm. It
// follows the AMD Architecture Programmer's Manual (APM) vol. 2 ch. 15.
package svm

import (
	"fmt"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
)

// minASIDs is the host's ASID 0 and one for a guest. APM vol. 2 §15.16.
const minASIDs = 2

// optional are the features that save exits or make them cheaper; the engine
// does without each. APM vol. 3 §E.4 function 8000_000Ah.
var optional = [...]cpuid.Feature{
	cpuid.NRIPSave,
	cpuid.DecodeAssists,
	cpuid.FlushByASID,
	cpuid.VMCBClean,
	cpuid.LBRVirt,
	cpuid.TSCRate,
	cpuid.PauseFilter,
	cpuid.PauseFilterThreshold,
	cpuid.VMSAVEVirt,
	cpuid.VGIF,
	cpuid.VNMI,
	cpuid.AVIC,
	cpuid.X2AVIC,
	cpuid.SpecCtrlVirt,
	cpuid.SVMLock,
}

// Probe says whether the processor can run guests with SVM, by the steps of APM
// vol. 2 §15.4. rdmsr reads an MSR and returns an error on #GP. Where Probe finds
// SVM off but not locked, the engine clears VM_CR.SVMDIS before it sets
// EFER.SVME.
func Probe(cpu cpuid.Func, rdmsr func(uint32) (uint64, error)) vmm.Probe {
	p := vmm.Probe{Engine: "svm", Present: cpu.Has(cpuid.SVM)}
	info, _ := cpu.SVMInfo()
	detail := "revision " + fmt.Sprint(info.Revision)
	if !p.Present {
		detail = "vendor " + cpu.Vendor()
	}
	p.Add(vmm.Feature{Name: "SVM", Present: p.Present, Needed: true, Detail: detail},
		"the processor reports no SVM (CPUID "+cpuid.SVM.Where()+"): an AMD or Hygon processor needs 'SVM Mode' turned on in the "+
			"firmware's CPU menu; a virtual machine needs nested virtualization from its hypervisor")
	if !p.Present {
		return p
	}
	addFirmware(&p, rdmsr)
	p.Add(vmm.Feature{Name: "nested paging", Present: cpu.Has(cpuid.NestedPaging), Needed: true},
		"the processor has no nested paging (CPUID "+cpuid.NestedPaging.Where()+"): it is too old, or a hypervisor hides it")
	p.Add(vmm.Feature{Name: "ASIDs", Present: info.ASIDs >= minASIDs, Needed: true, Detail: fmt.Sprint(info.ASIDs)},
		fmt.Sprintf("the processor reports %d ASIDs and a guest needs %d: a hypervisor reports too few", info.ASIDs, minASIDs))
	for _, x := range optional {
		p.Add(vmm.Feature{Name: x.Meaning(), Present: cpu.Has(x), Detail: x.String()}, "")
	}
	return p
}

// addFirmware adds whether the firmware left SVM on. APM vol. 2 §15.4, §15.30.1.
func addFirmware(p *vmm.Probe, rdmsr func(uint32) (uint64, error)) {
	f := vmm.Feature{Name: "on in firmware", Present: true, Needed: true}
	vmcr, err := rdmsr(msr.VMCR)
	switch {
	case err != nil:
		// Emulators that offer SVM without VM_CR have nothing that turns it off.
		f.Detail = fmt.Sprintf("VM_CR cannot be read (%v), taken as on", err)
	case vmcr&msr.VMCRSVMDisable == 0:
		f.Detail = fmt.Sprintf("VM_CR %#x", vmcr)
	case vmcr&msr.VMCRLock == 0:
		f.Detail = fmt.Sprintf("VM_CR %#x: off but not locked, the engine turns it on", vmcr)
	default:
		f.Present = false
		f.Detail = fmt.Sprintf("VM_CR %#x: off and locked", vmcr)
	}
	p.Add(f, "the firmware turned SVM off and locked it (VM_CR.SVMDIS and LOCK): turn on 'SVM Mode', also called "+
		"'AMD-V' or 'Virtualization', in the firmware's CPU menu and power the machine off and on")
}
