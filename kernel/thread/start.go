//go:build tamago

package thread

import (
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
)

func entries() (syscall, exceptions, interrupts, aborts, go0 uintptr)

// MSRs that SYSCALL and the layer's segments use. AMD APM vol. 2 §6.1.1.
const (
	msrSTAR   = 0xc0000081
	msrLSTAR  = 0xc0000082
	msrSFMASK = 0xc0000084
	msrFSBase = 0xc0000100
	msrGSBase = 0xc0000101
)

var idt amd64.IDT

// InitProcessor makes the calling processor the layer's, with AreaPages pages
// of zeroed memory at host-virtual address area. From here on its faults and
// interrupts are handled; interrupts stay off. The first processor also fills
// the interrupt descriptor table. The others come one by one, each up to Join,
// and there are at most MaxProcessors.
func InitProcessor(area uintptr, apicID uint32) {
	syscall, exceptions, interrupts, aborts, _ := entries()
	index := layer.nprocessor
	first := index == 0
	if first {
		fillIDT(exceptions, interrupts, aborts)
	}
	p := initArea(area, uint32(index), apicID)
	amd64.LoadGDT(area+offGDT, amd64.GDTSize)
	amd64.LoadIDT(uintptr(unsafe.Pointer(&idt)), amd64.IDTSize)
	amd64.LoadTR(amd64.SelectorTSS)
	amd64.WriteMSR(msrGSBase, uint64(area))
	if hasFSGSBase() {
		amd64.WriteCR4(amd64.ReadCR4() | amd64.CR4FSGSBASE)
		p.fsgsbase = 1
	}
	setFSBase(p, p.tls)
	amd64.WriteMSR(msrSTAR, amd64.SelectorCode<<32)
	amd64.WriteMSR(msrLSTAR, uint64(syscall))
	amd64.WriteMSR(msrSFMASK, amd64.FlagsIF|amd64.FlagsTF|amd64.FlagsDF|amd64.FlagsNT|amd64.FlagsAC)
	if first {
		join(p)
	}
}

// Join makes the calling processor, which is not the first and has gone through
// InitProcessor, run threads. The caller then leaves for resume.
func Join() {
	p := this()
	p.lock()
	join(p)
	leave(p)
}

// MaxProcessors is how many processors the layer can run.
const MaxProcessors = maxProcessors

func hasFSGSBase() bool {
	if top, _, _, _ := amd64.CPUID(0, 0); top < 7 {
		return false
	}
	_, ebx, _, _ := amd64.CPUID(7, 0)
	return ebx&1 != 0
}

func fillIDT(exceptions, interrupts, aborts uintptr) {
	for v := range idt {
		gate := amd64.InterruptGate(interrupts+uintptr(v-amd64.Exceptions)*gateBytes, istInterrupt)
		if v < amd64.Exceptions {
			gate = amd64.InterruptGate(exceptions+uintptr(v)*gateBytes, istFault)
		}
		switch abort := aborts + uintptr(v)*gateBytes; amd64.Vector(v) {
		case amd64.DoubleFault:
			gate = amd64.InterruptGate(abort, istDouble)
		case amd64.NMI:
			gate = amd64.InterruptGate(abort, istNMI)
		case amd64.MachineCheck:
			gate = amd64.InterruptGate(abort, istMachine)
		}
		idt[v] = gate
	}
}

// Init gives the layer its machine, which it needs to report faults, and starts
// the watchdog.
func Init(m Machine) { layer.machine, layer.slack, layer.watch = m, sleepSlack, true }

// sleepSlack is what a sleep may take longer than asked for, in ns. The Go
// runtime's monitor sleeps for 20 µs at a time when goroutines run for long, as
// guests do, and each of its wake-ups would cost the guest two exits.
const sleepSlack = 200_000

// Run makes the Go runtime's first thread, which starts when the caller leaves
// for resume. Its stack is as Linux leaves it; its environment is env, words
// of the form NAME=value. From here on memory provides the runtime's address
// space. The error is ErrMemory.
func Run(memory Memory, env [][]byte) error {
	layer.memory = memory
	// The pages around the stack stay unmapped.
	base, ok := memory.Reserve(mainStack + 2*pageSize)
	if !ok || !memory.Map(base+pageSize, mainStack) {
		return ErrMemory
	}
	return firstThread(initialStack(uintptr(base+pageSize+mainStack), env, makeVDSO()))
}

// firstThread makes the thread that enters the Go runtime with the given stack
// pointer, once layer.memory is there.
func firstThread(stack uint64) error {
	_, _, _, _, go0 := entries()
	t := newThread()
	if t == nil {
		return ErrMemory
	}
	p := processorAt(0)
	t.rip, t.rflags = uint64(go0), amd64.FlagsFixed|amd64.FlagsIF
	t.rsp = stack
	t.fsbase = p.tls
	t.stack.flags = altStackDisable
	t.state = stateRunning
	p.current = t.ref()
	return nil
}
