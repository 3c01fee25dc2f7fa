package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var taskFaults = Guest{
	Name:   "task-faults",
	Help:   "task switches: JMP, a 16-bit task, INT, error codes, what is refused, and what the new task is told",
	Memory: 4 << 20,
	Mode:   Protected,
	Code:   taskFaultsCode,
	Expect: `ok task-faults the first to the end`,
}

// More fields of a 32-bit TSS, those of a 16-bit one, and types of both. APM
// vol. 2 §12.2.4 and table 4-5.
const (
	tssCR3     = 0x1c
	tssGS      = 0x5c
	tss16IP    = 0x0e
	tss16Flags = 0x10
	tss16AX    = 0x12
	tss16ES    = 0x22
	tss16CS    = 0x24
	tss16SS    = 0x26
	tss16DS    = 0x28
	tss16Size  = 0x2c
	task32     = 0x89
	task16     = 0x81
	taskBusy   = 0x02
	taskGate   = 0x8500
	flagNT     = 1 << 14
)

// taskEntry makes the entry of a selector a TSS. It changes EAX.
func taskEntry(p *Prog, selector int64, label string, limit int, kind asm.Imm) {
	p.Mov(asm.EAX, asm.Ref(label))
	p.Shl(asm.EAX, asm.Imm(16))
	p.Or(asm.EAX, asm.Imm(limit))
	p.Mov(asm.Mem{Label: "gdt", Disp: selector}, asm.EAX)
	p.Mov(asm.Mem{Label: "gdt", Disp: selector + 4, Size: 4}, kind<<8)
}

// taskKind is the type of a selector's entry.
func taskKind(selector int64) asm.Mem { return asm.Mem{Label: "gdt", Disp: selector + 5, Size: 1} }

// taskFields fills in the fields that every 32-bit task here has. It goes on at
// a label.
func taskFields(p *Prog, tss, at string, stack int64) {
	field := func(offset int64, v asm.Operand) { p.Mov(asm.Mem{Label: tss, Disp: offset, Size: 4}, v) }
	field(tssEIP, asm.Ref(at))
	field(tssFlags, asm.Imm(2))
	field(tssESP, asm.Imm(stack))
	for _, offset := range []int64{tssES, tssSS, tssDS} {
		field(offset, asm.Imm(Data))
	}
	field(tssCS, asm.Imm(Code32))
}

