package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileTables = Guest{
	Name:    "hostile-tables",
	Help:    "page tables whose every entry is themselves",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileTablesCode,
	Expect:  `tables of themselves`,
	Ends:    Anyhow,
	Hostile: true,
}

// hostileTablesCode maps every page to the page table itself, the code too.
func hostileTablesCode(p *Prog) {
	const self = Scratch
	p.LoadIDT()
	p.Cld()
	p.Mov(asm.EDI, asm.Imm(self))
	p.Mov(asm.EAX, asm.Imm(self|pagePresent|pageWritable))
	p.Mov(asm.ECX, asm.Imm(512))
	p.Rep()
	p.Stosq()
	p.Print("tables of themselves\n")
	p.Mov(asm.EAX, asm.Imm(self))
	p.Mov(asm.CR3, asm.RAX)
	p.Ud2()
}
