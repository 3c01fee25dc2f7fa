package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var shadow = Guest{
	Name:   "shadow",
	Help:   "what follows STI or MOV SS runs before a pending interrupt or trap",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   shadowCode,
	Expect: `ok shadow mov ss, cpuid, trap`,
}

// shadowCode makes an interrupt pending while interrupts are off, and looks at
// where it is taken when they are on again. APM vol. 2 §8.1.4.
func shadowCode(p *Prog) {
	const vector = 0x40
	p.LoadIDT()
	p.Handle(vector, "interrupt")
	p.Handle(DB, "trap")
	p.EnableAPIC()

	from := p.Var("from", 8)
	from.Size = 8
	pending := func() {
		p.Mov(from, asm.Imm(0))
		p.Xor(asm.EAX, asm.EAX) // for CPUID
		p.WriteAPIC(apicICR, apicSelf|vector)
	}
	for _, c := range []struct {
		name string
		emit func()
	}{
		{"nop", p.Nop}, {"cpuid", p.Cpuid}, {"rdtsc", p.Rdtsc}, {"hlt", p.Hlt},
		{"out", func() { p.Out(asm.Imm(postCode), asm.AL) }},
		{"in", func() { p.In(asm.AL, asm.Imm(picMaster+1)) }},
		{"mmio", func() { p.Mov(asm.EBX, apic(apicID)) }},
		{"mov from cr0", func() { p.Mov(asm.RBX, asm.CR0) }},
	} {
		here := p.Unique("here")
		pending()
		p.Sti()
		c.emit()
		p.Label(here)
		p.Nop()
		p.Nop()
		p.Cli()
		p.Check("sti, "+c.name+", interrupt", from, asm.Ref(here))
	}

	pending()
	p.Sti()
	p.Cli()
	p.Nop()
	p.Check("sti, cli, no interrupt", from, asm.Imm(0))
	p.Sti()
	p.Nop()
	p.Cli()

	// The first trap after POPF sets TF is that of the instruction behind
	// it; after MOV SS it is one later.
	for _, c := range []struct {
		name string
		emit func()
	}{{"nop", p.Nop}, {"cpuid", p.Cpuid}} {
		here := p.Unique("here")
		p.Mov(from, asm.Imm(0))
		p.Mov(asm.EBX, asm.SS)
		p.Xor(asm.EAX, asm.EAX)
		p.Pushf()
		p.Or(asm.Mem{Base: asm.RSP, Size: 4}, asm.Imm(flagTF))
		p.Popf()
		p.Mov(asm.SS, asm.EBX)
		c.emit()
		p.Label(here)
		p.Nop()
		p.Check("mov ss, "+c.name+", trap", from, asm.Ref(here))
	}
	p.Done()

	p.Label("interrupt") // notes where it came from
	p.Push(asm.RAX)
	p.Mov(asm.RAX, asm.Mem{Base: asm.RSP, Disp: 8})
	p.Mov(from, asm.RAX)
	p.Pop(asm.RAX)
	p.apicEnd()
	p.Iret()

	p.Label("trap") // and ends the single steps
	p.Push(asm.RAX)
	p.Mov(asm.RAX, asm.Mem{Base: asm.RSP, Disp: 8})
	p.Mov(from, asm.RAX)
	p.Pop(asm.RAX)
	p.And(asm.Mem{Base: asm.RSP, Disp: 16, Size: 4}, asm.Imm(^flagTF))
	p.Iret()
}
