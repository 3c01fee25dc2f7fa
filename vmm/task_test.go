package vmm_test

import (
	"encoding/binary"
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// A task switch loads the new task, keeps where the old one goes on, behind its
// instruction if it was one, and forgets the event that began it.
func TestTaskSwitch(t *testing.T) {
	const gdt, old, other, selector, next = 0x1000, 0x2000, 0x3000, 0x10, 0x5000
	for _, tc := range []struct {
		name      string
		exit      vmm.Exit
		saved     uint64
		delivered int
		injected  []x86.Vector
	}{
		{"JMP", vmm.Exit{Number: uint8(x86.TaskByJump), Address: selector, Length: 7}, 0x4007, 1, nil},
		{"fault", vmm.Exit{Number: uint8(x86.TaskByEvent), Address: selector, Delivering: true}, 0x4000, 1, nil},
		{"to no task", vmm.Exit{Number: uint8(x86.TaskByJump), Address: 0x18, Length: 7}, 0, 0, []x86.Vector{x86.GeneralProtection}},
	} {
		var rip uint64
		var injected []x86.Vector
		delivered := 0
		vm, _, _, _ := machine(t,
			func(cpu *vmmtest.CPU, e *vmm.Exit) {
				*e = tc.exit
				e.Reason, e.RIP = vmm.ReasonTaskSwitch, 0x4000
				s := &cpu.S
				s.CR0 |= x86.CR0PE
				s.RIP, s.GDTR = 0x4000, x86.Table{Base: gdt, Limit: 0x17}
				s.Seg[x86.TR] = x86.Segment{Selector: 8, Base: old, Limit: 0x67, Attributes: x86.AttrPresent | 0xb}
			},
			func(cpu *vmmtest.CPU, e *vmm.Exit) {
				rip, injected, delivered = cpu.S.RIP, cpu.Injected, cpu.Done
				vmmtest.Out(0xf4, 1, 0)(cpu, e)
			})
		mem := vm.RAM.Span(0)
		put := func(at, v uint64) { binary.LittleEndian.PutUint64(mem[at:], v) }
		put(gdt+8, 0x00008b0020000067)
		put(gdt+0x10, 0x0000890030000067)
		binary.LittleEndian.PutUint32(mem[other+0x20:], next)
		binary.LittleEndian.PutUint32(mem[other+0x24:], uint32(x86.FlagVM)) // its segments need no descriptors
		run(t, vm)
		if delivered != tc.delivered || len(injected) != len(tc.injected) {
			t.Errorf("%s: delivered %d, injected %v", tc.name, delivered, injected)
		}
		if gone := tc.saved != 0; gone != (rip == next) {
			t.Errorf("%s: RIP is %#x", tc.name, rip)
		}
		if got := uint64(binary.LittleEndian.Uint32(mem[old+0x20:])); got != tc.saved && tc.saved != 0 {
			t.Errorf("%s: the old task goes on at %#x, want %#x", tc.name, got, tc.saved)
		}
	}
}
