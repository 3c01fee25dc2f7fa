package vmm

import (
	"errors"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Engine runs guests on one vendor's hardware. It is the seam: above it nobody
// knows the vendor, below it nobody knows what a virtual machine is.
type Engine interface {
	// Name is the name of the engine's package.
	Name() string
	// NewSpace makes an empty guest-physical address space.
	NewSpace() (Space, error)
	// NewCPU makes a guest processor in a space that the engine made. Its
	// state is that of power-on.
	NewCPU(s Space) (CPU, error)
}

// Bell calls a processor out of its guest: it rings while a word is not 0. The
// engines read both at once.
type Bell struct {
	_         [0]uint64     // for the alignment
	Attention atomic.Uint32 // somebody wants something
	Rang      atomic.Uint32 // the host's alarm has gone off
}

// Space is a guest-physical address space: nested page tables. What is not
// mapped exits with ReasonMemory.
type Space interface {
	// Map makes size bytes at guest-physical address gpa the host memory at
	// host-physical address hpa, in the largest pages that the alignment of
	// both allows. Without write they can only be read and executed.
	Map(gpa, hpa, size uint64, write bool) error
	// Unmap takes a range away.
	Unmap(gpa, size uint64) error
	// Harvest calls used for each page that has a part in a range and that
	// the guest's processors have used since they were last harvested, with
	// the page's guest-physical address, its size in bytes, and whether it
	// was written to. What processors have cached of those pages may keep
	// them from being seen the next time, until CPU.FlushTLB. It fails with
	// ErrNoUsage.
	Harvest(gpa, size uint64, used func(gpa, size uint64, written bool)) error
	// Close frees the tables. No processor may use the space any more.
	Close()
}

// ErrNoUsage is Harvest's where it cannot be told.
var ErrNoUsage = errors.New("this processor does not note which pages a guest uses: its nested page tables have no accessed and dirty flags")

// CPU is a guest processor. One goroutine at a time uses it, on one processor
// until it calls Leave.
type CPU interface {
	// Run enters the guest and says in e why it came back.
	Run(e *Exit)
	// Watch gives the processor a bell. While it rings Run does not enter
	// the guest, but returns ReasonHost. It is looked at when no interrupt
	// can come any more, so that what rings it is not overlooked.
	Watch(b *Bell)

	// GPR is the general registers by hardware number. It is the same
	// array for the processor's lifetime.
	GPR() *[16]uint64
	// XMM is the SSE registers, likewise.
	XMM() *[16]x86.XMM
	// RIP is the offset of the next instruction in the code segment.
	RIP() uint64
	// Flags is RFLAGS.
	Flags() uint64
	// Skip goes on behind an instruction of the given length that software
	// has executed. It returns RFLAGS.
	Skip(length uint8) (flags uint64)

	// State fills in s; SetState takes all of it. A state that no
	// processor can be in is found out by Run: ReasonInvalid.
	State(s *x86.State)
	SetState(s *x86.State)

	// Look is the processor's state as far as most instructions need it:
	// general registers, RIP, RFLAGS, CPL, CR0, CR3, CR4, EFER, and base and
	// attributes of CS. It is always the same State, and its general
	// registers are the processor's own.
	Look() *x86.State
	// LookSegments makes the segments in it current, all of them.
	LookSegments()
	// Retire takes RIP and RFLAGS from there, after software has executed
	// an instruction.
	Retire()

	// CanInterrupt tells whether an interrupt would be taken at the next
	// entry, CanNMI whether an NMI would: no event waits to be delivered,
	// and the guest does not hold it off. When CanNMI has said no,
	// ReasonNMIWindow comes as soon as it would say yes.
	CanInterrupt() bool
	CanNMI() bool
	// Interrupt, NMI and Exception queue an event for the next entry. The
	// caller has asked CanInterrupt or CanNMI; an exception joins one that
	// was being delivered as the architecture says (double fault).
	Interrupt(vector uint8)
	NMI()
	Exception(vector uint8, code uint32, hasCode bool)
	// Delivered says that software has delivered the event that was queued.
	Delivered()
	// CR8 is the guest's task priority: the moves to and from CR8 are the
	// guest's own, where the hardware can do that, and exit with
	// ReasonControl elsewhere. SetCR8 sets it. ExitBelow asks for an exit
	// when the guest makes it less than v, with ReasonWindow, or ReasonControl
	// in front of the move; 0 takes the request back. Raised is a byte that
	// is 0 while CR8 is 0, for those in a hurry. It is the same byte for the
	// processor's lifetime.
	Raised() *uint8
	CR8() uint8
	SetCR8(v uint8)
	ExitBelow(v uint8)
	// Window asks for ReasonWindow as soon as the guest can take an
	// interrupt, or takes the request back.
	Window(on bool)

	// SetTSCOffset sets what is added to the time-stamp counter for the
	// guest.
	SetTSCOffset(offset uint64)
	// Debug is for a debugger; nil ends it.
	Debug(d *Debug)
	// Leave makes the host's processor give up what it holds of the guest.
	// Whoever has run the guest calls it, on that processor, before anybody
	// else uses the CPU or the guest runs on another.
	Leave()
	// FlushTLB drops the guest's translations before the next entry.
	FlushTLB()
	// Raw is what the hardware said of the last exit: its code, and two
	// words of information. It is for people.
	Raw() (code, info1, info2 uint64)
	// Why is what is wrong with the state after ReasonInvalid.
	Why() error
	// Close frees the processor.
	Close()
}

// Frames is the host memory that engines need: tables and blocks that hardware
// reads. Memory is mapped at its host-physical address.
type Frames interface {
	// AllocPages is 1<<order zeroed pages of 4 KiB, contiguous and aligned
	// to their size, by host-physical address.
	AllocPages(order int) (pa uint64, err error)
	// FreePages takes them back.
	FreePages(pa uint64, order int)
	// Exclusive runs f with interrupts off, on the processor of the caller.
	// f must not allocate, block or store pointers.
	Exclusive(f func())
}
