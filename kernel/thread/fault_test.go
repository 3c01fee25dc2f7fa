//go:build !tamago

package thread

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
)

// exception makes p's current thread take an exception; va is for page faults.
func (w *world) exception(p *processor, vector amd64.Vector, code, va uint64) {
	p.current.get().full = 1
	testProcessor, testFaultAddress = p, va
	exceptionFrom(p, uint64(vector)*gateBytes, code)
}

func TestExceptionsBecomeSignals(t *testing.T) {
	const (
		write = amd64.FaultWrite
		va    = 0x123458
	)
	for _, c := range []struct {
		name       string
		vector     amd64.Vector
		code, va   uint64
		signal     uint64
		info       int32
		infoAddr   uint64
		asksMemory bool
	}{
		{"read of nothing", amd64.PageFault, 0, va, sigSEGV, codeMapError, va, true},
		{"nil pointer", amd64.PageFault, write, 0x10, sigSEGV, codeMapError, 0x10, true},
		{"write to read-only memory", amd64.PageFault, write | amd64.FaultPresent, va, sigSEGV, codeAccessError, va, true},
		{"execution of data", amd64.PageFault, amd64.FaultInstruction | amd64.FaultPresent, va, sigSEGV, codeAccessError, va, false},
		{"execution of nothing", amd64.PageFault, amd64.FaultInstruction, va, sigSEGV, codeMapError, va, false},
		{"reserved bit", amd64.PageFault, amd64.FaultReserved | amd64.FaultPresent, va, sigSEGV, codeAccessError, va, false},
		{"address that is not canonical", amd64.GeneralProtection, 0, va, sigSEGV, codeKernel, 0, false},
		{"stack that is not canonical", amd64.StackFault, 0, va, sigSEGV, codeKernel, 0, false},
		{"division", amd64.DivideError, 0, va, sigFPE, codeIntDiv, 0, false},
		{"SSE exception", amd64.SIMDError, 0, va, sigFPE, codeKernel, 0, false},
		{"x87 exception", amd64.X87Error, 0, va, sigFPE, codeKernel, 0, false},
		{"undefined instruction", amd64.InvalidOpcode, 0, va, sigILL, codeKernel, 0, false},
		{"breakpoint", amd64.Breakpoint, 0, va, sigTRAP, codeKernel, 0, false},
		{"single step", amd64.Debug, 0, va, sigTRAP, codeKernel, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			p := w.processors[0]
			th := w.run(p)
			w.handle(p, c.signal, 0)
			w.altStackFor(p, 8192)
			th.rip = 0x5555
			w.memory.log = nil
			w.exception(p, c.vector, c.code, c.va)
			expectEqual(t, "rip", th.rip, testHandler+c.signal)
			asked := len(w.memory.log) > 0 && w.memory.log[0]&^1 == c.va
			expectEqual(t, "memory was asked", asked, c.asksMemory)
			f := w.frame(p)
			expectEqual(t, "si_signo", f.info.signo, int32(c.signal))
			expectEqual(t, "si_code", f.info.code, c.info)
			expectEqual(t, "si_addr", f.info.addr, c.infoAddr)
			expectEqual(t, "cr2", f.context.cr2, c.infoAddr)
			expectEqual(t, "trapno", f.context.trap, uint64(c.vector))
			expectEqual(t, "err", f.context.err, c.code)
			expectEqual(t, "interrupted at", f.context.rip, 0x5555)
		})
	}
}

func TestPageAppears(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	scramble(th, 3)
	th.full = 1
	before := *th
	const va = 0xc000_0000_1238
	w.memory.faults = map[uint64]FaultResult{va: FaultBacked}
	for _, code := range []uint64{0, amd64.FaultWrite, amd64.FaultWrite | amd64.FaultPresent} {
		w.exception(p, amd64.PageFault, code, va)
	}
	expectSlice(t, "faults", w.memory.log, []uint64{va, va | 1, va | 1})
	expectEqual(t, "count", p.faults, 3)
	if *th != before {
		t.Error("the thread has changed")
	}
	w.check(nobody)
}

func TestNoFrameForAPageIsFatal(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	const va = 0xc000_0000_1238
	w.memory.faults = map[uint64]FaultResult{va: FaultNoMemory}
	expectEqual(t, "stop", w.stops(func() { w.exception(p, amd64.PageFault, amd64.FaultWrite, va) }), StopNoMemory)
	w.expectPrinted("out of memory", "address 0000c00000001238")
}

