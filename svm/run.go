package svm

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// context is a guest processor as run sees it: what the VMCB does not hold.
// run_amd64.s knows the fields by name.
type context struct {
	vmcb  uint64     // host-physical address of the VMCB, mapped at itself
	regs  [16]uint64 // general registers by hardware number, RAX and RSP too
	xmm   [16]x86.XMM
	mxcsr uint32
	_     uint32
	fpu   uint64 // host-physical address of its XSAVE area, mapped at itself
	xcr0  uint64 // 0 on a processor without XSAVE

	extra    uint32    // what else is switched
	barrier  uint32    // not 0: IBPB when another guest ran before
	specCtrl uint64    // while extraSpecCtrl is set
	dr       [4]uint64 // DR0 to DR3

	entered, left uint64 // TSC before VMRUN and after it
}

// Bits of context.extra.
const (
	extraLoadDR   = 1 << iota // DR0 to DR3, before
	extraSaveDR               // and after
	extraSpecCtrl             // SPEC_CTRL
)

// Offsets from GS base, for run_amd64.s.
const (
	gsFSBase   = amd64.PerCPUFSBase
	gsEngine   = amd64.PerCPUEngine
	gsFPUOwner = amd64.PerCPUFPUOwner
)
