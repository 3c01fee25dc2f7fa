//go:build !tamago

package thread

import (
	"testing"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/apic"
)

const (
	sigURG  = 23
	sigUSR1 = 10

	testHandler  = 0x401000
	testRestorer = 0x402000
)

func bit(signal uint64) uint64 { return 1 << (signal - 1) }

// handle installs a handler for a signal, whose address tells which.
func (w *world) handle(p *processor, signal, mask uint64) {
	w.Helper()
	act := action{handler: testHandler + signal, restorer: testRestorer, mask: mask}
	if r := w.call(p, sysRtSigaction, signal, uint64(put(w, act)), 0, 8); r != 0 {
		w.Fatalf("rt_sigaction: %d", int64(r))
	}
}

// altStackFor gives p's current thread a signal stack.
func (w *world) altStackFor(p *processor, size uint64) altStack {
	w.Helper()
	s := altStack{sp: uint64(w.alloc(uintptr(size), 16)), size: size}
	if r := w.call(p, sysSigaltstack, uint64(put(w, s)), 0); r != 0 {
		w.Fatalf("sigaltstack: %d", int64(r))
	}
	return s
}

// frame is the signal frame that p's current thread finds on its stack.
func (w *world) frame(p *processor) *signalFrame {
	return (*signalFrame)(pointer(uintptr(p.current.get().rsp)))
}

// handlerReturns makes the handler return to its restorer, which makes the
// system call that restores everything.
func (w *world) handlerReturns(p *processor) {
	t := p.current.get()
	if f := w.frame(p); f.restorer != testRestorer {
		w.Errorf("the handler returns to %#x", f.restorer)
	}
	t.rsp += 8
	w.call(p, sysRtSigreturn)
}

// scramble gives every register of t a value of its own, from seed on.
func scramble(t *thread, seed uint64) {
	for i, r := range []*uint64{
		&t.rax, &t.rbx, &t.rcx, &t.rdx, &t.rsi, &t.rdi, &t.rbp, &t.r8, &t.r9, &t.r10, &t.r11, &t.r12, &t.r13, &t.r14, &t.r15, &t.rip,
	} {
		*r = (seed + uint64(i)) * 0x0101010101010101
	}
	for i := range t.fx {
		t.fx[i] = byte(int(seed)*31 + i)
	}
	t.rflags = amd64.FlagsFixed | amd64.FlagsIF | seed&0xd5
}

// TestSignalRestoresEveryRegister interrupts a thread for a signal, has the
// handler use everything, and compares after its return.
func TestSignalRestoresEveryRegister(t *testing.T) {
	for _, onAltStack := range []bool{false, true} {
		w := newWorld(t, 1)
		p := w.processors[0]
		th := w.run(p)
		w.handle(p, sigURG, 0)
		if onAltStack {
			w.altStackFor(p, 8192)
		}
		scramble(th, 5)
		th.rsp = uint64(w.alloc(8192, 16)) + 8000
		th.pending = bit(sigURG)
		th.full = 1
		before := *th
		before.pending = 0
		w.interrupt(p, apic.KickVector)
		expectEqual(t, "instruction pointer", th.rip, testHandler+sigURG)
		expectEqual(t, "FPU state is not the interrupted code's", th.full, 0)
		scramble(th, 99)
		w.handlerReturns(p)
		if *th != before {
			t.Errorf("signal stack %t: the thread is\n%+v\nwant\n%+v", onAltStack, *th, before)
		}
	}
}

// TestSignalAtSystemCall: the result of the system call that a signal
// interrupts is in RAX when the handler returns.
func TestSignalAtSystemCall(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	w.handle(p, sigURG, 0)
	th.rsp = uint64(w.alloc(4096, 16)) + 4000
	th.pending = bit(sigURG)
	w.call(p, sysEventfd2, 0, 0)
	expectEqual(t, "instruction pointer", th.rip, testHandler+sigURG)
	w.handlerReturns(p)
	expectEqual(t, "result", th.rax, fdEvents)
	expectEqual(t, "full", th.full, 0)
}

