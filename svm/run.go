package svm

import (
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// context is a guest processor as run sees it: what the VMCB does not hold.
// run_amd64.s knows the fields by name.
type context struct {
	// state has the general registers, RAX and RSP too, at its beginning;
	// Look brings more of it up to date.
	state x86.State
	vmcb  uint64 // host-physical address of the VMCB, mapped at itself
	xmm   [16]x86.XMM
	mxcsr uint32
	_     uint32
	fpu   uint64 // host-physical address of its XSAVE area, mapped at itself
	host  uint64 // the processor's own page for VMLOAD, while the guest runs

	tscAux   uint32 // TSC_AUX, which is the last guest's that ran
	hasAux   uint32 // not 0: the processor has it
	bell     *vmm.Bell
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
	extraArm                  // DR7, before and after: VMRUN of QEMU loads it and does not watch
	extraCR2                  // CR2, before the next entry: Bochs' VMRUN does not load it
)

// The assembly has the general registers at offset 0 of the state.
const _ = -unsafe.Offsetof(x86.State{}.GPR)

// areaXCR0 is where in a guest's XSAVE area its XCR0 is while the processor has
// not got it: in the bytes that software may use. It is 0 on a processor
// without XSAVE. The processor's own is what counts while the guest's state is
// in it, since not every one intercepts XSETBV. APM vol. 2 §11.5.5.
//
// areaAllXCR0 is where all parts of the state are that guests can turn on. All
// of them are saved and loaded, on or off.
const (
	areaXCR0     = 464
	areaAllXCR0  = 472
	areaXSTATEBV = 512
)

// Offsets from GS base, for run_amd64.s.
const (
	gsFSBase   = amd64.PerCPUFSBase
	gsEngine   = amd64.PerCPUEngine
	gsFPUOwner = amd64.PerCPUFPUOwner

	gsSelf       = amd64.PerCPUSelf
	gsGeneration = amd64.PerCPUGeneration
)
