//go:build tamago

package svm

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/msr"
)

// EnablePages is how many pages Enable takes, each by itself.
const EnablePages = 2

// Enable makes this processor run guests. It takes two zeroed pages by their
// host-physical address: the one where VMRUN saves the host's state, and the
// one for what VMRUN does not save. It runs with interrupts off, after the
// processor's task register is loaded. A processor whose firmware has disabled
// SVM faults; Probe tells before. APM vol. 2 §15.4, §15.30.1.
func Enable(pages [EnablePages]uint64) {
	amd64.WriteMSR(msr.EFER, amd64.ReadMSR(msr.EFER)|msr.EFERSVME)
	if _, _, ecx, _ := amd64.CPUID(1, 0); ecx&hasXSAVE != 0 {
		amd64.WriteCR4(amd64.ReadCR4() | amd64.CR4OSXSAVE)
	}
	amd64.WriteMSR(msr.VMHSavePA, pages[0])
	vmsave(pages[1])
	setEngine(pages[1])
}

// hasXSAVE is a bit of CPUID leaf 1, ECX.
const hasXSAVE = 1 << 26

// setEngine stores the page for VMLOAD in this processor's data.
func setEngine(page uint64)
