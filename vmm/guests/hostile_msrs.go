package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileMSRs = Guest{
	Name:    "hostile-msrs",
	Help:    "65,536 random MSR accesses",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileMSRsCode,
	Expect:  `ok hostile-msrs survived`,
	Hostile: true,
}

func hostileMSRsCode(p *Prog) {
	randomly(p, randomRounds, func() { randomMSR(p) })
}

// randomMSR takes most MSRs from the three ranges that exist.
func randomMSR(p *Prog) {
	p.Mov(asm.ECX, asm.R15D)
	p.Shr(asm.R15, asm.Imm(13))
	within := func(base asm.Imm) func() {
		return func() {
			p.And(asm.ECX, asm.Imm(0x1fff))
			p.Or(asm.ECX, base)
		}
	}
	oneOf(p, 2, within(0), within(0xc0000000), within(0xc0010000), p.Nop)
	p.Mov(asm.RBX, asm.R15)
	p.Mov(asm.RDX, asm.R15)
	p.Shr(asm.RDX, asm.Imm(16))
	oneOf(p, 2, p.Rdmsr,
		func() { p.Mov(asm.EAX, asm.EBX); p.Xor(asm.EDX, asm.EDX); p.Wrmsr() },
		func() { p.Mov(asm.EAX, asm.EBX); p.Wrmsr() })
}
