package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var bench = Guest{
	Name:   "bench",
	Help:   "ticks of the time-stamp counter for an exit of each kind",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   benchCode,
	Expect: `(?m)^bench empty \d+$(?s).*^bench wake \d+$`,
}

const (
	// benchRounds is how often each thing is done. "bench NAME TICKS" is the
	// mean, with the 2 instructions of the loop, which "empty" alone shows.
	benchRounds = 1 << benchShift
	benchShift  = 12
	benchVector = 0x40

	// ioAPICReserved is an address of the I/O APIC's page without a register.
	// KVM's I/O APIC ends before it, so that a device in user space can
	// answer there.
	ioAPICReserved = ioAPICBase + 0x200
)

// benchCases are what is done, with RDI at the local APIC, RSI at the I/O APIC
// and R8 at its reserved address.
var benchCases = []struct {
	name string
	emit func(p *Prog)
}{
	{"empty", func(p *Prog) {}},
	{"cpuid", func(p *Prog) { p.Xor(asm.EAX, asm.EAX); p.Cpuid() }},
	{"out", func(p *Prog) { p.Out(asm.Imm(postCode), asm.AL) }},
	{"in-pic", func(p *Prog) { p.In(asm.AL, asm.Imm(picMaster+1)) }},
	{"mmio", func(p *Prog) { p.Mov(asm.EAX, asm.Mem{Base: asm.R8}) }},
	{"mmio-ioapic", func(p *Prog) { p.Mov(asm.EAX, asm.Mem{Base: asm.RSI}) }},
	{"eoi", func(p *Prog) { p.Mov(asm.Mem{Base: asm.RDI, Disp: apicEOI, Size: 4}, asm.Imm(0)) }},
	{"wake", func(p *Prog) {
		p.Mov(asm.Mem{Base: asm.RDI, Disp: apicICR, Size: 4}, asm.Imm(apicSelf|benchVector))
		p.Sti()
		p.Hlt()
		p.Cli()
	}},
}

// benchCode measures everything first and prints then: what the console costs
// is in no figure.
func benchCode(p *Prog) {
	benchStart(p)
	ticks := func(i int) asm.Mem {
		m := p.Var("ticks", len(benchCases)*8)
		m.Disp, m.Size = int64(i)*8, 8
		return m
	}
	// The first exits find what the host keeps of them not yet in memory.
	p.Mov(asm.ECX, asm.Imm(2*benchRounds))
	p.Label("rest")
	p.Out(asm.Imm(postCode), asm.AL)
	p.Loop("rest")
	for i, b := range benchCases {
		again := p.Unique("again")
		p.Mov(asm.R12D, asm.Imm(benchRounds))
		b.emit(p) // what is done once, on first use, is not measured
		stamp(p, asm.R14)
		p.Label(again)
		b.emit(p)
		p.Dec(asm.R12D)
		p.J(asm.NZ, again)
		stamp(p, asm.R15)
		p.Sub(asm.R15, asm.R14)
		p.Shr(asm.R15, asm.Imm(benchShift))
		p.Mov(ticks(i), asm.R15)
	}
	for i, b := range benchCases {
		p.Print("bench " + b.name + " ")
		p.PrintDec(ticks(i))
		p.Print("\n")
	}
}

// benchStart sets up what benchCases need.
func benchStart(p *Prog) {
	p.LoadIDT()
	p.EnableAPIC()
	p.WriteAPIC(apicLINT0, apicMasked)
	p.Handle(benchVector, p.routine("interrupt", func() {
		p.Mov(asm.Mem{Base: asm.RDI, Disp: apicEOI, Size: 4}, asm.Imm(0))
		p.Iret()
	}))
	p.Mov(asm.EDI, asm.Imm(apicBase))
	p.Mov(asm.ESI, asm.Imm(ioAPICBase))
	p.Mov(asm.R8D, asm.Imm(ioAPICReserved))
}

// BenchLoop is a guest that does one of the things that the guest "bench"
// measures, for ever, for those who want to see where the instructions go.
func BenchLoop(name string) (Guest, bool) {
	for _, b := range benchCases {
		if b.name == name {
			g := bench
			g.Name, g.Ends = "bench-"+name, Anyhow
			g.Code = func(p *Prog) {
				benchStart(p)
				p.Label("again")
				b.emit(p)
				p.Jmp(asm.Ref("again"))
			}
			return g, true
		}
	}
	return Guest{}, false
}

// stamp reads the time-stamp counter.
func stamp(p *Prog, r asm.Reg) {
	p.Rdtsc()
	p.Shl(asm.RDX, asm.Imm(32))
	p.Or(asm.RAX, asm.RDX)
	p.Mov(r, asm.RAX)
}
