// Package gdb is a stub of GDB's remote serial protocol for a guest: gdb
// connects over any stream of bytes and finds the virtual processors as
// threads, with their registers, memory by linear address, breakpoints and
// watchpoints.
//
// The kernel connects a Server with a serial line, and the Server with a Machine;
// docs/debugging.md is the user's page. The protocol is in the GDB manual's appendix E; package packet
// is its wire format. The files: server.go takes packets and waits for the
// guest, command.go finds out what a packet wants, and the others do it.
package gdb

import (
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Target is a machine to debug. Only Interrupt may be called while it runs;
// Attach and Resume begin and end what the rest may be called in between.
// Processors are numbered from 0.
type Target interface {
	// Attach makes the machine stand still.
	Attach() error
	// Detach takes all breakpoints back and lets the machine go on.
	Detach()
	// Kill ends the machine.
	Kill()

	// CPUs is how many processors there are, at least one.
	CPUs() int
	// About is a few words about what a processor does.
	About(cpu int) string
	// State fills in s; SetState takes all of it.
	State(cpu int, s *x86.State)
	SetState(cpu int, s *x86.State)
	// XMM is the SSE registers, to read and to write.
	XMM(cpu int) *[16]x86.XMM

	// Read and Write access memory by linear address, as the processor's
	// page tables say but for permissions. They return how many bytes there
	// were. What Insert has changed does not show.
	Read(cpu int, linear uint64, p []byte) (n int)
	Write(cpu int, linear uint64, p []byte) (n int)
	// Physical reads memory by guest-physical address.
	Physical(gpa uint64, p []byte) (n int)

	// Insert sets a breakpoint for all processors; Remove takes it back.
	Insert(b Breakpoint) error
	Remove(b Breakpoint) error
	// Catch sets what else the machine stops at, or takes it back.
	Catch(c Catch, on bool) error

	// Resume lets processor i do what do[i] says, until Stops gets one Stop
	// and all stand still again.
	Resume(do []Action)
	// Interrupt asks for a Stop soon.
	Interrupt()
	// Stops gets one Stop for each Resume.
	Stops() <-chan Stop
}

// Action is what a processor does when the machine goes on.
type Action = vmm.Action

// The actions.
const (
	Hold     = vmm.Hold // stand still
	Continue = vmm.Continue
	Step     = vmm.Step // one instruction
)

// Breakpoint is a place to stop at.
type Breakpoint struct {
	Kind    Kind
	Address uint64 // linear
	Size    uint64 // bytes watched; of an Execute, what gdb says: nothing
}

// Kind is what a Breakpoint watches for, with the number that it has in the
// packet Z.
type Kind uint8

// The kinds.
const (
	Software Kind = iota // execution; the guest's memory may be changed for it
	Hardware             // execution
	OnWrite
	OnRead
	OnAccess
)

// CatchKind is a kind of event to stop at.
type CatchKind uint8

// The kinds.
const (
	CatchExit      CatchKind = iota // an exit of the given vmm.Reason
	CatchException                  // an exception of the given vector
	CatchTriple                     // a triple fault
)

// Catch is an event to stop at.
type Catch struct {
	Kind   CatchKind
	Number int // reason or vector
}

// Why is the cause of a Stop.
type Why uint8

// The causes.
const (
	Interrupted Why = iota
	Stepped
	AtBreakpoint // Stop.Kind
	Caught       // Stop.Text
	Ended        // the machine has ended; nothing but Detach is left: Stop.Text
)

// Stop says why the machine stands still.
type Stop struct {
	CPU     int
	Why     Why
	Kind    Kind   // of the breakpoint
	Address uint64 // watched, linear
	Text    string // a line for people
}
