package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileAC = Guest{
	Name:    "hostile-ac",
	Help:    "an alignment check whose delivery is misaligned, in ring 3, for ever",
	Memory:  4 << 20,
	Mode:    Protected,
	Code:    hostileACCode,
	Expect:  `pushing`,
	Ends:    Anyhow,
	Hostile: true,
}

// hostileACCode is CVE-2015-5307: the handler runs in ring 3 on a stack that is
// not aligned, so that the delivery of #AC raises #AC. Only an intercept of #AC
// gets it out.
func hostileACCode(p *Prog) {
	const (
		cr0AM           = 18
		flagAC, flagIO3 = 1 << 18, 3 << 12 // alignment checks; ring 3 may use ports
		gateDPL3        = 0xee
	)
	p.LoadIDT()
	p.Handle(AC, "alignment")
	gate := func(offset int64, size int) asm.Mem {
		return asm.Mem{Label: "idt.32", Disp: AC*8 + offset, Size: size}
	}
	p.Mov(gate(2, 2), asm.Imm(UserCode32))
	p.Mov(gate(5, 1), asm.Imm(gateDPL3))
	p.setBit(asm.CR0, cr0AM)
	p.Push(asm.Imm(UserData))
	p.Push(asm.Imm(Scratch + pageSize))
	p.Push(asm.Imm(flagAC | flagIO3 | 2))
	p.Push(asm.Imm(UserCode32))
	p.Push(asm.Ref("ring 3"))
	p.Iret()
	p.Label("ring 3")
	p.Mov(asm.EAX, asm.Imm(UserData))
	p.Mov(asm.DS, asm.AX)
	p.Print("pushing\n")
	p.Dec(asm.ESP)
	p.Push(asm.EAX)
	p.Inc(asm.ESP)
	p.Print("ok hostile-ac no alignment checks here\n")
	p.Exit(0)

	p.Label("alignment") // where it gets only if its delivery is not checked
	p.Print("ok hostile-ac got out\n")
	p.Exit(0)
}
