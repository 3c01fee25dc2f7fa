//go:build !tamago

package thread

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
)

// fakeDebugger notes stops, and goes on as step says.
type fakeDebugger struct {
	place uint64
	step  bool
	seen  []Trap
	watch int
	look  func()
}

func (d *fakeDebugger) Breakpoint(va uint64) bool { return va == d.place }

func (d *fakeDebugger) Stopped(processor uint32, why Trap, watch int) (step bool, one uint32) {
	d.seen, d.watch = append(d.seen, why), watch
	if d.look != nil {
		d.look()
	}
	return d.step, processor
}

// debugWorld is a machine of one processor with a debugger, and a thread whose
// next instruction is in code.
func debugWorld(t *testing.T, code ...byte) (*world, *thread, *fakeDebugger) {
	w := newWorld(t, 1)
	reset(&debug)
	w.machine.readable = func(uint64) bool { return true }
	d := &fakeDebugger{}
	SetDebugger(d)
	t.Cleanup(func() { reset(&debug) })
	thread := w.run(w.processors[0])
	text := w.alloc(uintptr(len(code)), 16)
	copy(bytes(text, uint64(len(code))), code)
	thread.rip = uint64(text)
	return w, thread, d
}

func TestABreakpointIsTheDebuggers(t *testing.T) {
	w, thread, d := debugWorld(t, int3, 0x90)
	d.place = thread.rip
	var r Registers
	d.look = func() {
		DebugRegisters(0, &r)
		r.GPR[0] = 7
		SetDebugRegisters(0, &r)
	}
	thread.rip++
	w.exception(w.processors[0], amd64.Breakpoint, 0, 0)
	expectSlice(t, "stops", d.seen, []Trap{TrapBreakpoint})
	expectEqual(t, "RIP that it sees", r.RIP, d.place)
	expectEqual(t, "RIP", thread.rip, d.place)
	expectEqual(t, "RAX that it sets", thread.rax, 7)
	expectEqual(t, "master", debug.master, 0)
}

// Another processor has met the breakpoint first, and the debugger has taken it
// back.
func TestABreakpointThatIsGoneIsTriedAgain(t *testing.T) {
	w, thread, d := debugWorld(t, 0x90)
	at := thread.rip
	thread.rip++
	w.exception(w.processors[0], amd64.Breakpoint, 0, 0)
	expectEqual(t, "stops", len(d.seen), 0)
	expectEqual(t, "RIP", thread.rip, at)
}

func TestAStepIsOneInstructionWithoutInterrupts(t *testing.T) {
	for _, c := range []struct {
		name  string
		code  byte
		after uint64 // RFLAGS.IF
	}{
		{"NOP", 0x90, amd64.FlagsIF}, {"CLI", opCLI, 0}, {"STI", opSTI, amd64.FlagsIF},
	} {
		w, thread, d := debugWorld(t, c.code, 0x90)
		d.place, d.step = thread.rip, true
		thread.rip++
		w.exception(w.processors[0], amd64.Breakpoint, 0, 0)
		if thread.rflags&(amd64.FlagsTF|amd64.FlagsIF) != amd64.FlagsTF {
			t.Errorf("%s: RFLAGS %#x while it steps", c.name, thread.rflags)
		}
		thread.rip++
		d.step = false
		testDR6 = dr6Step
		w.exception(w.processors[0], amd64.Debug, 0, 0)
		expectSlice(t, c.name, d.seen, []Trap{TrapBreakpoint, TrapStep})
		if thread.rflags&(amd64.FlagsTF|amd64.FlagsIF) != c.after {
			t.Errorf("%s: RFLAGS %#x afterwards", c.name, thread.rflags)
		}
	}
}

func TestAStepGoesOverHLT(t *testing.T) {
	w, thread, d := debugWorld(t, opHLT, 0x90)
	d.place, d.step = thread.rip, true
	thread.rip++
	w.exception(w.processors[0], amd64.Breakpoint, 0, 0)
	expectEqual(t, "RIP", thread.rip, d.place+1)
}

func TestAWatchpointTellsItsRegister(t *testing.T) {
	w, _, d := debugWorld(t, 0x90)
	Watch(2, 0x1000, 4, false)
	d.look = func() { expectEqual(t, "DR7 while the debugger looks", testDR7, 0) }
	testDR6 = 1 << 2
	w.exception(w.processors[0], amd64.Debug, 0, 0)
	expectSlice(t, "stops", d.seen, []Trap{TrapWatch})
	expectEqual(t, "register", d.watch, 2)
	const g2, write4 = 1 << 5, 0xd << 24 // APM vol. 2 §13.1.1.4
	expectEqual(t, "DR7", testDR7, g2|write4)
	Watch(2, 0, 0, false)
	expectEqual(t, "DR7 without it", debug.dr7, 0)
}
