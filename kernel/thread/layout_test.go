//go:build !tamago

package thread

import (
	"cmp"
	"slices"
	"testing"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
)

// TestThreadIsAligned: FXSAVE and FXRSTOR fault if their area is not 16-byte
// aligned, in pool threads and in idle ones.
func TestThreadIsAligned(t *testing.T) {
	expectEqual(t, "offset of the FXSAVE area modulo 16", unsafe.Offsetof(thread{}.fx)%16, 0)
	expectEqual(t, "distance of threads modulo 16", threadSize%16, 0)
	expectEqual(t, "offset of the idle thread modulo 16", offIdle%16, 0)
	w := newWorld(t, 1)
	for _, th := range append(newThreads(w, 20), w.processors[0].idle.get()) {
		expectEqual(t, "FXSAVE area modulo 16", uintptr(unsafe.Pointer(&th.fx))%16, 0)
	}
}

// TestPoolThreadsDoNotOverlap writes each thread whole.
func TestPoolThreadsDoNotOverlap(t *testing.T) {
	w := newWorld(t, 1)
	th := newThreads(w, 20)
	for i, one := range th {
		scramble(one, uint64(i))
		one.stack.size = uint64(i)
	}
	for i, one := range th {
		want := thread{tid: uint32(i + 1)}
		scramble(&want, uint64(i))
		want.stack.size = uint64(i)
		if *one != want {
			t.Errorf("thread %d was written to", i+1)
		}
	}
}

// TestAreaLayout: all parts of a processor's memory lie in it, none overlaps
// another, and every stack has a page below that Guards names.
func TestAreaLayout(t *testing.T) {
	const page = pageSize
	type part struct {
		name       string
		start, end uintptr
	}
	parts := []part{
		{"processor", areaData, unsafe.Sizeof(processor{})},
		{"GDT", offGDT, offGDT + amd64.GDTSize},
		{"TSS", offTSS, offTSS + unsafe.Sizeof(amd64.TSS{})},
		{"idle thread", offIdle, offIdle + threadSize},
		{"slot of the layer's g", offTLS - 8, offTLS},
		// How large a g and an m are, TestGOffset checks.
		{"g", offG, offM},
		{"m", offM, dataPages * pageSize},
		{"registers of an abort", offAborted, offAborted + threadSize},
		{"kernel stack", (areaKernel - stackPages) * page, areaKernel * page},
		{"fault stack", (areaFault - istPages) * page, areaFault * page},
		{"double-fault stack", (areaDouble - istPages) * page, areaDouble * page},
		{"NMI stack", (areaNMI - istPages) * page, areaNMI * page},
		{"machine-check stack", (areaMachine - istPages) * page, areaMachine * page},
	}
	stacks := parts[len(parts)-len(Guards):]
	for i, s := range stacks {
		expectEqual(t, "guard of the "+s.name, uintptr(Guards[i])*page, s.start-page)
	}
	for _, g := range Guards {
		parts = append(parts, part{"guard", uintptr(g) * page, uintptr(g+1) * page})
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.start, b.start) })
	for i, p := range parts[1:] {
		if before := parts[i]; p.start < before.end {
			t.Errorf("%s, up to %#x, overlaps %s at %#x", before.name, before.end, p.name, p.start)
		}
	}
	expectEqual(t, "end", parts[len(parts)-1].end, AreaPages*page)
	expectEqual(t, "top of the kernel stack", KernelStack*page, stacks[0].end)
}

func TestInitArea(t *testing.T) {
	w := newWorld(t, 3)
	for i, p := range w.processors {
		area := uintptr(unsafe.Pointer(p))
		for _, c := range []struct {
			what      string
			got, want uintptr
		}{
			{"self", p.self, area},
			{"end", p.end, area + AreaPages*pageSize},
			{"stack", p.stackTop, area + areaKernel*pageSize},
			{"g", p.g, area + offG},
			{"index", uintptr(p.index), uintptr(i)},
			{"APIC id", uintptr(p.apicID), uintptr(testAPICID(i))},
			{"the g in thread-local storage", load[uintptr](uintptr(p.tls) - 8), p.g},
			{"the m of the g", load[uintptr](p.g + goMOffset), area + offM},
			{"FS base of the idle thread", uintptr(p.idle.get().fsbase), uintptr(p.tls)},
		} {
			if c.got != c.want {
				t.Errorf("%s: got %#x, want %#x", c.what, c.got, c.want)
			}
		}
		tss := load[amd64.TSS](area + offTSS)
		for n, top := range map[int]uintptr{
			istInterrupt: areaKernel, istFault: areaFault, istDouble: areaDouble, istNMI: areaNMI, istMachine: areaMachine,
		} {
			at := 0x24/4 + 2*(n-1)
			got := uintptr(tss[at]) | uintptr(tss[at+1])<<32
			if want := area + top*pageSize; got != want {
				t.Errorf("IST %d: got %#x, want %#x", n, got, want)
			}
		}
	}
}

