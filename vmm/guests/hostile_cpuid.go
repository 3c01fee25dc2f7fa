package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileCPUID = Guest{
	Name:    "hostile-cpuid",
	Help:    "CPUID with 65,536 random leaves",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileCPUIDCode,
	Expect:  `ok hostile-cpuid survived`,
	Hostile: true,
}

func hostileCPUIDCode(p *Prog) {
	randomly(p, randomRounds, func() { randomCPUID(p) })
}

func randomCPUID(p *Prog) {
	p.Mov(asm.ESI, asm.R15D)
	p.Shr(asm.R15, asm.Imm(32))
	within := func(base asm.Imm) func() {
		return func() {
			p.And(asm.ESI, asm.Imm(0x3f))
			p.Or(asm.ESI, base)
		}
	}
	oneOf(p, 2, within(0), within(0x40000000), within(0x80000000), p.Nop)
	p.Mov(asm.ECX, asm.R15D)
	p.Mov(asm.EAX, asm.ESI)
	p.Cpuid()
}
