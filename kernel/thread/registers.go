package thread

// What a crash dump and a debugger want to know of processors that have stopped.

// Registers are a processor's. GPR is in the order of the numbers in
// instructions: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.
type Registers struct {
	GPR                 [16]uint64
	RIP, RFLAGS, FSBase uint64
}

// dying is the thread, or the aborted state, that ended the machine by a fault; 0
// when a thread has asked for the end.
var dying ref

// Stopped fills in r with what a processor was at when the machine ended: n 0 is
// the one that ended it, others follow. processor is its index; ok is false when
// there is no such. It is for Machine.Stop.
func Stopped(n int, r *Registers) (processor uint32, ok bool) {
	by := ending.Load()
	if by == 0 || n >= layer.nprocessor {
		return 0, false
	}
	processor = by - 1
	if n > 0 {
		processor = uint32(n)
		if processor <= by-1 {
			processor--
		}
	}
	p := processorAt(processor)
	t := p.aborted()
	switch {
	case n == 0 && dying != 0:
		t = dying.get()
	case n == 0 || p.stopped == 0:
		t = p.current.get()
	}
	t.registers(r)
	if t == p.aborted() {
		r.FSBase = p.fsbase
	}
	return processor, true
}

// Saved fills in r with where a thread of the Go runtime last entered the layer,
// n counting from 0. ok is false when there are no more. It is for Machine.Stop.
func Saved(n int, r *Registers) (tid uint32, ok bool) {
	for _, one := range layer.threads[:layer.nthreads] {
		t := one.get()
		if t.state == stateFree {
			continue
		}
		if n == 0 {
			t.registers(r)
			return t.tid, true
		}
		n--
	}
	return 0, false
}

// registers fills in r with the thread's saved registers.
func (t *thread) registers(r *Registers) {
	r.GPR = [16]uint64{t.rax, t.rcx, t.rdx, t.rbx, t.rsp, t.rbp, t.rsi, t.rdi, t.r8, t.r9, t.r10, t.r11, t.r12, t.r13, t.r14, t.r15}
	r.RIP, r.RFLAGS, r.FSBase = t.rip, t.rflags, t.fsbase
}

// Area is a processor's own memory, with its stacks: host-virtual.
func Area(processor uint32) (start, end uintptr) {
	p := processorAt(processor)
	return p.self, p.end
}
