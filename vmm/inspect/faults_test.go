package inspect

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestFaultsTellTheFirstOneAndThoseThatFollow(t *testing.T) {
	load := []byte{0x48, 0x8b, 0x18} // mov (%rax),%rbx
	for _, tc := range []struct {
		name     string
		code     []byte
		change   func(r *rig)
		injected *Event
		want     []string
	}{
		{"no IDT", []byte{0x0f, 0x0b}, func(r *rig) { r.s.IDTR.Limit = 0 }, nil, []string{
			"RIP 0x8000, ud2", "#UD\n", "#UD cannot be delivered", "gate 0x6 at linear 0x7060 lies beyond the IDT's limit 0x0: #GP(0x33)",
			"gate 0xd", "#GP(0x6b)", "#GP while #GP is delivered: #DF", "gate 0x8", "#GP while #DF is delivered: triple fault",
		}},
		{"page fault, gate not present", load, func(r *rig) {
			r.s.GPR[x86.RAX] = missing
			r.m.put64(idt+16*14, gate64(selCode64, 0, 0)&^(1<<47))
			r.m.put64(idt+16*8, 0)
		}, nil, []string{
			"mov (%rax),%rbx", "read of 8 bytes at linear 0x100000, not present (level 1 entry 0x0 at 0x4800): #PF(0x0)\n",
			"gate 0xe at linear 0x70e0", "not present: #NP(0x73)", "#NP while #PF is delivered: #DF",
			"gate 0x8 at linear 0x7080", "type 0x0", "#GP(0x43)", "triple fault",
		}},
		{"write at a read-only page, the IDT unmapped", []byte{0x48, 0x89, 0x18}, func(r *rig) {
			r.s.GPR[x86.RAX] = 0xb000
			r.m.put64(ptes+0xb*8, 0xb000|p)
			r.unmap(idt)
		}, nil, []string{
			"write of 8 bytes at linear 0xb000, protection violation", "#PF(0x3)", "read of its gate 0xe at linear 0x70e0, not present", "#PF(0x0)",
			"#PF while #PF is delivered: #DF", "read of its gate 0x8 at linear 0x7080, not present", "#PF while #DF is delivered: triple fault",
		}},
		{"stack overflow", []byte{0x50}, func(r *rig) {
			r.s.GPR[x86.RSP] = missing + 0x1000
		}, nil, []string{
			"push %rax", "push of 8 bytes at linear 0x100ff8, not present", "#PF(0x2)",
			"#PF cannot be delivered: push of 48 bytes on the stack at linear 0x100fd0, not present", "#DF", "triple fault",
		}},
		{"stack overflow with a stack of its own for #DF", []byte{0x50}, func(r *rig) {
			r.s.GPR[x86.RSP] = missing + 0x1000
			r.m.put64(tss+0x24, stack0)
			r.m.put64(idt+16*8, gate64(selCode64, 0xc008, 1))
		}, nil, []string{"#PF while #PF is delivered: #DF", "#DF: it could be delivered now, to 0008:0xc008"}},
		{"IST beyond the TSS", []byte{0x0f, 0x0b}, func(r *rig) {
			r.s.Seg[x86.TR].Limit = 0x20
			for v := range uint64(32) {
				r.m.put64(idt+16*v, gate64(selCode64, 0xc000, 2))
			}
		}, nil, []string{"IST2 of the TSS lies beyond the TSS's limit 0x20: #TS(0x41)", "#TS cannot", "#DF", "triple fault"}},
		{"division, selector beyond the GDT", []byte{0xf7, 0xf1}, func(r *rig) {
			for v := range uint64(32) {
				r.m.put64(idt+16*v, gate64(0x80, 0xc000, 0))
			}
		}, nil, []string{"div %ecx", "division by 0: #DE\n", "selector 0x80 lies beyond the GDT's limit 0x27: #GP(0x81)", "#GP while #DE is delivered: #DF", "triple fault"}},
		{"quotient too large", []byte{0x48, 0xf7, 0xf1}, func(r *rig) {
			r.s.GPR[x86.RCX], r.s.GPR[x86.RDX] = 5, 5
		}, nil, []string{"does not fit: #DE", "could be delivered now, to 0008:0xc000"}},
		{"32-bit code in a gate of long mode", []byte{0x0f, 0x0b}, func(r *rig) {
			for v := range uint64(32) {
				r.m.put64(idt+16*v, gate64(selCode32, 0xc000, 0))
			}
		}, nil, []string{"selector 0x18 is no 64-bit code: #GP(0x19)", "triple fault"}},
		{"data in a gate, code not present in the others", []byte{0x0f, 0x0b}, func(r *rig) {
			r.m.put64(idt+16*6, gate64(selData, 0xc000, 0))
			r.m.put64(idt+16*13, gate64(selAbsent, 0xc000, 0))
			r.m.put64(idt+16*8, gate64(0, 0xc000, 0))
		}, nil, []string{"is no code segment: #GP(0x11)", "is not present: #NP(0x21)", "#NP while #GP is delivered: #DF", "null selector: #GP(0x1)", "triple fault"}},
		{"breakpoint in memory never written", []byte{0xcc}, func(r *rig) { r.s.IDTR.Limit = 0 }, nil, []string{
			"int3", "a breakpoint", "#BP\n", "#BP cannot", "#GP(0x1a)"}},
		{"software interrupt by a user", []byte{0xcd, 0x80}, func(r *rig) { r.s.CPL = 3; r.s.IDTR.Limit = 0x80<<4 | 0xf }, nil, []string{
			"a software interrupt", "whose DPL 0 does not let CPL 3 use it: #GP(0x402)"}},
		{"user's fault without a stack in the TSS", load, func(r *rig) {
			r.s.CPL, r.s.GPR[x86.RAX] = 3, 0xb000
			r.m.put64(ptes+0xb*8, 0xb000|p|rw)
			r.m.put64(tss+4, nowhere)
		}, nil, []string{"read of 8 bytes at linear 0xb000, protection violation", "#PF(0x5)", "push of 48 bytes on the stack RSP0 of the TSS at linear 0x3fffd0, not present", "triple fault"}},
		{"RIP is nowhere", nil, func(r *rig) { r.s.RIP = nowhere; r.s.IDTR.Limit = 0 }, nil, []string{
			"RIP 0x400000", "fetch at linear 0x400000, not present (level 2 entry 0x0 at 0x3010): #PF(0x10)", "triple fault"}},
		{"the instruction goes on in a page that is missing", nil, func(r *rig) {
			r.s.RIP, r.s.IDTR.Limit = missing-1, 0
			r.m[missing-1] = 0x48
		}, nil, []string{"fetch at linear 0x100000, not present", "triple fault"}},
		{"RIP is not canonical", nil, func(r *rig) { r.s.RIP = 1 << 60 }, nil, []string{"not canonical: #GP(0x0)"}},
		{"no execution", []byte{0x90}, func(r *rig) { r.m.put64(ptes+8*8, code|p|rw|us|1<<63) }, nil, []string{"fetch at linear 0x8000, protection violation", "#PF(0x11)"}},
		{"address not canonical", load, func(r *rig) { r.s.GPR[x86.RAX] = 1 << 48 }, nil, []string{"at 0x1000000000000, which is not canonical: #GP(0x0)"}},
		{"two pages, the second missing", load, func(r *rig) { r.s.GPR[x86.RAX] = missing - 4 }, nil, []string{"at linear 0x100000, not present"}},
		{"bytes of no instruction", []byte{0x06}, nil, nil, []string{"no such instruction: #UD"}},
		{"SSE turned off", []byte{0x0f, 0x28, 0x00}, func(r *rig) { r.s.CR4 &^= x86.CR4OSFXSR }, nil, []string{"CR4.OSFXSR: #UD"}},
		{"AVX turned off", []byte{0xc5, 0xfd, 0x6f, 0x00}, nil, nil, []string{"AVX is not turned on", "#UD"}},
		{"privileged", []byte{0xf4}, func(r *rig) { r.s.CPL = 3 }, nil, []string{"hlt", "is privileged, and CPL is 3: #GP(0x0)"}},
		{"paging without PAE in long mode", []byte{0x0f, 0x22, 0xe0}, nil, nil, []string{"CR4.PAE cleared in long mode", "#GP(0x0)"}},
		{"segment load", []byte{0x8e, 0xd8}, func(r *rig) { r.s.GPR[x86.RAX] = 0x48 }, nil, []string{"selector 0x48 lies beyond the GDT's limit 0x27: #GP(0x48)"}},
		{"stack segment load", []byte{0x8e, 0xd0}, func(r *rig) { r.s.GPR[x86.RAX] = selCode32 }, nil, []string{"no stack for CPL 0: #GP(0x18)"}},
		{"task register", []byte{0x0f, 0x00, 0xd8}, func(r *rig) { r.s.GPR[x86.RAX] = selData }, nil, []string{"no available TSS: #GP(0x10)"}},
		{"IRET to nowhere", []byte{0x48, 0xcf}, func(r *rig) { r.m.put64(stack0, 0, 0x88) }, nil, []string{"selector 0x88 lies beyond", "#GP(0x88)"}},
		{"repeated no times", []byte{0xf3, 0xaa}, func(r *rig) { r.s.GPR[x86.RDI] = missing }, nil, []string{"nothing about it is wrong now"}},
		{"repeated", []byte{0xf3, 0xaa}, func(r *rig) { r.s.GPR[x86.RDI], r.s.GPR[x86.RCX] = missing, 1 }, nil, []string{"write of 1 bytes at linear 0x100000, not present", "#PF(0x2)"}},
		{"no access", []byte{0x48, 0x8d, 0x18}, func(r *rig) { r.s.GPR[x86.RAX] = missing }, nil, []string{"nothing about it is wrong now"}},
		{"single step", []byte{0x90}, func(r *rig) { r.s.RFLAGS |= x86.FlagTF; r.s.IDTR.Limit = 0 }, nil, []string{"single step: #DB", "gate 0x1", "triple fault"}},
		{"injected interrupt", []byte{0x90}, func(r *rig) { r.s.IDTR.Limit = 31*16 - 1; r.unmap(stack0) }, &Event{Vector: 0x20}, []string{
			"interrupt 0x20 was injected", "gate 0x20", "#GP(0x103)", "#PF(0x2)", "#DF", "triple fault"}},
		{"injected interrupt that is taken", []byte{0x0f, 0x0b}, nil, &Event{Vector: 0x20}, []string{"ud2", "#UD: it could be delivered now"}},
		{"tables outside of memory", load, func(r *rig) { r.s.CR3 = nowhere }, nil, []string{"the code at linear 0x8000 is not in memory"}},
		{"the handler is not canonical", []byte{0x0f, 0x0b}, func(r *rig) { r.m.put64(idt+16*6+8, 0xffff) }, nil, []string{
			"its gate 0x6 at linear 0x7060 leads to 0xffff0000c006, which is not canonical: #GP(0x1)"}},
	} {
		r := newRig(tc.code...)
		if tc.change != nil {
			tc.change(r)
		}
		var b strings.Builder
		Faults(&b, &r.s, r.m, tc.injected)
		want(t, tc.name, b.String(), tc.want...)
	}
}

