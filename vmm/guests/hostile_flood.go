package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileFlood = Guest{
	Name:    "hostile-flood",
	Help:    "output without end, on the console, on COM1, and by accesses that a host may log",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileFloodCode,
	Expect:  `flooding`,
	Ends:    Anyhow,
	Hostile: true,
}

func hostileFloodCode(p *Prog) {
	const noPorts, noMSRs = 0x2000, 0x10000
	p.LoadIDT()
	p.Print("flooding\n")
	p.Xor(asm.EBX, asm.EBX)
	p.Label("again")
	p.Inc(asm.EBX)
	p.Mov(asm.EAX, asm.EBX)
	p.Out(asm.Imm(consolePort), asm.AL)
	p.Mov(asm.EDX, asm.Imm(com1))
	p.Out(asm.DX, asm.AL)
	p.Movzx(asm.EDX, asm.BL)
	p.Or(asm.EDX, asm.Imm(noPorts))
	p.In(asm.AL, asm.DX)
	p.Mov(asm.ECX, asm.EBX)
	p.Or(asm.ECX, asm.Imm(noMSRs))
	p.Trap(p.Rdmsr)
	p.Mov(asm.EDI, asm.EBX)
	p.Shl(asm.EDI, asm.Imm(12))
	p.Or(asm.EDI, asm.Imm(unclaimed))
	p.Mov(asm.EAX, asm.Mem{Base: asm.RDI})
	p.Jmp(asm.Ref("again"))
}
