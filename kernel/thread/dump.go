package thread

import (
	"runtime"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/klog"
)

// What the layer prints before it stops the machine: a fault that is nobody's
// business ends everything, so it must tell everything.

// abortFrame is what entry_amd64.s pushes for an exception that cannot be
// anybody's: the registers, and what the processor pushed.
type abortFrame struct {
	rax, rbx, rcx, rdx, rsi, rdi, rbp    uint64
	r8, r9, r10, r11, r12, r13, r14, r15 uint64
	gate, code, rip, cs, rflags, rsp, ss uint64
}

// abortFrom handles a fault in the layer, a double fault, an NMI or a machine
// check. It returns only from an NMI that somebody expected, and from what is the
// debugger's.
func abortFrom(p *processor, f *abortFrame) {
	vector := amd64.Vector(f.gate / gateBytes)
	t := p.aborted()
	f.load(t)
	if vector == amd64.NMI && p.seen() {
		return
	}
	if vector == amd64.NMI && p.called(t) {
		f.save(t)
		return
	}
	if vector == amd64.Debug || vector == amd64.Breakpoint {
		own := &debug.layer[p.index] // an NMI may come meanwhile
		f.load(own)
		if p.trapped(own, vector) {
			f.save(own)
			return
		}
	}
	if vector == amd64.NMI && endedByAnother(p) {
		halt(p)
		return
	}
	why := StopLayer
	switch vector {
	case amd64.DoubleFault:
		why = StopDoubleFault
	case amd64.NMI, amd64.MachineCheck:
		why = StopNMI
	}
	end(line().Str("ringo: panic: ").Str(vector.String()).Str(" on processor ").Dec(uint64(p.index)))
	die(p, t, f.code, faultAddress(), why)
}

// load copies the frame to a thread's registers, save back from there.
func (f *abortFrame) load(t *thread) {
	t.rax, t.rbx, t.rcx, t.rdx, t.rsi, t.rdi, t.rbp = f.rax, f.rbx, f.rcx, f.rdx, f.rsi, f.rdi, f.rbp
	t.r8, t.r9, t.r10, t.r11, t.r12, t.r13, t.r14, t.r15 = f.r8, f.r9, f.r10, f.r11, f.r12, f.r13, f.r14, f.r15
	t.rip, t.rflags, t.rsp = f.rip, f.rflags, f.rsp
}

func (f *abortFrame) save(t *thread) {
	f.rax, f.rbx, f.rcx, f.rdx, f.rsi, f.rdi, f.rbp = t.rax, t.rbx, t.rcx, t.rdx, t.rsi, t.rdi, t.rbp
	f.r8, f.r9, f.r10, f.r11, f.r12, f.r13, f.r14, f.r15 = t.r8, t.r9, t.r10, t.r11, t.r12, t.r13, t.r14, t.r15
	f.rip, f.rflags, f.rsp = t.rip, t.rflags, t.rsp
}

// fatalFault stops for an exception in a thread that no handler takes.
func fatalFault(p *processor, t *thread, vector amd64.Vector, code, va uint64) {
	end(line().Str("ringo: panic: ").Str(vector.String()).Str(" outside Go code, thread ").Dec(uint64(t.tid)))
	die(p, t, code, va, StopSignal)
}

// fatalSignal stops for a signal whose default is to end the program; the
// runtime sends itself one when it gives up.
func fatalSignal(p *processor, t *thread, signal uint64) {
	end(line().Str("ringo: panic: signal ").Dec(signal).Str(" from thread ").Dec(uint64(t.tid)))
	die(p, t, 0, 0, StopPanic)
}

// outOfMemory stops because the runtime touched a page and no frame is left.
func outOfMemory(p *processor, t *thread, va uint64) {
	end(line().Str("ringo: panic: out of memory: no frame for the Go heap"))
	die(p, t, 0, va, StopNoMemory)
}

// unexpected stops for an interrupt that no driver expects.
func unexpected(p *processor, vector uint8) {
	end(line().Str("ringo: panic: unexpected interrupt, vector 0x").Hex(uint64(vector), 2))
	die(p, p.current.get(), 0, 0, StopInterrupt)
}

// silent stops because a processor does not answer.
func silent(p, other *processor) {
	end(line().Str("ringo: panic: processor ").Dec(uint64(other.index)).Str(" does not answer"))
	die(p, other.current.get(), 0, 0, StopLayer)
}

func logUnknown(number uint64) {
	end(line().Str("thread: system call ").Dec(number).Str(" is not implemented"))
}

