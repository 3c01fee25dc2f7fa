package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostilePorts = Guest{
	Name:    "hostile-ports",
	Help:    "65,536 random port accesses",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostilePortsCode,
	Expect:  `ok hostile-ports survived`,
	Hostile: true,
}

func hostilePortsCode(p *Prog) {
	randomly(p, randomRounds, func() { randomPort(p) })
}

// randomPort leaves out the ports that end the machine, reset it, or print, and
// others, by blocks of 8 ports. The rest may be written with anything.
func randomPort(p *Prog, others ...asm.Imm) {
	const (
		keyboard, resetA20, smi, debug, pm, pci = 0x60, 0x90, 0xb0, 0xf0, 0x600, 0xcf8
		console, console2, fwCfg, fwCfgDMA      = 0xe8, 0x400, 0x510, 0x518
	)
	p.Mov(asm.EDX, asm.R15D)
	p.Shr(asm.R15, asm.Imm(16))
	p.And(asm.EDX, asm.Imm(0xfffc))
	p.Mov(asm.EAX, asm.EDX)
	p.And(asm.EAX, asm.Imm(0xfff8))
	out := []asm.Imm{keyboard, resetA20, smi, debug, pm, pci, com1, console, console2, fwCfg, fwCfgDMA}
	for _, port := range append(out, others...) {
		p.Cmp(asm.EAX, port)
		p.J(asm.E, "skipped")
	}
	p.Mov(asm.RBX, asm.R15)
	oneOf(p, 3,
		func() { p.In(asm.AL, asm.DX) },
		func() { p.In(asm.AX, asm.DX) },
		func() { p.In(asm.EAX, asm.DX) },
		func() { p.Inc(asm.EDX); p.In(asm.AL, asm.DX) },
		func() { p.Add(asm.EDX, asm.Imm(3)); p.Mov(asm.EAX, asm.EBX); p.Out(asm.DX, asm.AL) },
		func() { p.Mov(asm.EAX, asm.EBX); p.Out(asm.DX, asm.AL) },
		func() { p.Mov(asm.EAX, asm.EBX); p.Out(asm.DX, asm.AX) },
		func() { p.Mov(asm.EAX, asm.EBX); p.Out(asm.DX, asm.EAX) },
	)
}
