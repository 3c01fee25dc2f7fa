package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileRIP = Guest{
	Name:    "hostile-rip",
	Help:    "a jump to where there is no memory",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileRIPCode,
	Expect:  `jumping to nothing`,
	Ends:    Anyhow,
	Hostile: true,
}

func hostileRIPCode(p *Prog) {
	p.LoadIDT()
	p.Print("jumping to nothing\n")
	p.Mov(asm.EBX, asm.Imm(unclaimed))
	p.Trap(func() { p.Jmp(asm.RBX) })
	p.Print("ok hostile-rip got out\n")
}