// protected makes the rig's processor one in 32-bit protected mode without
// paging.
func (r *rig) protected() *rig {
	r.s.CR0, r.s.CR4, r.s.EFER = x86.CR0PE, 0, 0
	r.s.Seg[x86.CS] = x86.FlatCode32
	for v := range uint64(256) {
		r.m.put64(idt+8*v, gate64(selCode32, 0xc000+v, 0))
	}
	return r
}

func TestFaultsOutsideOfLongMode(t *testing.T) {
	for _, tc := range []struct {
		name   string
		code   []byte
		change func(r *rig)
		want   []string
	}{
		{"all is well", []byte{0x0f, 0x0b}, nil, []string{"#UD: it could be delivered now, to 0018:0xc006"}},
		{"no IDT", []byte{0x0f, 0x0b}, func(r *rig) { r.s.IDTR.Limit = 0 }, []string{"gate 0x6 at linear 0x7030", "#GP(0x33)", "triple fault"}},
		{"beyond a segment", []byte{0x8b, 0x18}, func(r *rig) { r.s.GPR[x86.RAX], r.s.Seg[x86.DS].Limit = 0x2000, 0x1fff }, []string{
			"read of 4 bytes at DS:0x2000, outside of the segment", "#GP(0x0)", "could be delivered now"}},
		{"RIP beyond CS", []byte{0x90}, func(r *rig) { r.s.Seg[x86.CS].Limit = 0xfff }, []string{"lies beyond the limit 0xfff of CS: #GP(0x0)"}},
		{"no room on the stack", []byte{0x50}, func(r *rig) { r.s.Seg[x86.SS].Limit = 0xfff }, []string{"which the stack segment has not: #SS(0x0)", "outside of the stack segment: #SS(0x1)", "triple fault"}},
		{"null stack in the TSS", []byte{0xf4}, func(r *rig) { r.s.CPL = 3 }, []string{"is privileged", "the stack of level 0 in the TSS: selector 0x0 is null: #TS(0x1)", "triple fault"}},
		{"a stack in the TSS", []byte{0xf4}, func(r *rig) {
			r.s.CPL = 3
			r.m.put32(tss+4, stack0)
			r.m.put32(tss+8, selData)
		}, []string{"could be delivered now"}},
		{"task gate", []byte{0x0f, 0x0b}, func(r *rig) { r.m.put64(idt+8*6, 0x85<<40|0x40<<16) }, []string{"is a task gate"}},
		{"far jump to data", []byte{0xea, 0, 0, 0, 0, selData, 0}, nil, []string{"is no code segment: #GP(0x10)"}},
		{"handler beyond its segment", []byte{0x0f, 0x0b}, func(r *rig) { r.m.put64(gdt+selCode32, 0x0040_9a00_0000_0fff) }, []string{"beyond the limit 0xfff of its segment: #GP(0x1)", "triple fault"}},
		{"32-bit SP on a 16-bit stack", []byte{0x50}, func(r *rig) {
			r.s.GPR[x86.RSP] = 0x1_0000
			r.s.Seg[x86.SS] = x86.Segment{Attributes: 0x93, Limit: 0xffff}
		}, []string{"nothing about it is wrong now"}},
	} {
		r := newRig(tc.code...).protected()
		if tc.change != nil {
			tc.change(r)
		}
		var b strings.Builder
		Faults(&b, &r.s, r.m, nil)
		want(t, tc.name, b.String(), tc.want...)
	}
}

func TestFaultsInRealMode(t *testing.T) {
	r := newRig(0xf7, 0xf1) // div %cx
	r.s.Reset(0)
	r.s.Seg[x86.CS].Base, r.s.Seg[x86.CS].Selector, r.s.RIP = code, code>>4, 0
	r.s.GPR[x86.RSP] = 0x7000
	r.m.put32(0, 0xf000_1234)
	text := func() string {
		var b strings.Builder
		Faults(&b, &r.s, r.m, nil)
		return b.String()
	}
	want(t, "with a vector", text(), "division by 0: #DE", "could be delivered now, to f000:0x1234")
	r.s.IDTR.Limit = 0
	want(t, "without vectors", text(), "#DE cannot be delivered: its vector at 0x0 lies beyond the limit 0x0 of IDTR: #GP\n", "#DF", "triple fault")
}
