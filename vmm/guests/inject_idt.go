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
		frame = Scratch // two of them
		half  = 0x800   // a page has the gates of 256 vectors
	)
	p.LoadIDT()
	p.EnableAPIC()
	p.MapHigh(frame, frame+pageSize)
	p.Cld()
	p.Lea(asm.RSI, Gate(0))
	p.Mov(asm.EDI, asm.Imm(frame+half))
	p.Mov(asm.ECX, asm.Imm(pageSize))
	p.Rep()
	p.Movsb()
	register := p.Var("register", 10)
	p.Mov(asm.Mem{Label: register.Label, Size: 2}, asm.Imm(pageSize-1))
	p.Mov(asm.RBX, asm.Imm(High+half))
	p.Mov(asm.Mem{Label: register.Label, Disp: 2}, asm.RBX)
	p.Lidt(register)
	p.Mov(asm.Mem{Disp: HighTable + 8, Size: 8}, asm.Imm(0))
	p.Add(asm.RBX, asm.Imm(half))
	p.Invlpg(asm.Mem{Base: asm.RBX})
	p.Fault("gate not mapped, int n", PF, 0, func() { p.Int(injectInt) })
	p.Check("gate not mapped, CR2", TrapCR2, asm.Imm(High+half+injectInt*16))
	p.WriteAPIC(apicICR, apicSelf|0x90)
	p.Trap(func() {
		p.Sti()
		p.Nop()
	})
	p.Cli()
	p.Check("gate not mapped, interrupt", TrapVector, asm.Imm(PF))
}