// TestGateSize: the distance of gates is that of CALL instructions, E8 and 4
// bytes.
func TestGateSize(t *testing.T) {
	expectEqual(t, "size", gateBytes, 5)
}

// TestSignalFrameIsLinuxs compares with struct rt_sigframe, ucontext_t and
// siginfo_t of Linux on x86-64.
func TestSignalFrameIsLinuxs(t *testing.T) {
	const (
		mcontext = 40 // uc_mcontext
		greg     = 8  // size of an entry of gregs
	)
	var f signalFrame
	u := &f.context
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"return address", unsafe.Offsetof(f.restorer), 0},
		{"uc", unsafe.Offsetof(f.context), 8},
		{"uc_flags", unsafe.Offsetof(u.flags), 0},
		{"uc_link", unsafe.Offsetof(u.link), 8},
		{"uc_stack", unsafe.Offsetof(u.stack), 16},
		{"R8", unsafe.Offsetof(u.r8), mcontext + 0*greg},
		{"R15", unsafe.Offsetof(u.r15), mcontext + 7*greg},
		{"RDI", unsafe.Offsetof(u.rdi), mcontext + 8*greg},
		{"RSI", unsafe.Offsetof(u.rsi), mcontext + 9*greg},
		{"RBP", unsafe.Offsetof(u.rbp), mcontext + 10*greg},
		{"RBX", unsafe.Offsetof(u.rbx), mcontext + 11*greg},
		{"RDX", unsafe.Offsetof(u.rdx), mcontext + 12*greg},
		{"RAX", unsafe.Offsetof(u.rax), mcontext + 13*greg},
		{"RCX", unsafe.Offsetof(u.rcx), mcontext + 14*greg},
		{"RSP", unsafe.Offsetof(u.rsp), mcontext + 15*greg},
		{"RIP", unsafe.Offsetof(u.rip), mcontext + 16*greg},
		{"EFL", unsafe.Offsetof(u.rflags), mcontext + 17*greg},
		{"CSGSFS", unsafe.Offsetof(u.cs), mcontext + 18*greg},
		{"SS", unsafe.Offsetof(u.ss), mcontext + 18*greg + 6},
		{"ERR", unsafe.Offsetof(u.err), mcontext + 19*greg},
		{"TRAPNO", unsafe.Offsetof(u.trap), mcontext + 20*greg},
		{"OLDMASK", unsafe.Offsetof(u.oldmask), mcontext + 21*greg},
		{"CR2", unsafe.Offsetof(u.cr2), mcontext + 22*greg},
		{"fpregs", unsafe.Offsetof(u.fpstate), mcontext + 23*greg},
		{"uc_sigmask", unsafe.Offsetof(u.mask), 296},
		{"si_signo", unsafe.Offsetof(f.info.signo), 0},
		{"si_errno", unsafe.Offsetof(f.info.errno), 4},
		{"si_code", unsafe.Offsetof(f.info.code), 8},
		{"si_addr", unsafe.Offsetof(f.info.addr), 16},
		{"size of siginfo", unsafe.Sizeof(f.info), 128},
		{"ss_sp", unsafe.Offsetof(altStack{}.sp), 0},
		{"ss_flags", unsafe.Offsetof(altStack{}.flags), 8},
		{"ss_size", unsafe.Offsetof(altStack{}.size), 16},
		{"sa_handler", unsafe.Offsetof(action{}.handler), 0},
		{"sa_flags", unsafe.Offsetof(action{}.flags), 8},
		{"sa_restorer", unsafe.Offsetof(action{}.restorer), 16},
		{"sa_mask", unsafe.Offsetof(action{}.mask), 24},
	} {
		expectEqual(t, c.name, c.got, c.want)
	}
}
