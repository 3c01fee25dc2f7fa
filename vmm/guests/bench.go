package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var bench = Guest{
	Name:   "bench",
	Help:   "ticks of the time-stamp counter for an exit of each kind",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   benchCode,
	Expect: `(?m)^bench empty \d+$(?s).*^bench self-ipi-hlt \d+$`,
}

// benchRounds is how often each thing is done. "bench NAME TICKS" is the mean,
// with the 2 instructions of the loop, which "empty" alone shows.
const benchRounds = 1 << 12

func benchCode(p *Prog) {
	const vector = 0x40
	p.LoadGDT()
	p.LoadIDT()
	p.EnableAPIC()
	p.WriteAPIC(apicLINT0, apicMasked)
	p.Handle(vector, "interrupt")
	p.Mov(asm.EDI, asm.Imm(apicBase))
	p.Mov(asm.ESI, asm.Imm(ioAPICBase))
	p.Mov(asm.R8D, asm.Imm(unclaimed))
	for _, b := range []struct {
		name string
		emit func()
	}{
		{"empty", func() {}},
		{"cpuid", func() { p.Xor(asm.EAX, asm.EAX); p.Cpuid() }},
		{"out", func() { p.Out(asm.Imm(postCode), asm.AL) }},
		{"in-pic", func() { p.In(asm.AL, asm.Imm(picMaster+1)) }},
		{"mmio-ioapic", func() { p.Mov(asm.EAX, asm.Mem{Base: asm.RSI}) }},
		{"mmio-unclaimed", func() { p.Mov(asm.EAX, asm.Mem{Base: asm.R8}) }},
		{"eoi", func() { p.Mov(asm.Mem{Base: asm.RDI, Disp: apicEOI, Size: 4}, asm.Imm(0)) }},
		{"self-ipi-hlt", func() {
			p.Mov(asm.Mem{Base: asm.RDI, Disp: apicICR, Size: 4}, asm.Imm(apicSelf|vector))
			p.Sti()
			p.Hlt()
			p.Cli()
		}},
	} {
		again := p.Unique("again")
		p.Mov(asm.R12D, asm.Imm(benchRounds))
		b.emit() // what is done once, on first use, is not measured
		stamp(p, asm.R14)
		p.Label(again)
		b.emit()
		p.Dec(asm.R12D)
		p.J(asm.NZ, again)
		stamp(p, asm.R15)
		p.Sub(asm.R15, asm.R14)
		p.Shr(asm.R15, asm.Imm(12))
		p.Print("bench " + b.name + " ")
		p.PrintDec(asm.R15)
		p.Print("\n")
	}
	p.Done()

	p.Label("interrupt")
	p.Mov(asm.Mem{Base: asm.RDI, Disp: apicEOI, Size: 4}, asm.Imm(0))
	p.Iret()
}

// stamp reads the time-stamp counter.
func stamp(p *Prog, r asm.Reg) {
	p.Rdtsc()
	p.Shl(asm.RDX, asm.Imm(32))
	p.Or(asm.RAX, asm.RDX)
	p.Mov(r, asm.RAX)
}
