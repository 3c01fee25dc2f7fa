package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileRIPMMIO = Guest{
	Name:    "hostile-rip-mmio",
	Help:    "a jump into a device",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileRIPMMIOCode,
	Expect:  `jumping into a device`,
	Ends:    Anyhow,
	Hostile: true,
}

func hostileRIPMMIOCode(p *Prog) {
	p.LoadIDT()
	p.EnableAPIC()
	p.Print("jumping into a device\n")
	p.Mov(asm.EBX, asm.Imm(apicBase+apicID))
	p.Trap(func() { p.Jmp(asm.RBX) })
	p.Print("ok hostile-rip-mmio got out\n")
}
