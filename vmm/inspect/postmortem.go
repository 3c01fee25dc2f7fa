package inspect

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// What a post-mortem shows.
const (
	codeBefore = 4 // instructions
	codeAfter  = 8
	stackWords = 16
	lastExits  = 16
)

// PostMortem describes a machine that has ended, or stands still: why in words,
// the processor it happened on, the code and the stack there, the page tables
// that lead there, and the last exits. A bug in it is part of the text: it must
// not end the host.
func PostMortem(vm *vmm.VM) (text string) {
	var b strings.Builder
	defer func() {
		if bug := recover(); bug != nil {
			text = fmt.Sprintf("%s\nbug in Ringo: the post-mortem of %s: %v\n", b.String(), vm.Name, bug)
		}
	}()
	postMortem(&b, vm)
	return b.String()
}

func postMortem(w io.Writer, vm *vmm.VM) {
	e, ended := vm.Ending()
	why := "runs"
	if ended {
		why = e.String()
	}
	cpus := vm.CPUs()
	if e.CPU < 0 || e.CPU >= len(cpus) {
		fmt.Fprintf(w, "vm %s: %s\n", vm.Name, why)
		return
	}
	c := cpus[e.CPU]
	var s x86.State
	c.CPU().State(&s)
	traces := c.Stats.Last(lastExits)
	fmt.Fprintf(w, "vm %s, CPU %d: %s, at RIP %#x\n", vm.Name, c.ID, why, s.RIP)
	if exit := c.Exit(); ended && e.Crashed() {
		code, info1, info2 := c.CPU().Raw()
		fmt.Fprintf(w, "last exit: %s (hardware code %#x, %#x, %#x)\n", exit.Reason, code, info1, info2)
	}
	if ended && e.How == vmm.TripleFault {
		fmt.Fprintln(w)
		Faults(w, &s, vm.RAM, pending(traces))
	}
	fmt.Fprintln(w)
	Registers(w, &s)
	place(w, &s, vm.RAM)
	if len(traces) > 0 {
		fmt.Fprintf(w, "\nlast exits\n")
		Trace(w, traces, Filter{}, lastExits)
	}
}

// pending is the event that was injected with the last entry, if there was one.
func pending(traces []vmm.Trace) *Event {
	if len(traces) == 0 {
		return nil
	}
	vector, exception, ok := traces[len(traces)-1].Injected()
	if !ok {
		return nil
	}
	return &Event{Vector: x86.Vector(vector), Exception: exception}
}

// place shows the code and the stack where a processor is, and the page tables
// that lead to them and to the last address that faulted.
func place(w io.Writer, s *x86.State, mem x86.Memory) {
	rip := s.LinearRIP()
	fmt.Fprintf(w, "\ncode\n")
	start := before(s, mem, rip, codeBefore)
	Disassemble(w, s, mem, start, codeAfter+codeBefore)
	fmt.Fprintf(w, "\nstack\n")
	stack(w, s, mem)
	fmt.Fprintf(w, "\npage tables of RIP\n")
	Walk(w, s, mem, rip)
	if s.CR0&x86.CR0PG != 0 && s.CR2 != 0 {
		fmt.Fprintf(w, "\npage tables of CR2, the last address that faulted\n")
		Walk(w, s, mem, s.CR2)
	}
}

// stack shows the words on the stack, in the size that the mode pushes.
func stack(w io.Writer, s *x86.State, mem x86.Memory) {
	r, width := Linear(s, mem), s.CodeBits()/8
	top := stackPointer(s)
	for i := range uint64(stackWords) {
		var p [8]byte
		at := top + i*uint64(width)
		if r.read(at, p[:width]) < width {
			fmt.Fprintf(w, "   %016x: %s\n", at, absent(s, mem, at))
			return
		}
		fmt.Fprintf(w, "   %016x: %0*x\n", at, 2*width, binary.LittleEndian.Uint64(p[:]))
	}
}

// stackPointer is the linear address of the top of the stack.
func stackPointer(s *x86.State) uint64 {
	rsp := s.GPR[x86.RSP]
	if s.CodeBits() == 64 {
		return rsp
	}
	return uint64(uint32(s.Seg[x86.SS].Base + rsp&stackMask(s)))
}

// stackMask is the bits of RSP that count: the B bit of SS tells, outside of
// 64-bit mode. APM vol. 2 §4.7.3.
func stackMask(s *x86.State) uint64 {
	switch {
	case s.CodeBits() == 64:
		return ^uint64(0)
	case s.Seg[x86.SS].Attributes&x86.AttrBig != 0:
		return 0xffff_ffff
	}
	return 0xffff
}
