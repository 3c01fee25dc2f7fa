//go:build tamago

package main

import (
	"errors"
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
	if err := allowSVM(hostMSRs{}); err != nil {
		return nil, err
	}
	e, err := svm.New(processor, vmHost{})
	if err != nil {
		return nil, err
	}
	var pages [svm.EnablePages]uint64
	if err := allocEach(pages[:]); err != nil {
		return nil, err
	}
	inLayer(func() { svm.Enable(pages) })
	return e, nil
}

func newVMX() (vmm.Engine, error) {
	e, err := vmx.New(processor, hostMSRs{}.Read, vmHost{})
	if err != nil {
		return nil, err
	}
	var pages [vmx.EnablePages]uint64
	if err := allocEach(pages[:]); err != nil {
		return nil, err
	}
	var ok bool
	inLayer(func() { ok = e.Enable(pages) })
	if !ok {
		return nil, errors.New("vmx: the processor refuses VMXON")
	}
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

// allocEach fills pages with a page each.
func allocEach(pages []uint64) (err error) {
	for i := range pages {
		if pages[i], err = (vmHost{}).AllocPages(0); err != nil {
			return err
		}
	}
	return nil
}

// probeEngines asks every engine whether it can run guests on this machine.
// This file is the one place above the engines that names them.
func probeEngines() []vmm.Probe {
	return []vmm.Probe{
		svm.Probe(processor, hostMSRs{}.Read),
		vmx.Probe(processor, hostMSRs{}.Read),
	}
}
