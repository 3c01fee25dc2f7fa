package vmx

import (
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// context is a guest processor as run sees it. run_amd64.s knows the fields by
// name.
type context struct {
	// state has the general registers, RSP too, at its beginning; Look
	// brings more of it up to date.
	state x86.State
	xmm   [16]x86.XMM
	mxcsr uint32
	_     uint32

	vmcs     uint64  // host-physical address, mapped at itself
	fpu      uint64  // of its XSAVE area, likewise
	apic     uint64  // of its virtual-APIC page, likewise
	tpr      *uint32 // the task priority in there
	host     uint64  // of the processor on which the VMCS is loaded; 0: on none
	launched uint64  // not 0: VMRESUME, not VMLAUNCH
	hostFS   uint64  // what the VMCS has for FS base
	hostRSP  uint64  // and for RSP

	// In and out.
	rip, flags, shadow, cr2 uint64
	// In: what to inject; 0 for nothing.
	event, eventCode, eventLength uint64
	// In: what the VMCS does not have yet, and how much else is switched.
	dirty, extra uint64
	primary      uint64 // the primary controls
	// Out: why the guest stopped.
	reason, qualification, gpa, length, vectoring uint64
	result                                        uint64 // whether it ran at all

	bell *vmm.Bell

	guest    guest
	look     look
	controls controls

	invept, invvpid uint64    // types of the instructions
	eptDescriptor   [2]uint64 // operand of INVEPT
	vpidDescriptor  [2]uint64

	tscAux   uint32 // TSC_AUX, which is the last guest's that ran
	hasAux   uint32 // not 0: the processor has it
	barrier  uint32 // not 0: IBPB when another guest ran before
	_        uint32
	specCtrl uint64 // while extraSpecCtrl is set
	dr       [4]uint64
	dr6      uint64

	entered, left uint64 // TSC before the entry and after the exit
}

// What context.result says.
const (
	resultExit    = iota
	resultRefused // the processor has refused the instruction
	resultBell    // the bell rang before the entry
)

// Bits of context.dirty.
const (
	dirtyPrimary  = 1 << iota
	dirtyGuest    // context.guest
	dirtyControls // context.controls
)

// Bits of context.extra.
const (
	extraLoadDR   = 1 << iota // DR0 to DR3 and DR6, before
	extraSaveDR               // and after
	extraSpecCtrl             // SPEC_CTRL
	extraFlush                // drop the guest's translations, before
)

// processor is a page of each processor's own.
type processor struct {
	current uint64 // the VMCS that is current, host-physical; 0 for none
	host    host
	msrs    [switchedMSRs]msrEntry
}

// msrEntry is one of a list of MSRs that an entry or exit loads. SDM vol. 3
// table 24-11. The lists are 16-byte aligned.
type msrEntry struct {
	number, _ uint32
	value     uint64
}

// The assembly has the general registers at offset 0 of the state.
const _ = -unsafe.Offsetof(x86.State{}.GPR)

// Where the state has what readLook reads into it.
const (
	stateCR3    = unsafe.Offsetof(x86.State{}.CR3)
	stateEFER   = unsafe.Offsetof(x86.State{}.EFER)
	stateCSBase = unsafe.Offsetof(x86.State{}.Seg) + x86.CS*unsafe.Sizeof(x86.Segment{}) + unsafe.Offsetof(x86.Segment{}.Base)
)

// Places in a guest's XSAVE area, in the bytes that software may use, for what
// the processor has while the guest's state is in it: XCR0, 0 on a processor
// without XSAVE, and KERNEL_GS_BASE, which the host does not use. areaAllXCR0 is
// where all parts of the state are that guests can turn on. All of them are
// saved and loaded, on or off.
const (
	areaXCR0     = 464
	areaAllXCR0  = 472
	areaKernelGS = 480
)

// Offsets from GS base, for run_amd64.s.
const (
	gsFSBase   = amd64.PerCPUFSBase
	gsEngine   = amd64.PerCPUEngine
	gsFPUOwner = amd64.PerCPUFPUOwner
)

// Sizes of lists, for run_amd64.s.
const (
	nGuest    = guestWords
	nControls = controlWords
	nHost     = hostWords
)
