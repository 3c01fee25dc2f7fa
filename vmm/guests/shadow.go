package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var shadow = Guest{
	Name:   "shadow",
	Help:   "what follows STI or MOV SS runs before a pending interrupt or trap",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   shadowCode,
	Expect: `ok shadow mov ss, cpuid, trap(?s).*ok shadow sti, hlt, many times`,
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
	p.TakeInterrupts()

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
	shadowHalts(p)

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

// shadowHalts halts so often that interrupts of the host come between STI and
// HLT too. The guest's own must not: HLT would wait for ever.
func shadowHalts(p *Prog) {
	const vector, rounds = 0x41, 20000
	early := p.Var("early", 4)
	early.Size = 4
	p.Handle(vector, "wake")
	p.Mov(asm.R12D, asm.Imm(rounds))
	p.Mov(asm.EBX, asm.Ref("halt"))
	p.Label("again")
	p.WriteAPIC(apicICR, apicSelf|vector)
	p.Sti()
	p.Label("halt")
	p.Hlt()
	p.Label("halted")
	p.Cli()
	p.Dec(asm.R12D)
	p.J(asm.NZ, "again")
	p.Check("sti, hlt, many times", early, asm.Imm(0))
	p.Done()

	p.Label("wake")
	p.Cmp(asm.Mem{Base: asm.RSP, Size: 8}, asm.RBX)
	p.J(asm.NE, "in time")
	p.Inc(early)
	p.Inc(asm.Mem{Base: asm.RSP, Size: 8}) // skip the HLT
	p.Label("in time")
	p.apicEnd()
	p.Iret()
}
