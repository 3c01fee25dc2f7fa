//go:build tamago

package main

import (
	"fmt"
	"strings"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/kernel/thread"
	"github.com/ringo-vmm/ringo/svm"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmx"
)

// processor is this machine's CPUID.
var processor cpuid.Func = amd64.CPUID

func processorName() string { return processor.Brand() }

// newEngine makes the engine of this machine and enables all processors for it.
func newEngine() (vmm.Engine, error) {
	var missing []string
	for _, p := range probeEngines() {
		switch {
		case !p.Usable && p.Present:
			missing = p.Missing
		case !p.Usable:
			missing = append(missing, p.Missing...)
		case p.Engine == "svm":
			return newSVM()
		default:
			return newVMX()
		}
	}
	return nil, fmt.Errorf("this machine cannot run guests: %s", strings.Join(missing, "; "))
}

func newSVM() (vmm.Engine, error) {
	e, err := svm.New(processor, vmHost{})
	if err != nil {
		return nil, err
	}
	pages, err := pagesForEach(svm.EnablePages)
	if err != nil {
		return nil, err
	}
	off := svmIsOff(hostMSRs{})
	thread.OnEach(func(index uint32) {
		if off {
			amd64.WriteMSR(msr.VMCR, amd64.ReadMSR(msr.VMCR)&^msr.VMCRSVMDisable)
		}
		svm.Enable([svm.EnablePages]uint64(pages[index]))
	})
	return e, nil
}

func newVMX() (vmm.Engine, error) {
	e, err := vmx.New(processor, hostMSRs{}.Read, vmHost{})
	if err != nil {
		return nil, err
	}
	pages, err := pagesForEach(vmx.EnablePages)
	if err != nil {
		return nil, err
	}
	on := 0
	thread.OnEach(func(index uint32) {
		if e.Enable([vmx.EnablePages]uint64(pages[index])) {
			on++
		}
	})
	if n := thread.Count(); on != n {
		return nil, fmt.Errorf("vmx: %d of %d processors refuse VMXON", n-on, n)
	}
	return e, nil
}

// svmIsOff tells whether the firmware has SVM off, without having locked that:
// then EFER.SVME cannot be set. Without the register nothing turns SVM off. APM
// vol. 2 §15.30.1.
func svmIsOff(m hostMSRs) bool {
	v, err := m.Read(msr.VMCR)
	return err == nil && v&msr.VMCRSVMDisable != 0
}

// pagesForEach is n pages of memory, each by itself, for every processor.
func pagesForEach(n int) ([][]uint64, error) {
	all := make([][]uint64, thread.Count())
	for i := range all {
		for range n {
			pa, err := (vmHost{}).AllocPages(0)
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], pa)
		}
	}
	return all, nil
}

// probeEngines asks every engine whether it can run guests on this machine.
// This file is the one place above the engines that names them.
func probeEngines() []vmm.Probe {
	return []vmm.Probe{
		svm.Probe(processor, hostMSRs{}.Read),
		vmx.Probe(processor, hostMSRs{}.Read),
	}
}
