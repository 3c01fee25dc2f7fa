package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileCR3 = Guest{
	Name:    "hostile-cr3",
	Help:    "page tables where there is no memory",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileCR3Code,
	Expect:  `page tables in nothing`,
	Ends:    Anyhow,
	Hostile: true,
}

func hostileCR3Code(p *Prog) {
	p.Print("page tables in nothing\n")
	p.Mov(asm.EAX, asm.Imm(unclaimed))
	p.Mov(asm.CR3, asm.RAX)
	p.Ud2()
}
