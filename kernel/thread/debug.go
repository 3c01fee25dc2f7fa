package thread

import (
	"sync/atomic"

	"github.com/ringo-vmm/ringo/amd64"
)

// The debugger of the kernel itself. A processor that meets a breakpoint, or is
// asked to stop, makes all others stand still by NMI, wherever they are, and
// talks with the debugger; then all go on, or one of them for an instruction.
// Interrupts are off throughout, and no lock is taken: whoever stands still may
// hold any.

// Trap is why a processor stops for the debugger.
type Trap uint8

// The reasons.
const (
	TrapAsked      Trap = iota
	TrapBreakpoint      // INT3
	TrapStep
	TrapWatch // of a debug register
)

// Debugger talks with whoever debugs the kernel. Its methods are layer code.
type Debugger interface {
	// Breakpoint tells whether the debugger has replaced the instruction at a
	// host-virtual address by INT3.
	Breakpoint(va uint64) bool
	// Stopped is called when all processors stand still. watch is the number
	// of a debug register. It returns how they go on: all, or one of them for
	// an instruction.
	Stopped(processor uint32, why Trap, watch int) (step bool, one uint32)
}

// debug is the debugger's. on, only and master are atomic.
var debug struct {
	debugger Debugger
	on       uint32                // 1: processors stand still
	only     uint32                // index plus 1 of the one that moves all the same
	master   uint32                // index plus 1 of the one that talks with the debugger
	still    [maxProcessors]uint32 // 1: it stands still; atomic
	asked    [maxProcessors]uint32 // 1: an NMI is on its way to it; atomic
	context  [maxProcessors]ref    // registers of those that stand still
	stepped  byte                  // first byte of the instruction that is being stepped
	flagIF   uint64                // RFLAGS.IF before that
	lost     uint64                // time for which the machine stood still, in ns
	patience uint64                // until then the others stand still for a step, in ns
	layer    [maxProcessors]thread // registers of processors that meet a trap in the layer
	dr       [4]uint64             // debug registers, for all processors
	dr7      uint64
}

// SetDebugger makes d the debugger.
func SetDebugger(d Debugger) { debug.debugger = d }

// Break stops for the debugger. The caller is in the layer, for the current
// thread or in an interrupt of it.
func Break() {
	p := this()
	p.debug(p.current.get(), TrapAsked, 0)
}

// running is the machine's time without that spent in the debugger, in ns.
func running() uint64 { return layer.machine.Now() - debug.lost }

// trapped handles #BP and #DB with the registers t. It tells false for one that
// is not the debugger's.
func (p *processor) trapped(t *thread, vector amd64.Vector) bool {
	if debug.debugger == nil {
		return false
	}
	if vector == amd64.Breakpoint {
		if !debug.debugger.Breakpoint(t.rip - 1) {
			// Another processor may have met one at the same time, and the
			// debugger have taken this one back meanwhile.
			if !layer.machine.Readable(t.rip-1) || *(*byte)(pointer(uintptr(t.rip - 1))) == int3 {
				return false
			}
			t.rip--
			return true
		}
		t.rip--
		p.debug(t, TrapBreakpoint, 0)
		return true
	}
	status := takeDR6()
	switch {
	case status&dr6Step != 0 && t.rflags&amd64.FlagsTF != 0:
		unstep(t)
		p.debug(t, TrapStep, 0)
	case status&dr6Watches != 0:
		n := 0
		for status>>n&1 == 0 {
			n++
		}
		p.debug(t, TrapWatch, n)
	default:
		return false
	}
	return true
}

// stepTime is how long the others stand still for an instruction, in ns. It may
// need a lock that one of them holds, or a system call may wait.
const stepTime = 100_000_000

// int3 is the instruction that a breakpoint is.
const int3 = 0xcc

// Bits of DR6. APM vol. 2 §13.1.1.3.
const (
	dr6Step    = 1 << 14
	dr6Watches = 0xf
)

// debug stops all processors, lets the debugger look, and goes on as it says.
func (p *processor) debug(t *thread, why Trap, watch int) {
	for !atomic.CompareAndSwapUint32(&debug.master, 0, p.index+1) {
		amd64.Pause() // until the NMI of the one that was first
	}
	if why == TrapBreakpoint && !debug.debugger.Breakpoint(t.rip) {
		atomic.StoreUint32(&debug.master, 0)
		return // taken back while this processor waited
	}
	since := layer.machine.Now()
	loadDR(&debug.dr, 0) // the debugger must not meet its own watchpoints
	debug.context[p.index] = t.ref()
	p.stopAll()
	step, one := debug.debugger.Stopped(p.index, why, watch)
	for step && debug.context[one].get().state == stateIdle {
		// It waits for an interrupt, which is not an instruction's end.
		step, one = debug.debugger.Stopped(one, TrapStep, 0)
	}
	debug.lost += layer.machine.Now() - since
	if step {
		startStep(debug.context[one].get())
		debug.patience = layer.machine.Now() + stepTime
		atomic.StoreUint32(&debug.only, one+1)
		atomic.StoreUint32(&debug.master, 0)
		if one != p.index {
			p.stand(t)
			return
		}
	} else {
		p.goAll()
	}
	loadDR(&debug.dr, debug.dr7)
}

// stopAll makes the others stand still.
func (p *processor) stopAll() {
	atomic.StoreUint32(&debug.only, 0)
	atomic.StoreUint32(&debug.on, 1)
	for i := range uint32(layer.nprocessor) {
		other := processorAt(i)
		if other != p && atomic.LoadUint32(&debug.still[i]) == 0 && atomic.LoadUint32(&other.stopped) == 0 {
			debug.context[i] = 0
			atomic.StoreUint32(&debug.asked[i], 1)
			layer.machine.NMI(other.apicID)
		}
	}
	p.awaitStill(1)
}