func TestHandlerArguments(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	w.handle(p, sigURG, bit(3)|bit(5))
	stack := w.altStackFor(p, 8192)
	th.blocked, th.rflags = bit(7), amd64.FlagsFixed|amd64.FlagsIF|amd64.FlagsDF
	th.rip, th.rsp = 0x123456, 0x7ff0
	th.pending = bit(sigURG)
	w.interrupt(p, apic.KickVector)
	at, f := th.rsp, w.frame(p)
	expectEqual(t, "signal", th.rdi, sigURG)
	expectEqual(t, "siginfo", th.rsi, at+uint64(unsafe.Offsetof(f.info)))
	expectEqual(t, "ucontext", th.rdx, at+uint64(unsafe.Offsetof(f.context)))
	expectEqual(t, "stack pointer, as after a CALL", at%16, 8)
	if at < stack.sp || at+uint64(unsafe.Sizeof(*f)) > stack.sp+stack.size {
		t.Errorf("the frame at %#x is not on the stack at %#x", at, stack.sp)
	}
	w.expectTouched(at&^(pageSize-1) | 1)
	expectEqual(t, "flags", th.rflags, amd64.FlagsFixed|amd64.FlagsIF)
	expectEqual(t, "signals blocked in the handler", th.blocked, bit(7)|bit(3)|bit(5)|bit(sigURG))
	expectEqual(t, "si_signo", f.info.signo, sigURG)
	expectEqual(t, "si_code", f.info.code, codeTkill)
	u := &f.context
	expectEqual(t, "interrupted at", u.rip, 0x123456)
	expectEqual(t, "interrupted stack", u.rsp, 0x7ff0)
	expectEqual(t, "interrupted flags", u.rflags, amd64.FlagsFixed|amd64.FlagsIF|amd64.FlagsDF)
	expectEqual(t, "segments", [2]uint16{u.cs, u.ss}, [2]uint16{8, 16})
	expectEqual(t, "mask to restore", u.mask, bit(7))
	expectEqual(t, "uc_stack", u.stack, stack)
}

// TestHandlerEditsRegisters is how the runtime turns a fault into a panic: it
// writes another RIP into the frame.
func TestHandlerEditsRegisters(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	w.handle(p, sigURG, 0)
	w.altStackFor(p, 8192)
	th.pending = bit(sigURG)
	w.interrupt(p, apic.KickVector)
	u := &w.frame(p).context
	u.rip, u.rsp, u.mask = 0xabc, 0xdef0, bit(9)
	w.handlerReturns(p)
	expectEqual(t, "rip", th.rip, 0xabc)
	expectEqual(t, "rsp", th.rsp, 0xdef0)
	expectEqual(t, "mask", th.blocked, bit(9))
}

func TestSignalStackIsUsedOnce(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	w.handle(p, sigURG, 0)
	w.handle(p, sigUSR1, 0)
	stack := w.altStackFor(p, 16384)
	th.rsp = 0x7000
	th.pending = bit(sigURG)
	w.interrupt(p, apic.KickVector)
	first := th.rsp
	th.rsp -= 256 // the handler's own frame
	th.pending = bit(sigUSR1)
	w.interrupt(p, apic.KickVector)
	if th.rsp > first-256-redZone || th.rsp < stack.sp {
		t.Errorf("the second frame at %#x is not below the first handler's at %#x", th.rsp, first-256)
	}
	w.handlerReturns(p)
	expectEqual(t, "stack pointer", th.rsp, first-256)
	th.rsp = first
	w.handlerReturns(p)
	expectEqual(t, "stack pointer", th.rsp, 0x7000)
}

// TestFrameSkipsRedZone is about a thread without a signal stack.
func TestFrameSkipsRedZone(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	w.handle(p, sigURG, 0)
	bottom := uint64(w.alloc(8192, 16))
	th.rsp = bottom + 8000
	th.pending = bit(sigURG)
	w.interrupt(p, apic.KickVector)
	if top := th.rsp + uint64(unsafe.Sizeof(signalFrame{})); top > bottom+8000-redZone {
		t.Errorf("the frame ends at %#x, the stack was at %#x", top, bottom+8000)
	}
}

func TestNoRoomForASignalIsFatal(t *testing.T) {
	const size = uint64(unsafe.Sizeof(signalFrame{}))
	for _, c := range []struct {
		name        string
		rsp         uint64
		signalStack uint64 // size
	}{
		{"a small signal stack", 0x7000, size - 1},
		{"a stack pointer of 0", 0, 0},
		{"a stack pointer in the red zone", redZone - 8, 0},
		{"a stack pointer near 0", redZone + size - 1, 0},
	} {
		w := newWorld(t, 1)
		p := w.processors[0]
		th := w.run(p)
		w.handle(p, sigURG, 0)
		if c.signalStack != 0 {
			w.altStackFor(p, c.signalStack)
		}
		th.rsp = c.rsp
		th.pending = bit(sigURG)
		expectEqual(t, c.name, w.stops(func() { w.interrupt(p, apic.KickVector) }), StopPanic)
		w.expectPrinted("panic: signal 23 from thread 1", "rip ")
	}
}

