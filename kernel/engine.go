//go:build tamago

package main

import (
	"fmt"
	"strings"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/svm"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmx"
)

// processor is this machine's CPUID.
var processor cpuid.Func = amd64.CPUID

func processorName() string { return processor.Brand() }

// newEngine makes the engine of this machine and enables this processor for
// it.
func newEngine() (vmm.Engine, error) {
	p := svm.Probe(processor, hostMSRs{}.Read)
	if !p.Usable {
		return nil, fmt.Errorf("this machine cannot run guests: %s", strings.Join(p.Missing, "; "))
	}
	if err := allowSVM(hostMSRs{}); err != nil {
		return nil, err
	}
	e, err := svm.New(processor, vmHost{})
	if err != nil {
		return nil, err
	}
	var pages [svm.EnablePages]uint64
	for i := range pages {
		if pages[i], err = (vmHost{}).AllocPages(0); err != nil {
			return nil, err
		}
	}
	inLayer(func() { svm.Enable(pages) })
	return e, nil
}

// allowSVM lets EFER.SVME be set where the firmware has SVM off but has not
// locked that. APM vol. 2 §15.30.1.
func allowSVM(m hostMSRs) error {
	v, err := m.Read(msr.VMCR)
	if err != nil || v&msr.VMCRSVMDisable == 0 {
		return nil // without the register nothing turns SVM off
	}
	return m.Write(msr.VMCR, v&^msr.VMCRSVMDisable)
}

// probeEngines asks every engine whether it can run guests on this machine.
// This file is the one place above the engines that names them.
func probeEngines() []vmm.Probe {
	return []vmm.Probe{
		svm.Probe(processor, hostMSRs{}.Read),
		vmx.Probe(processor, hostMSRs{}.Read),
	}
}
