package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var inject = Guest{
	Name:   "inject",
	Help:   "faults while an interrupt or exception is delivered, double faults, fresh stacks, nesting",
	Memory: 64 << 20,
	Mode:   Long,
	Code:   injectCode,
	Expect: `ok inject nesting`,
}

const (
	injectInt  = 0x81 // software interrupts
	injectLow  = 0x50 // interrupts of the local APIC
	injectHigh = 0x60
	istByte    = 4 // of a gate
	typeByte   = 5
	absent     = 0x0e // an interrupt gate that is not present
	present    = 0x8e
)

func injectCode(p *Prog) {
	p.LoadIDT()
	p.LoadTask(Scratch + pageSize)
	p.EnableAPIC()
	injectGates(p)
	injectStacks(p)
	injectFresh(p)
	injectNested(p)
}

// gateByte changes a byte of a gate.
func gateByte(p *Prog, vector int, n int64, v uint8) {
	m := Gate(vector)
	m.Disp += n
	m.Size = 1
	p.Mov(m, asm.Imm(v))
}

// injectGates delivers through gates that are not present. APM vol. 2 §8.2.9.
func injectGates(p *Prog) {
	gateByte(p, injectInt, typeByte, absent)
	p.Trap(func() { p.Int(injectInt) })
	p.Check("int n, gate not present", TrapVector, asm.Imm(NP))
	gateByte(p, injectInt, typeByte, present)
	gateByte(p, UD, typeByte, absent)
	p.Trap(p.Ud2)
	p.Check("#UD, gate not present", TrapVector, asm.Imm(NP))
	gateByte(p, UD, typeByte, present)

	gateByte(p, DE, typeByte, absent)
	p.Xor(asm.ECX, asm.ECX)
	p.Trap(func() { p.Div(asm.ECX) })
	p.Check("#DE, gate not present: double fault", TrapVector, asm.Imm(DF))
	p.Check("its error code", TrapCode, asm.Imm(0))
	gateByte(p, DE, typeByte, present)
}

// injectStacks delivers on a stack that is not mapped.
func injectStacks(p *Prog) {
	const noStack = 1 << 40
	raise := func() {
		p.Mov(asm.RBX, asm.RSP)
		p.Mov(asm.RSP, asm.Imm(noStack))
		p.Int(injectInt)
	}
	gateByte(p, PF, istByte, 1)
	p.Trap(raise)
	p.Mov(asm.RSP, asm.RBX)
	p.Check("no stack: #PF", TrapVector, asm.Imm(PF))
	p.Check("no stack: error code", TrapCode, asm.Imm(2))
	p.Check("no stack: CR2", TrapCR2, asm.Imm(noStack-8))
	gateByte(p, PF, istByte, 0)

	gateByte(p, DF, istByte, 1)
	p.Trap(raise)
	p.Mov(asm.RSP, asm.RBX)
	p.Check("no stack for #PF either: double fault", TrapVector, asm.Imm(DF))
	gateByte(p, DF, istByte, 0)
}

// injectFresh delivers on stacks in memory that nobody has touched yet.
func injectFresh(p *Prog) {
	count := p.Count(injectLow, p.apicEnd)
	fresh := int64(8 << 20)
	next := func(vector int) {
		fresh += 4 << 20
		gateByte(p, vector, istByte, 1)
		p.Mov(asm.Mem{Label: "task", Disp: taskIST1, Size: 8}, asm.Imm(fresh))
	}
	next(UD)
	p.Fault("fresh stack, #UD", UD, 0, p.Ud2)
	next(PF)
	p.Mov(asm.RBX, asm.Imm(1<<40))
	p.Fault("fresh stack, #PF", PF, 0, func() { p.Mov(asm.EAX, asm.Mem{Base: asm.RBX}) })
	gateByte(p, PF, istByte, 0)
	next(injectLow)
	p.WriteAPIC(apicICR, apicSelf|injectLow)
	p.TakeInterrupts()
	p.Check("fresh stack, interrupt", count, asm.Imm(1))
}

// injectNested takes an interrupt in the handler of another.
func injectNested(p *Prog) {
	order := asm.Mem{Label: p.Var("order", 4).Label, Size: 4}
	note := func(n asm.Imm) {
		p.Shl(order, asm.Imm(4))
		p.Or(order, n)
	}
	p.Handle(injectHigh, "outer")
	p.Handle(injectHigh+0x10, "inner")
	p.WriteAPIC(apicICR, apicSelf|injectHigh)
	p.Sti()
	p.Nop()
	note(5)
	p.Cli()
	p.Check("nesting", order, asm.Imm(0x12345))
	p.Jmp(asm.Ref("nested"))
	p.Label("outer")
	note(1)
	p.WriteAPIC(apicICR, apicSelf|(injectHigh+0x10))
	p.TakeInterrupts()
	note(4)
	p.apicEnd()
	p.Iret()
	p.Label("inner")
	note(2)
	note(3)
	p.apicEnd()
	p.Iret()
	p.Label("nested")
}