func taskFaultsCode(p *Prog) {
	const one, two, vector, bad = Task, Task + 8, 0x81, 0xfff8
	p.LoadIDT()
	p.Var("one", tss32Size)
	p.Var("two", tss32Size)
	p.Var("small", tss32Size) // a 16-bit one, and room for who thinks that it is longer
	taskEntry(p, one, "one", tss32Size-1, task32)
	p.Mov(asm.EAX, asm.Imm(one))
	p.Ltr(asm.AX)
	gate := func(vector int64) {
		p.Mov(asm.Mem{Label: "idt.32", Disp: vector * 8, Size: 4}, asm.Imm(two<<16))
		p.Mov(asm.Mem{Label: "idt.32", Disp: vector*8 + 4, Size: 4}, asm.Imm(taskGate))
	}

	p.Fault("call of a busy task", GP, one, func() { p.CallFar(one, "jumped") })
	taskEntry(p, two, "two", tss32Size-1, task32&^0x80)
	p.Fault("task not present", NP, two, func() { p.JmpFar(two, "jumped") })
	taskEntry(p, two, "two", tss32Size-2, task32)
	p.Fault("task too small", TS, two, func() { p.JmpFar(two, "jumped") })

	taskFields(p, "two", "jumped", Scratch+pageSize)
	taskEntry(p, two, "two", tss32Size-1, task32)
	p.JmpFar(two, "jumped")
	p.Check("jump and back", taskKind(two), asm.Imm(task32))

	for _, f := range []struct {
		offset int64
		v      asm.Operand
	}{
		{tss16IP, asm.Ref("jumped16")}, {tss16Flags, asm.Imm(2)}, {tss16AX, asm.Imm(0x4321)},
		{tss16ES, asm.Imm(Data)}, {tss16CS, asm.Imm(Code32)}, {tss16SS, asm.Imm(Data)}, {tss16DS, asm.Imm(Data)},
	} {
		p.Mov(asm.EAX, f.v)
		p.Mov(asm.Mem{Label: "small", Disp: f.offset, Size: 2}, asm.AX)
	}
	taskEntry(p, two, "small", tss16Size-1, task16)
	p.Xor(asm.EDX, asm.EDX)
	p.JmpFar(two, "jumped16")
	p.Check("16-bit task", asm.Mem{Label: "small", Disp: tss16AX, Size: 2}, asm.Imm(0x4322))

	taskFields(p, "two", "interrupted", Scratch+pageSize)
	taskEntry(p, two, "two", tss32Size-1, task32)
	gate(vector)
	p.Mov(asm.EBX, asm.Imm(1))
	p.Int(vector)
	p.Label("behind")
	p.Check("INT saves where it goes on", asm.Mem{Label: "two", Disp: tssEAX, Size: 4}, asm.Ref("behind"))
	p.Check("and the rest", asm.EBX, asm.Imm(1))

	taskFields(p, "two", "protection", Scratch+pageSize)
	gate(GP)
	p.Mov(asm.EAX, asm.Imm(bad))
	p.Label("fault")
	p.Mov(asm.ES, asm.AX)
	p.Label("skipped")
	p.Check("error code of a fault", asm.Mem{Label: "two", Disp: tssEAX, Size: 4}, asm.Imm(bad))
	p.Check("where it came from", asm.Mem{Label: "two", Disp: tssEAX + 4, Size: 4}, asm.Ref("fault"))

	taskFields(p, "two", "never", Scratch+pageSize)
	p.Mov(asm.Mem{Label: "two", Disp: tssGS, Size: 4}, asm.Imm(bad))
	p.Trap(func() { p.JmpFar(two, "never") }) // the trap is the new task's, which goes on behind it
	p.Str(asm.EBX)
	p.Cmp(asm.EBX, asm.Imm(two))
	p.J(asm.NZ, "first")
	p.Check("fault in the new task", TrapVector, asm.Imm(TS))
	p.Check("its code", TrapCode, asm.Imm(bad))
	p.Mov(asm.EBX, asm.ESP)
	p.Check("its stack", asm.EBX, asm.Imm(Scratch+pageSize))
	p.JmpFar(one, "first")
	p.Label("first")
	p.Str(asm.EBX)
	p.Check("the first to the end", asm.EBX, asm.Imm(one))
	p.Done()

	p.Label("jumped")
	p.Check("jump, the first is free", taskKind(one), asm.Imm(task32))
	p.Check("jump, the second is busy", taskKind(two), asm.Imm(task32|taskBusy))
	p.Pushf()
	p.Pop(asm.EAX)
	p.And(asm.EAX, asm.Imm(flagNT))
	p.Check("jump, nested flag", asm.EAX, asm.Imm(0))
	p.JmpFar(one, "never")

	p.Label("jumped16")
	p.Inc(asm.AX)
	p.JmpFar(one, "never")

	p.Label("interrupted")
	p.Mov(asm.EAX, asm.Mem{Label: "one", Disp: tssEIP, Size: 4})
	p.Mov(asm.EBX, asm.Imm(2))
	p.Iret()

	p.Label("protection")
	p.Pop(asm.EAX)
	p.Mov(asm.ECX, asm.Mem{Label: "one", Disp: tssEIP, Size: 4})
	p.Mov(asm.Mem{Label: "one", Disp: tssEIP, Size: 4}, asm.Ref("skipped"))
	p.Iret()

	p.Label("never")
	p.Print("FAIL task-faults never\n")
}
