package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var task = Guest{
	Name:   "task",
	Help:   "task switches by the processor: CALL, IRET, and an exception through a task gate",
	Memory: 4 << 20,
	Mode:   Protected,
	Code:   taskCode,
	Expect: `ok task gate returns`,
}

// Fields of a 32-bit TSS, and its size. APM vol. 2 §12.2.4.
const (
	tssLink   = 0x00
	tssEIP    = 0x20
	tssFlags  = 0x24
	tssEAX    = 0x28
	tssESP    = 0x38
	tssES     = 0x48
	tssCS     = 0x4c
	tssSS     = 0x50
	tssDS     = 0x54
	tss32Size = 0x68
)

func taskCode(p *Prog) {
	const (
		one, two  = Task, Task + 8
		available = 0x8900 // upper half of a descriptor: a TSS that is present
		cr0TS     = 3
	)
	p.LoadIDT()
	p.Var("one", tss32Size)
	p.Var("two", tss32Size)
	for _, t := range []struct {
		label    string
		selector int64
	}{{"one", one}, {"two", two}} {
		p.Mov(asm.EAX, asm.Ref(t.label))
		p.Shl(asm.EAX, asm.Imm(16))
		p.Or(asm.EAX, asm.Imm(tss32Size-1))
		p.Mov(asm.Mem{Label: "gdt", Disp: t.selector}, asm.EAX)
		p.Mov(asm.Mem{Label: "gdt", Disp: t.selector + 4, Size: 4}, asm.Imm(available))
	}
	for _, f := range []struct {
		offset int64
		v      asm.Operand
	}{
		{tssEIP, asm.Ref("second")}, {tssFlags, asm.Imm(2)}, {tssEAX, asm.Imm(0x1234)}, {tssESP, asm.Imm(Scratch + pageSize)},
		{tssES, asm.Imm(Data)}, {tssCS, asm.Imm(Code32)}, {tssSS, asm.Imm(Data)}, {tssDS, asm.Imm(Data)},
	} {
		p.Mov(asm.Mem{Label: "two", Disp: f.offset, Size: 4}, f.v)
	}
	p.Mov(asm.EAX, asm.Imm(one))
	p.Ltr(asm.AX)
	p.Mov(asm.EBX, asm.Imm(0x5678))
	p.CallFar(two, "second") // the offset is ignored
	p.Check("registers of the first", asm.EBX, asm.Imm(0x5678))
	p.Str(asm.EAX)
	p.Check("the first again", asm.EAX, asm.Imm(one))

	gate := func(offset int64) asm.Mem { return asm.Mem{Label: "idt.32", Disp: UD*8 + offset, Size: 4} }
	p.Mov(gate(0), asm.Imm(two<<16))
	p.Mov(gate(4), asm.Imm(taskGate))
	p.Ud2()
	p.Check("gate returns", asm.EBX, asm.Imm(0x5678))
	p.Done()

	p.Label("second")
	p.Check("registers of the second", asm.EAX, asm.Imm(0x1234))
	p.Str(asm.EAX)
	p.Check("the second", asm.EAX, asm.Imm(two))
	p.Check("link", asm.Mem{Label: "two", Disp: tssLink, Size: 2}, asm.Imm(one))
	p.Pushf()
	p.Pop(asm.EBX)
	p.Bt(asm.EBX, asm.Imm(14)) // NT
	p.Set(asm.C, asm.AL)
	p.Check("nested flag", asm.AL, asm.Imm(1))
	p.Mov(asm.EBX, asm.CR0)
	p.Bt(asm.EBX, asm.Imm(cr0TS))
	p.Set(asm.C, asm.AL)
	p.Check("CR0.TS", asm.AL, asm.Imm(1))
	p.Iret()

	// The exception comes here, behind the IRET, where the task stopped.
	p.Print("ok task gate\n")
	p.Add(asm.Mem{Label: "one", Disp: tssEIP, Size: 4}, asm.Imm(2)) // skip the UD2
	p.Iret()
}