func TestMask(t *testing.T) {
	for _, c := range []struct {
		name              string
		how, set          uint64
		result, want, old uint64
	}{
		{"block", maskBlock, 0xf0, 0, 0xff, 0x0f},
		{"unblock", maskUnblock, 0x03, 0, 0x0c, 0x0f},
		{"set", maskSet, 0x30, 0, 0x30, 0x0f},
		{"unknown", 3, 0x30, fail(einval), 0x0f, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			p := w.processors[0]
			th := w.run(p)
			th.blocked = 0x0f
			old := put(w, uint64(0))
			expectEqual(t, "result", w.call(p, sysRtSigprocmask, c.how, uint64(put(w, c.set)), uint64(old), 8), c.result)
			expectEqual(t, "mask", th.blocked, c.want)
			expectEqual(t, "old mask", load[uint64](old), c.old)
			expectEqual(t, "query", w.call(p, sysRtSigprocmask, 77, 0, uint64(old), 8), 0)
			expectEqual(t, "queried mask", load[uint64](old), c.want)
		})
	}
}

func TestBlockedSignalWaits(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	w.handle(p, sigURG, 0)
	w.altStackFor(p, 8192)
	th.blocked = bit(sigURG)
	th.rip = 0x9000
	w.call(p, sysTgkill, 1, uint64(th.tid), sigURG)
	w.interrupt(p, apic.KickVector)
	expectEqual(t, "rip", th.rip, 0x9000)
	expectEqual(t, "pending", th.pending, bit(sigURG))
	w.call(p, sysRtSigprocmask, maskUnblock, uint64(put(w, bit(sigURG))), 0, 8)
	expectEqual(t, "rip once unblocked", th.rip, testHandler+sigURG)
	expectEqual(t, "pending", th.pending, 0)
	// It is blocked in its own handler.
	w.call(p, sysTgkill, 1, uint64(th.tid), sigURG)
	expectEqual(t, "pending in the handler", th.pending, bit(sigURG))
	w.frame(p).context.mask = 0
	w.handlerReturns(p)
	expectEqual(t, "rip, a second time", th.rip, testHandler+sigURG)
	expectEqual(t, "pending", th.pending, 0)
}

func TestSignalsComeOneByOne(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	w.altStackFor(p, 16384)
	for _, s := range []uint64{64, 5, 17, 1} {
		w.handle(p, s, ^uint64(0))
	}
	th.rip = 0x9000
	th.pending = bit(64) | bit(5) | bit(17) | bit(30) // nobody handles 30
	w.interrupt(p, apic.KickVector)
	for _, s := range []uint64{5, 17, 64} {
		expectEqual(t, "rip", th.rip, testHandler+s)
		w.handlerReturns(p)
	}
	expectEqual(t, "rip", th.rip, 0x9000)
	expectEqual(t, "pending", th.pending, 0)
}

func TestSignalSettings(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	w.handle(p, sigURG, 0x77)
	old := w.alloc(64, 16)
	expectEqual(t, "rt_sigaction", w.call(p, sysRtSigaction, sigURG, 0, uint64(old), 8), 0)
	expectEqual(t, "action", load[action](old), action{testHandler + sigURG, 0, testRestorer, 0x77})
	for _, s := range []uint64{0, 65, 1 << 63} {
		expectEqual(t, "rt_sigaction of no signal", w.call(p, sysRtSigaction, s, 0, uint64(old), 8), fail(einval))
	}
	expectEqual(t, "sigaltstack", w.call(p, sysSigaltstack, 0, uint64(old)), 0)
	expectEqual(t, "no signal stack", load[altStack](old), altStack{flags: altStackDisable})
	stack := w.altStackFor(p, 4096)
	w.call(p, sysSigaltstack, 0, uint64(old))
	expectEqual(t, "signal stack", load[altStack](old), stack)
	expectEqual(t, "and the thread's", th.stack, stack)
}