func TestUnhandledFaultIsFatal(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(w *world, p *processor)
	}{
		{"no handler", func(w *world, p *processor) {}},
		{"ignored", func(w *world, p *processor) { actions[sigSEGV].handler = handlerIgnore }},
		{"blocked", func(w *world, p *processor) {
			w.handle(p, sigSEGV, 0)
			w.altStackFor(p, 8192)
			p.current.get().blocked = bit(sigSEGV)
		}},
		{"no room on the signal stack", func(w *world, p *processor) {
			w.handle(p, sigSEGV, 0)
			w.altStackFor(p, 512)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			p := w.processors[0]
			th := w.run(p)
			c.prepare(w, p)
			th.rip, th.r13 = 0x5555, 0xfeedface
			why := w.stops(func() { w.exception(p, amd64.PageFault, amd64.FaultWrite, 0x10) })
			expectEqual(t, "stop", why, StopSignal)
			w.expectPrinted("ringo: panic: #PF page fault outside Go code, thread 1\n",
				"error code 2  address 0000000000000010  at 0000000000005555",
				"r13 00000000feedface", "back trace:", "thread 1 running cpu 0")
		})
	}
}

func TestAbortsAreFatal(t *testing.T) {
	for vector, want := range map[amd64.Vector]Stop{
		amd64.DoubleFault: StopDoubleFault, amd64.NMI: StopNMI, amd64.MachineCheck: StopNMI,
		amd64.PageFault: StopLayer, amd64.GeneralProtection: StopLayer,
	} {
		w := newWorld(t, 2)
		f := abortFrame{gate: uint64(vector) * gateBytes, rip: 0x5555, rsp: 0x6660, r9: 0x9999, code: 0x11}
		testFaultAddress = 0x1239
		expectEqual(t, vector.String(), w.stops(func() { abortFrom(w.processors[1], &f) }), want)
		w.expectPrinted("ringo: panic: "+vector.String()+" on processor 1\n", "error code 11  address 0000000000001239",
			"rsp 0000000000006660", "r9  0000000000009999", "rip 0000000000005555")
	}
}

// TestFaultWhileDying: a fault in the report of another ends the machine
// without one more report.
func TestFaultWhileDying(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := w.run(p)
	th.rip, th.rbp = 0x6666, 0x8000
	w.machine.readable = func(uint64) bool {
		f := abortFrame{gate: uint64(amd64.PageFault) * gateBytes, rip: 0x7777}
		abortFrom(p, &f)
		return false
	}
	expectEqual(t, "stop", w.stops(func() { w.exception(p, amd64.GeneralProtection, 0, 0) }), StopLayer)
	w.expectPrinted("outside Go code", "and again while reporting it, at 0000000000007777")
}

// TestBackTraceOfBrokenFrames follows frame pointers that lie.
func TestBackTraceOfBrokenFrames(t *testing.T) {
	const stack = 0x10 // distance of the frames in words
	for _, c := range []struct {
		name  string
		link  func(at uintptr, i int) uint64 // frame i's saved RBP
		lines int
	}{
		{"three frames", func(at uintptr, i int) uint64 {
			if i == 2 {
				return 0
			}
			return uint64(at) + stack*8
		}, 4},
		{"a link to itself", func(at uintptr, i int) uint64 { return uint64(at) }, 1},
		{"a link backwards", func(at uintptr, i int) uint64 { return uint64(at) - 16 }, 1},
		{"an odd link", func(at uintptr, i int) uint64 { return uint64(at) + 17 }, 2},
		{"a link to nothing", func(at uintptr, i int) uint64 { return 1 << 47 }, 2},
		{"endless", func(at uintptr, i int) uint64 { return uint64(at) + stack*8 }, maxFrames},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			low := w.alloc(100*stack*8, 16)
			for i := range 100 {
				at := low + uintptr(i)*stack*8
				*(*[2]uint64)(pointer(at)) = [2]uint64{c.link(at, i), 0x400001}
			}
			w.machine.readable = func(va uint64) bool { return va >= uint64(low) && va < uint64(low)+100*stack*8 }
			backTrace(0x400000, uint64(low))
			expectEqual(t, "lines", countLines(w.machine.printed)-1, c.lines)
		})
	}
}

func countLines(text []byte) (n int) {
	for _, c := range text {
		if c == '\n' {
			n++
		}
	}
	return n
}
