package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var injectIDT = Guest{
	Name:   "inject-idt",
	Help:   "page faults on the IDT while an interrupt is delivered",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   injectIDTCode,
	Expect: `ok inject-idt gate not mapped, interrupt`,
}

// injectIDTCode puts the IDT across two pages, and takes the second one away.
func injectIDTCode(p *Prog) {
	const (
		pdpt, pd, pt = Scratch + 0x10000, Scratch + 0x11000, Scratch + 0x12000
		frame        = Scratch + 0x13000 // two of them
		virtual      = 1 << 39
		half         = 0x800 // a page has the gates of 256 vectors
		table        = pagePresent | pageWritable
	)
	p.LoadGDT()
	p.LoadIDT()
	p.EnableAPIC()
	for _, e := range [][2]int64{{TablesAt + 8, pdpt}, {pdpt, pd}, {pd, pt}, {pt, frame}, {pt + 8, frame + pageSize}} {
		p.Mov(asm.Mem{Disp: e[0], Size: 8}, asm.Imm(e[1]|table))
	}
	p.Cld()
	p.Lea(asm.RSI, Gate(0))
	p.Mov(asm.EDI, asm.Imm(frame+half))
	p.Mov(asm.ECX, asm.Imm(pageSize))
	p.Rep()
	p.Movsb()
	register := p.Var("register", 10)
	p.Mov(asm.Mem{Label: register.Label, Size: 2}, asm.Imm(pageSize-1))
	p.Mov(asm.RBX, asm.Imm(virtual+half))
	p.Mov(asm.Mem{Label: register.Label, Disp: 2}, asm.RBX)
	p.Lidt(register)
	p.Mov(asm.Mem{Disp: pt + 8, Size: 8}, asm.Imm(0))
	p.Add(asm.RBX, asm.Imm(half))
	p.Invlpg(asm.Mem{Base: asm.RBX})
	p.Fault("gate not mapped, int n", PF, 0, func() { p.Int(injectInt) })
	p.Check("gate not mapped, CR2", TrapCR2, asm.Imm(virtual+half+injectInt*16))
	p.WriteAPIC(apicICR, apicSelf|0x90)
	p.Trap(func() {
		p.Sti()
		p.Nop()
	})
	p.Cli()
	p.Check("gate not mapped, interrupt", TrapVector, asm.Imm(PF))
}
