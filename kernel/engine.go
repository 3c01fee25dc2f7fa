//go:build tamago

package main

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/svm"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmx"
)

// processor is this machine's CPUID.
var processor cpuid.Func = amd64.CPUID

func processorName() string { return processor.Brand() }

// probeEngines asks every engine whether it can run guests on this machine.
// This file is the one place above the engines that names them.
func probeEngines() []vmm.Probe {
	return []vmm.Probe{
		svm.Probe(processor, hostMSRs{}.Read),
		vmx.Probe(processor, hostMSRs{}.Read),
	}
}
