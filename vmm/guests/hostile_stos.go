package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileStos = Guest{
	Name:    "hostile-stos",
	Help:    "REP STOSD and REP MOVSD over 4 GiB of addresses where devices are or nothing is, interrupts off",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileStosCode,
	Expect:  `storing`,
	Ends:    Anyhow,
	Hostile: true,
}

func hostileStosCode(p *Prog) {
	p.LoadIDT()
	p.Cld()
	p.Print("storing\n")
	p.Label("again")
	p.Mov(asm.EDI, asm.Imm(unclaimed))
	p.Mov(asm.ESI, asm.Imm(unclaimed))
	p.Mov(asm.ECX, asm.Imm(-1))
	p.Trap(func() {
		p.Rep()
		p.Stosd()
	})
	p.Mov(asm.EDI, asm.Imm(unclaimed))
	p.Mov(asm.ECX, asm.Imm(-1))
	p.Trap(func() {
		p.Rep()
		p.Movsd()
	})
	p.Jmp(asm.Ref("again"))
}
