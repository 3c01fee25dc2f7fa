//go:build !tamago

package thread

import (
	"testing"

	"github.com/ringo-vmm/ringo/apic"
)

// cloneFlags are what the runtime passes: CLONE_VM, FS, FILES, SIGHAND,
// SYSVSEM, THREAD and SETTLS.
const cloneFlags = 0x100 | 0x200 | 0x400 | 0x800 | 0x40000 | 0x10000 | cloneSetTLS

// clone has p's current thread start another and returns it, which is ready.
func (w *world) clone(p *processor) *thread {
	w.Helper()
	tid := w.call(p, sysClone, cloneFlags, uint64(w.alloc(256, 16))+256, 0, 0, uint64(put(w, [2]uint64{0xabc}))+8)
	t := byID(tid)
	if t == nil {
		w.Fatalf("clone: %d", int64(tid))
	}
	return t
}

func TestCloneCopiesItsParent(t *testing.T) {
	w := newWorld(t, 2)
	p := w.processors[0]
	parent := w.run(p)
	parent.rip, parent.rbx, parent.r12, parent.r15 = 0x401000, 1, 2, 3
	parent.blocked, parent.pending = 0xf0, 0xf0
	parent.stack = altStack{sp: 0x5000, size: 0x1000}
	stack := uint64(w.alloc(64, 16)) + 64
	slot := put(w, uint64(0xabcdef))
	tid := w.call(p, sysClone, cloneFlags, stack, 0, 0, uint64(slot)+8)
	child := byID(tid)
	if child == nil {
		t.Fatalf("clone: %d", int64(tid))
	}
	for _, c := range []struct {
		what      string
		got, want uint64
	}{
		{"its tid", uint64(child.tid), 2},
		{"the child's result", child.rax, 0},
		{"stack pointer", child.rsp, stack},
		{"instruction pointer", child.rip, parent.rip},
		{"rbx", child.rbx, 1},
		{"r12", child.r12, 2},
		{"r15", child.r15, 3},
		{"flags", child.rflags, parent.rflags},
		{"thread-local storage", child.fsbase, uint64(slot) + 8},
		{"signal mask", child.blocked, 0xf0},
		{"pending signals", child.pending, 0},
		{"signal stack", uint64(child.stack.flags), altStackDisable},
		{"the parent's result", parent.rax, 2},
		{"the parent's pending signals", parent.pending, 0xf0},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %#x, want %#x", c.what, c.got, c.want)
		}
	}
	expectEqual(t, "state", child.state, stateReady)
	expectSlice(t, "kicks", w.machine.takeKicks(), []uint32{testAPICID(1)})
	w.interrupt(w.processors[1], apic.KickVector)
	expectEqual(t, "current", w.processors[1].current, child.ref())
	w.check(nobody)
}

func TestCloneWithoutTLSSharesIt(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	parent := w.run(p)
	parent.fsbase = 0x1000
	child := byID(w.call(p, sysClone, 0, 0x3000, 0, 0, 0))
	expectEqual(t, "FS base", child.fsbase, 0x1000)
}

func TestExitFreesTheNumber(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	a, b, c := w.clone(p), w.clone(p), w.clone(p)
	expectSlice(t, "tids", []uint32{a.tid, b.tid, c.tid}, []uint32{2, 3, 4})
	b.pending = 0xff
	for p.current != b.ref() {
		w.call(p, sysSchedYield)
	}
	w.call(p, sysExit)
	if byID(3) != nil {
		t.Error("thread 3 is still there")
	}
	expectEqual(t, "state", b.state, stateFree)
	expectEqual(t, "current", p.current, c.ref())
	expectEqual(t, "alive", layer.running, 3)
	w.check(nobody)
	again := w.clone(p)
	expectEqual(t, "tid", again.tid, 3)
	expectEqual(t, "pending signals", again.pending, 0)
	expectEqual(t, "next new tid", w.clone(p).tid, 5)
	w.check(nobody)
}

func TestLastThreadExits(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	w.call(p, sysExit)
	expectEqual(t, "current", p.current, p.idle)
	expectEqual(t, "alive", layer.running, 0)
	w.check(nobody)
}

func TestThreadLimit(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	for range maxThreads - 1 {
		if r := w.call(p, sysClone, 0, 0x3000); r > maxThreads {
			t.Fatalf("clone: %d", int64(r))
		}
	}
	expectEqual(t, "one too many", w.call(p, sysClone, 0, 0x3000), fail(eagain))
	w.call(p, sysExit)
	expectEqual(t, "tid", w.call(p, sysClone, 0, 0x3000), 1)
	w.check(nobody)
}

func TestCloneWithoutMemory(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.memory.pages = 1
	w.run(p)
	for range pageSize/threadSize - 1 {
		w.clone(p)
	}
	expectEqual(t, "clone", w.call(p, sysClone, 0, 0x3000), fail(eagain))
	w.check(nobody)
	w.memory.pages = 1
	w.clone(p)
	w.check(nobody)
}

func TestByID(t *testing.T) {
	w := newWorld(t, 1)
	th := w.run(w.processors[0])
	expectEqual(t, "thread 1", byID(1), th)
	for _, tid := range []uint64{0, 2, maxThreads, maxThreads + 1, 1 << 32, 1<<64 - 1} {
		if byID(tid) != nil {
			t.Errorf("thread %d exists", tid)
		}
	}
}
