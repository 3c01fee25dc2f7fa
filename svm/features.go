package svm

import "github.com/ringo-vmm/ringo/amd64/cpuid"

// features is what this processor's SVM can do beyond the least. Each has a
// software path, and which one is taken is decided once. Next RIP and
// instruction bytes need no decision: they are 0 where they are not saved. APM
// vol. 2 §15.4, CPUID Fn8000_000A.
type features struct {
	decodeAssists bool   // the operands of moves to control registers are saved
	flushByASID   bool   // TLBFlushASID works
	cleanBits     bool   // unchanged state need not be read again
	pauseFilter   bool   // PAUSE exits only in loops
	virtSpecCtrl  bool   // VMRUN and #VMEXIT switch SPEC_CTRL
	barrier       bool   // IBPB, a command of PRED_CMD
	tscAux        bool   // the processor has TSC_AUX
	xsave         bool   // the processor has XSAVE
	redelivers    bool   // see virtual.go
	asids         uint32 // address space identifiers, of which 0 is the host's
}

func readFeatures(cpu cpuid.Func) features {
	info, _ := cpu.SVMInfo()
	return features{
		decodeAssists: cpu.Has(cpuid.DecodeAssists),
		flushByASID:   cpu.Has(cpuid.FlushByASID),
		cleanBits:     cpu.Has(cpuid.VMCBClean),
		pauseFilter:   cpu.Has(cpuid.PauseFilter),
		virtSpecCtrl:  cpu.Has(cpuid.SpecCtrlVirt),
		barrier:       hasAny(cpu, "IBPB", "IBRS_IBPB"),
		tscAux:        hasAny(cpu, "RDTSCP", "RDPID"),
		xsave:         cpu.Has(cpuid.XSAVE),
		redelivers:    isTCG(cpu),
		asids:         info.ASIDs,
	}
}
