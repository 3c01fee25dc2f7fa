package svm

import "github.com/ringo-vmm/ringo/amd64/cpuid"

// features is what this processor's SVM can do beyond the least. Each has a
// software path, and which one is taken is decided once. APM vol. 2 §15.4,
// CPUID Fn8000_000A.
type features struct {
	nextRIP       bool   // the next instruction's address is saved
	decodeAssists bool   // instruction bytes and operands are saved
	flushByASID   bool   // TLBFlushASID works
	cleanBits     bool   // unchanged state need not be read again
	pauseFilter   bool   // PAUSE exits only in loops
	virtualGIF    bool   // the guest may have a GIF of its own
	specCtrl      bool   // SPEC_CTRL is switched by VMRUN
	xsave         bool   // the processor has XSAVE
	asids         uint32 // address space identifiers, of which 0 is the host's
}

func readFeatures(cpu cpuid.Func) features {
	info, _ := cpu.SVMInfo()
	return features{
		nextRIP:       cpu.Has(cpuid.NRIPSave),
		decodeAssists: cpu.Has(cpuid.DecodeAssists),
		flushByASID:   cpu.Has(cpuid.FlushByASID),
		cleanBits:     cpu.Has(cpuid.VMCBClean),
		pauseFilter:   cpu.Has(cpuid.PauseFilter),
		virtualGIF:    cpu.Has(cpuid.VGIF),
		specCtrl:      cpu.Has(cpuid.SpecCtrlVirt),
		xsave:         cpu.Has(cpuid.XSAVE),
		asids:         info.ASIDs,
	}
}
