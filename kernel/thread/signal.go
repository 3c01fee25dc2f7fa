package thread

import (
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
)

// Signals. The runtime turns SIGSEGV, SIGBUS and SIGFPE in Go code into
// panics, and preempts goroutines by SIGURG. Frames have the layout of Linux's
// rt_sigframe, since the runtime's handler reads and edits the registers in
// it.

const (
	sigILL  = 4
	sigTRAP = 5
	sigBUS  = 7
	sigFPE  = 8
	sigSEGV = 11

	signals = 64
)

// si_code values.
const (
	codeTkill       = -6
	codeKernel      = 0x80
	codeIntDiv      = 1 // FPE_INTDIV
	codeMapError    = 1 // SEGV_MAPERR
	codeAccessError = 2 // SEGV_ACCERR
)

const (
	handlerDefault = 0
	handlerIgnore  = 1
)

const altStackDisable = 2 // SS_DISABLE

// altStack is struct sigaltstack.
type altStack struct {
	sp    uint64
	flags uint32
	_     uint32
	size  uint64
}

// action is the kernel's struct sigaction.
type action struct {
	handler, flags, restorer, mask uint64
}

var actions [signals + 1]action

// signalFrame is struct rt_sigframe: what the handler finds at its stack
// pointer, its return address first.
type signalFrame struct {
	restorer uint64
	context  userContext
	info     signalInfo
}

type signalInfo struct {
	signo, errno, code, _ int32
	addr                  uint64
	_                     [13]uint64
}

// userContext is struct ucontext followed by room for the floating-point
// state, which Linux places by a pointer too.
type userContext struct {
	flags, link                          uint64
	stack                                altStack
	r8, r9, r10, r11, r12, r13, r14, r15 uint64
	rdi, rsi, rbp, rbx, rdx, rax, rcx    uint64
	rsp, rip, rflags                     uint64
	cs, gs, fs, ss                       uint16
	err, trap, oldmask, cr2              uint64
	fpstate                              uint64
	_                                    [8]uint64
	mask                                 uint64
	full                                 uint64 // thread.full
	fx                                   [512]byte
}

// redZone is the memory below the stack pointer that code compiled by the
// System V ABI may use; Go's does not, its signal frames skip it all the same.
const redZone = 128

// signalFault turns an exception of a thread into a signal.
func signalFault(p *processor, t *thread, vector amd64.Vector, code, va uint64) {
	signal, why := uint64(sigSEGV), int32(codeKernel)
	switch vector {
	case amd64.DivideError:
		signal, why = sigFPE, codeIntDiv
	case amd64.X87Error, amd64.SIMDError:
		signal = sigFPE
	case amd64.InvalidOpcode:
		signal = sigILL
	case amd64.Debug, amd64.Breakpoint:
		signal = sigTRAP
	case amd64.PageFault:
		why = codeMapError
		if code&amd64.FaultPresent != 0 {
			why = codeAccessError
		}
	}
	if t.blocked>>(signal-1)&1 != 0 || actions[signal].handler <= handlerIgnore {
		fatalFault(p, t, vector, code, va)
	}
	if !pushSignal(p, t, signal, why, va, uint64(vector), code) {
		fatalFault(p, t, vector, code, va)
	}
}

// deliver makes the current thread take one pending signal that it does not
// block. One that finds no room is the end: the runtime would wait for it for
// ever.
func deliver(p *processor, t *thread) {
	pending := atomic.LoadUint64(&t.pending) &^ t.blocked
	if pending == 0 {
		return
	}
	for ; pending != 0; pending &= pending - 1 {
		s := uint64(bits.TrailingZeros64(pending)) + 1
		atomic.AndUint64(&t.pending, ^(uint64(1) << (s - 1)))
		if actions[s].handler > handlerIgnore {
			if !pushSignal(p, t, s, codeTkill, 0, 0, 0) {
				fatalSignal(p, t, s)
			}
			return
		}
	}
}