// die prints the state of t, the back trace and all threads, and stops. A
// fault while it does so stops at once. Another processor that dies meanwhile
// just halts.
func die(p *processor, t *thread, code, va uint64, why Stop) {
	if !stopOthers(p) {
		end(line().Str("and again while reporting it, at ").Hex(t.rip, 16).Str(" address ").Hex(va, 16))
		layer.machine.Stop(why)
	}
	dying = t.ref()
	l := line().Str("error code ").Hex(code, 1).Str("  address ").Hex(va, 16).Str("  at ")
	symbol(l, t.rip)
	end(l)
	end(line().Str("rax ").Hex(t.rax, 16).Str(" rbx ").Hex(t.rbx, 16).Str(" rcx ").Hex(t.rcx, 16).Str(" rdx ").Hex(t.rdx, 16))
	end(line().Str("rsi ").Hex(t.rsi, 16).Str(" rdi ").Hex(t.rdi, 16).Str(" rbp ").Hex(t.rbp, 16).Str(" rsp ").Hex(t.rsp, 16))
	end(line().Str("r8  ").Hex(t.r8, 16).Str(" r9  ").Hex(t.r9, 16).Str(" r10 ").Hex(t.r10, 16).Str(" r11 ").Hex(t.r11, 16))
	end(line().Str("r12 ").Hex(t.r12, 16).Str(" r13 ").Hex(t.r13, 16).Str(" r14 ").Hex(t.r14, 16).Str(" r15 ").Hex(t.r15, 16))
	end(line().Str("rip ").Hex(t.rip, 16).Str(" flg ").Hex(t.rflags, 16).Str(" cr3 ").Hex(pageTables(), 16).Str(" fs  ").Hex(t.fsbase, 16))
	backTrace(t.rip, t.rbp)
	processorTable(p)
	threadTable()
	layer.machine.Stop(why)
}

// maxFrames bounds a back trace, whose links may be broken.
const maxFrames = 32

// backTrace follows the frame pointers that Go keeps in RBP.
func backTrace(rip, rbp uint64) {
	end(line().Str("back trace:"))
	for i := 0; i < maxFrames && rip != 0; i++ {
		l := line().Str("  ")
		symbol(l, rip)
		end(l)
		if rbp == 0 || rbp%8 != 0 || !layer.machine.Readable(rbp) || !layer.machine.Readable(rbp+8) {
			return
		}
		frame := (*[2]uint64)(pointer(uintptr(rbp)))
		if frame[0] <= rbp && frame[0] != 0 {
			return
		}
		// The call is before the return address.
		rbp, rip = frame[0], frame[1]-1
	}
}

// symbol writes an address of code with its function, file and line.
func symbol(l *klog.Line, pc uint64) {
	l.Hex(pc, 16)
	info := findfunc(uintptr(pc))
	f := info.function
	if f == nil {
		return
	}
	l.Byte(' ').Str(info.name()).Str("+0x").Hex(pc-uint64(f.Entry()), 1)
	file, line := f.FileLine(uintptr(pc))
	l.Byte(' ').Str(base(file)).Byte(':').Dec(uint64(line))
}

// findfunc is the runtime's own lookup. runtime.FuncForPC, which is made of
// it, allocates for inlined code.
//
//go:linkname findfunc runtime.findfunc
func findfunc(pc uintptr) funcInfo

// funcInfo is runtime.funcInfo.
type funcInfo struct {
	function *runtime.Func
	module   unsafe.Pointer
}

// Where a function and its module tell the name, as offsets in runtime._func
// and runtime.moduledata, which TestNameOffsets checks.
const (
	funcNameOffset    = 4
	moduleNamesOffset = 8
)

// name is the name of the function. The method of runtime.Func allocates for
// generic functions.
func (f funcInfo) name() string {
	names := *(*[]byte)(unsafe.Add(f.module, moduleNamesOffset))
	start := int(*(*int32)(unsafe.Add(unsafe.Pointer(f.function), funcNameOffset)))
	if start < 0 || start >= len(names) {
		return "?"
	}
	end := start
	for end < len(names) && names[end] != 0 {
		end++
	}
	return unsafe.String(&names[start], end-start)
}

// base is the last two elements of a path.
func base(file string) string {
	slashes := 0
	for i := len(file) - 1; i >= 0; i-- {
		if file[i] == '/' {
			if slashes++; slashes == 2 {
				return file[i+1:]
			}
		}
	}
	return file
}

// threadTable lists the threads that exist.
func threadTable() {
	now := layer.machine.Now()
	for _, r := range layer.threads[:layer.nthreads] {
		t := r.get()
		if t.state == stateFree {
			continue
		}
		l := line().Str("thread ").Dec(uint64(t.tid)).Byte(' ').Str(stateNames[t.state])
		l.Str(" cpu ").Dec(uint64(t.cpu)).Str(" for ").Dec((max(now, t.since) - t.since) / 1e6).Str(" ms")
		if t.pin != 0 {
			l.Str(" pinned to ").Dec(uint64(t.pin - 1))
		}
		switch {
		case t.waitsOn == waitPoll:
			l.Str(" on the poller")
		case t.waitsOn != 0:
			l.Str(" on ").Hex(uint64(t.waitsOn), 1)
		}
		if t.timer.at != 0 {
			l.Str(" until ").Dec(t.timer.at / 1e6).Str(" ms")
		}
		l.Str(" at ")
		symbol(l, t.rip)
		end(l)
	}
}
