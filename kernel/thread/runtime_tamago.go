//go:build tamago && !linux

package thread

import "github.com/ringo-vmm/ringo/amd64"

// TamaGo's Go runtime makes no Linux system calls. It is one thread of the
// layer, which handles its interrupts and reports its faults; the functions
// below are what package kernel's runtime/goos hooks are made of.

// RunOn makes the thread of TamaGo's runtime, which starts when the caller
// leaves for resume. stack is the host-virtual address at the top of its
// stack; memory gives the layer its own pages. The error is ErrMemory.
func RunOn(memory Memory, stack uintptr) error {
	layer.memory = memory
	return firstThread(uint64(stack))
}

// Adopt tells the layer which FS base the runtime has loaded by itself since
// RunOn, once it has. The layer must know before the thread first waits.
func Adopt() {
	base := amd64.ReadMSR(msrFSBase)
	Call(func(base *uint64) { this().current.get().fsbase = *base }, &base)
}

// SleepUntil halts the processor, but for its interrupts, until the given time
// in ns since entry. Inlined in another package it would allocate, which the
// scheduler must not.
//
//go:noinline
func SleepUntil(deadline uint64) {
	Call(func(deadline *uint64) { p := this(); wait(p, p.current.get(), 0, *deadline, 0) }, &deadline)
}

// Exit ends the machine as a Go program's exit code says.
func Exit(code int32) { call(sysExitGroup, uintptr(uint32(code)), 0, 0) }