// pushSignal puts a signal frame on the thread's signal stack and makes the
// thread continue in the handler. It tells false when there is no room.
func pushSignal(p *processor, t *thread, signal uint64, code int32, addr, trap, errorCode uint64) bool {
	sp, top := t.rsp-redZone, t.rsp
	if onStack := t.rsp > t.stack.sp && t.rsp <= t.stack.sp+t.stack.size; t.stack.flags&altStackDisable == 0 && !onStack {
		sp = t.stack.sp + t.stack.size
		top = sp
	}
	const size = uint64(unsafe.Sizeof(signalFrame{}))
	// A function finds its stack 8 bytes off a multiple of 16.
	at := (sp-size)&^15 - 8
	if at > top || t.stack.flags&altStackDisable == 0 && at < t.stack.sp {
		return false
	}
	touchLocked(p, uintptr(at), size, true)
	f := (*signalFrame)(pointer(uintptr(at)))
	act := &actions[signal]
	*f = signalFrame{restorer: act.restorer}
	f.info.signo, f.info.code, f.info.addr = int32(signal), code, addr
	u := &f.context
	u.stack = t.stack
	u.r8, u.r9, u.r10, u.r11, u.r12, u.r13, u.r14, u.r15 = t.r8, t.r9, t.r10, t.r11, t.r12, t.r13, t.r14, t.r15
	u.rdi, u.rsi, u.rbp, u.rbx, u.rdx, u.rax, u.rcx = t.rdi, t.rsi, t.rbp, t.rbx, t.rdx, t.rax, t.rcx
	u.rsp, u.rip, u.rflags = t.rsp, t.rip, t.rflags
	u.cs, u.ss = amd64.SelectorCode, amd64.SelectorData
	u.err, u.trap, u.cr2, u.mask = errorCode, trap, addr, t.blocked
	u.full = t.full
	if t.full != 0 {
		u.fx = t.fx
	}
	t.blocked |= act.mask | 1<<(signal-1)
	t.rdi, t.rsi, t.rdx = signal, at+uint64(unsafe.Offsetof(f.info)), at+uint64(unsafe.Offsetof(f.context))
	t.rsp, t.rip, t.rflags = at, act.handler, amd64.FlagsFixed|amd64.FlagsIF
	t.full = 0
	return true
}

// sigreturn undoes pushSignal with whatever the handler left in the frame. The
// handler has returned, so the stack pointer is past the restorer.
func sigreturn(t *thread) {
	u := (*userContext)(pointer(uintptr(t.rsp)))
	t.r8, t.r9, t.r10, t.r11, t.r12, t.r13, t.r14, t.r15 = u.r8, u.r9, u.r10, u.r11, u.r12, u.r13, u.r14, u.r15
	t.rdi, t.rsi, t.rbp, t.rbx, t.rdx, t.rax, t.rcx = u.rdi, u.rsi, u.rbp, u.rbx, u.rdx, u.rax, u.rcx
	t.rsp, t.rip, t.rflags = u.rsp, u.rip, u.rflags
	t.blocked, t.full = u.mask, u.full
	if t.full != 0 {
		t.fx = u.fx
	}
}

// tgkill makes a signal pending for a thread and, if that runs elsewhere, has
// it look at once.
func tgkill(p *processor, tid, signal uint64) uint64 {
	t := byID(tid)
	if t == nil {
		return fail(esrch)
	}
	if signal > signals {
		return fail(einval)
	}
	if signal == 0 {
		return 0
	}
	if actions[signal].handler == handlerDefault && signal != 0 {
		switch signal {
		case 17, 18, 23, 28: // SIGCHLD, SIGCONT, SIGURG, SIGWINCH do nothing
		default:
			fatalSignal(p, t, signal)
		}
	}
	atomic.OrUint64(&t.pending, 1<<(signal-1))
	if t.state == stateRunning && t.cpu != p.index {
		kick(p, processorAt(t.cpu))
	}
	return 0
}

// signalCall answers the calls that set signal handling up; false for any
// other number.
func signalCall(t *thread, number, a, b, c uint64) bool {
	switch number {
	case sysRtSigaction:
		t.rax = sigaction(a, uintptr(b), uintptr(c))
	case sysRtSigprocmask:
		t.rax = sigprocmask(t, a, uintptr(b), uintptr(c))
	case sysSigaltstack:
		t.rax = sigaltstack(t, uintptr(a), uintptr(b))
	default:
		return false
	}
	return true
}

func sigaction(signal uint64, to, old uintptr) uint64 {
	if signal < 1 || signal > signals {
		return fail(einval)
	}
	const size = uint64(unsafe.Sizeof(action{}))
	if old != 0 {
		touch(old, size, true)
		*(*action)(pointer(old)) = actions[signal]
	}
	if to != 0 {
		touch(to, size, false)
		actions[signal] = *(*action)(pointer(to))
	}
	return 0
}

// How sigprocmask changes the mask: SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK.
const (
	maskBlock   = 0
	maskUnblock = 1
	maskSet     = 2
)

func sigprocmask(t *thread, how uint64, to, old uintptr) uint64 {
	before := t.blocked
	if to != 0 {
		touch(to, 8, false)
		mask := *(*uint64)(pointer(to))
		switch how {
		case maskBlock:
			t.blocked |= mask
		case maskUnblock:
			t.blocked &^= mask
		case maskSet:
			t.blocked = mask
		default:
			return fail(einval)
		}
	}
	if old != 0 {
		touch(old, 8, true)
		*(*uint64)(pointer(old)) = before
	}
	return 0
}

func sigaltstack(t *thread, to, old uintptr) uint64 {
	const size = uint64(unsafe.Sizeof(altStack{}))
	if old != 0 {
		touch(old, size, true)
		*(*altStack)(pointer(old)) = t.stack
	}
	if to != 0 {
		touch(to, size, false)
		t.stack = *(*altStack)(pointer(to))
	}
	return 0
}
