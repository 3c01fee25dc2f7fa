package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileIDT = Guest{
	Name:    "hostile-idt",
	Help:    "an IDT where there is no memory",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileIDTCode,
	Expect:  `an exception with the IDT in nothing`,
	Ends:    Anyhow,
	Hostile: true,
}

func hostileIDTCode(p *Prog) {
	p.Print("an exception with the IDT in nothing\n")
	register := p.Var("register", 10)
	p.Mov(asm.Mem{Label: register.Label, Size: 2}, asm.Imm(0xfff))
	p.Mov(asm.EAX, asm.Imm(unclaimed))
	p.Mov(asm.Mem{Label: register.Label, Disp: 2}, asm.RAX)
	p.Lidt(register)
	p.Ud2()
}
