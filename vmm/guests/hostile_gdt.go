package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileGDT = Guest{
	Name:    "hostile-gdt",
	Help:    "descriptor tables and a task where there is no memory",
	Memory:  4 << 20,
	Mode:    Protected,
	Code:    hostileGDTCode,
	Expect:  `a task in nothing`,
	Ends:    Anyhow,
	Hostile: true,
}

// hostileGDTCode makes the free entry of the GDT a TSS at unclaimed and calls
// it, and then loads a segment from a GDT there.
func hostileGDTCode(p *Prog) {
	const available = 0x8900
	p.LoadIDT()
	current := p.Var("current", tss32Size)
	p.Mov(asm.EAX, asm.Ref(current.Label))
	p.Shl(asm.EAX, asm.Imm(16))
	p.Or(asm.EAX, asm.Imm(tss32Size-1))
	p.Mov(asm.Mem{Label: "gdt", Disp: Task}, asm.EAX)
	p.Mov(asm.Mem{Label: "gdt", Disp: Task + 4, Size: 4}, asm.Imm(available))
	p.Mov(asm.EAX, asm.Imm(Task))
	p.Ltr(asm.AX)
	p.Print("a task in nothing\n")
	const base = unclaimed
	p.Mov(asm.Mem{Label: "gdt", Disp: Task + 8, Size: 4}, asm.Imm(base&0xffff<<16|tss32Size-1))
	p.Mov(asm.Mem{Label: "gdt", Disp: Task + 12, Size: 4}, asm.Imm(base&0xff000000|base>>16&0xff|available))
	p.Trap(func() { p.CallFar(Task+8, "next") })
	p.Label("next")
	p.Print("a GDT in nothing\n")
	register := p.Var("register", 10)
	p.Mov(asm.Mem{Label: register.Label, Size: 2}, asm.Imm(0xffff))
	p.Mov(asm.Mem{Label: register.Label, Disp: 2, Size: 4}, asm.Imm(base))
	p.Lgdt(register)
	p.Mov(asm.EAX, asm.Imm(Data))
	p.Mov(asm.ES, asm.AX)
	p.Print("ok hostile-gdt got out\n")
	p.Exit(0)
}
