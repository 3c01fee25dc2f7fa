package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileCR4 = Guest{
	Name:    "hostile-cr4",
	Help:    "reserved bits written to control registers",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileCR4Code,
	Expect:  `writing reserved bits`,
	Ends:    Anyhow,
	Hostile: true,
}

func hostileCR4Code(p *Prog) {
	p.LoadIDT()
	p.Print("writing reserved bits\n")
	for _, r := range []asm.Reg{asm.CR3, asm.CR0, asm.CR4} {
		p.Mov(asm.RAX, r)
		p.Bts(asm.RAX, asm.Imm(63))
		p.Fault(r.String(), GP, 0, func() { p.Mov(r, asm.RAX) })
	}
}
