package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileOuts = Guest{
	Name:    "hostile-outs",
	Help:    "REP OUTSB 4 billion times, which a timer interrupt must get through",
	Memory:  4 << 20,
	Mode:    Protected,
	Code:    hostileOutsCode,
	Expect:  `ok hostile-outs interrupted`,
	Hostile: true,
}

// hostileOutsCode ends in the handler of the fifth tick, where the registers
// must say how far the instruction got.
func hostileOutsCode(p *Prog) {
	const vector = 0x20
	p.LoadIDT()
	ticks := p.Var("ticks", 4)
	ticks.Size = 4
	p.Handle(vector, "tick")
	p.InitPIC(vector, 0xfffe)
	p.StartPIT(200)
	p.Cld()
	p.Xor(asm.ESI, asm.ESI)
	p.Mov(asm.ECX, asm.Imm(-1))
	p.Mov(asm.EDX, asm.Imm(postCode))
	p.Sti()
	p.Nop() // QEMU 7.2 would take the whole REP for the instruction behind STI
	p.Label("rep")
	p.Rep()
	p.Outsb()
	p.Label("tick")
	p.picEnd()
	p.Inc(ticks)
	p.Cmp(ticks, asm.Imm(5))
	p.J(asm.AE, "enough")
	p.Iret()
	p.Label("enough")
	p.Mov(asm.EBX, asm.ESP)
	p.Check("interrupted", asm.Mem{Base: asm.EBX, Size: 4}, asm.Ref("rep"))
	p.Add(asm.ECX, asm.ESI)
	p.Check("done and left", asm.ECX, asm.Imm(-1))
}