// goAll lets all go on, and returns when they have seen it.
func (p *processor) goAll() {
	atomic.StoreUint32(&debug.on, 0)
	p.awaitStill(0)
	atomic.StoreUint32(&debug.master, 0)
}

// awaitStill waits until all others stand still, or go; one that does not answer
// is left alone.
func (p *processor) awaitStill(want uint32) {
	until := layer.machine.Now() + stopTime
	for i := range uint32(layer.nprocessor) {
		other := processorAt(i)
		for other != p && atomic.LoadUint32(&debug.still[i]) != want && atomic.LoadUint32(&other.stopped) == 0 && layer.machine.Now() < until {
			amd64.Pause()
		}
	}
}

// stand stands still with the registers t until the debugger lets p go on.
func (p *processor) stand(t *thread) {
	debug.context[p.index] = t.ref()
	atomic.StoreUint32(&debug.still[p.index], 1)
	for atomic.LoadUint32(&debug.on) != 0 {
		if only := atomic.LoadUint32(&debug.only); only == p.index+1 || only != 0 && layer.machine.Now() > debug.patience {
			break
		}
		amd64.Pause()
	}
	loadDR(&debug.dr, debug.dr7)
	atomic.StoreUint32(&debug.still[p.index], 0)
}

// called tells whether an NMI was the debugger's call, which it follows.
func (p *processor) called(t *thread) bool {
	if atomic.SwapUint32(&debug.asked[p.index], 0) == 0 {
		return false
	}
	p.stand(t)
	return true
}

// Instructions that say themselves what RFLAGS.IF is afterwards. APM vol. 3.
const (
	opCLI  = 0xfa
	opSTI  = 0xfb
	opPOPF = 0x9d
	opIRET = 0xcf
	opREXW = 0x48 // before IRETQ
	opHLT  = 0xf4
)

// startStep has the processor with the registers t execute one instruction. No
// interrupt may come before, whose handler would run in its place.
func startStep(t *thread) {
	debug.stepped = 0
	if layer.machine.Readable(t.rip) {
		debug.stepped = *(*byte)(pointer(uintptr(t.rip)))
	}
	if debug.stepped == opHLT {
		t.rip++ // nothing would end it
		debug.stepped = *(*byte)(pointer(uintptr(t.rip)))
	}
	debug.flagIF = t.rflags & amd64.FlagsIF
	t.rflags = t.rflags&^amd64.FlagsIF | amd64.FlagsTF
}

// unstep undoes startStep.
func unstep(t *thread) {
	t.rflags &^= amd64.FlagsTF
	switch debug.stepped {
	case opPOPF, opIRET, opREXW, opCLI:
	case opSTI:
		t.rflags |= amd64.FlagsIF
	default:
		t.rflags |= debug.flagIF
	}
}

// DebugRegisters fills in r with a processor's registers while all stand still,
// or after the machine has ended.
func DebugRegisters(processor uint32, r *Registers) {
	p := processorAt(processor)
	t := debug.context[processor].get()
	if debug.context[processor] == 0 || ending.Load() != 0 {
		var index uint32
		for n := range layer.nprocessor {
			if index, _ = Stopped(n, r); index == processor {
				return
			}
		}
		t = p.current.get()
	}
	t.registers(r)
	if t.state == stateFree { // it is no thread's
		r.FSBase = p.fsbase
	}
}

// SetDebugRegisters takes r, but for FSBase.
func SetDebugRegisters(processor uint32, r *Registers) {
	if debug.context[processor] == 0 {
		return
	}
	t := debug.context[processor].get()
	t.rax, t.rcx, t.rdx, t.rbx, t.rsp, t.rbp, t.rsi, t.rdi = r.GPR[0], r.GPR[1], r.GPR[2], r.GPR[3], r.GPR[4], r.GPR[5], r.GPR[6], r.GPR[7]
	t.r8, t.r9, t.r10, t.r11, t.r12, t.r13, t.r14, t.r15 = r.GPR[8], r.GPR[9], r.GPR[10], r.GPR[11], r.GPR[12], r.GPR[13], r.GPR[14], r.GPR[15]
	t.rip, t.rflags = r.RIP, r.RFLAGS
}

// DebugThread is the number of the thread that a processor runs, 0 when it
// idles.
func DebugThread(processor uint32) uint32 { return processorAt(processor).current.get().tid }

// Bits of DR7. APM vol. 2 §13.1.1.4.
const (
	dr7Enable   = 2 // global, of register 0; two bits each
	dr7Fields   = 16
	dr7Write    = 1
	dr7Access   = 3
	dr7PerWatch = 4
)

// sizeField is DR7's code for a size in bytes.
var sizeField = [9]uint64{1: 0, 2: 1, 4: 3, 8: 2}

// Watch sets debug register n for all processors, from when they go on: size
// bytes, 1, 2, 4 or 8, at a multiple of that; 0 takes it back. An exit of a guest
// clears DR7, so a processor that runs guests forgets it.
func Watch(n int, va, size uint64, reads bool) {
	n &= 3
	debug.dr7 &^= dr7Enable<<(2*n) | 0xf<<(dr7Fields+dr7PerWatch*n)
	debug.dr[n] = va
	if size == 0 || size > 8 {
		return
	}
	kind := uint64(dr7Write)
	if reads {
		kind = dr7Access
	}
	debug.dr7 |= dr7Enable<<(2*n) | (kind|sizeField[size]<<2)<<(dr7Fields+dr7PerWatch*n)
}
