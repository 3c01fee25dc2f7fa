package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var tsc = Guest{
	Name:   "tsc",
	Help:   "the time-stamp counter never goes back, runs while the processor halts, and can be set",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   tscCode,
	Expect: `ok tsc runs in hlt`,
}

func tscCode(p *Prog) {
	const msrTSC, msrTSCAux = 0x10, 0xc0000103
	p.LoadIDT()
	// stamp reads the counter to RAX by RDTSC, RDTSCP or RDMSR.
	stamp := func(read func()) {
		p.Mov(asm.ECX, asm.Imm(msrTSC))
		read()
		p.Shl(asm.RDX, asm.Imm(32))
		p.Or(asm.RAX, asm.RDX)
	}

	p.Mov(asm.ESI, asm.Imm(10000))
	p.Xor(asm.EDI, asm.EDI) // steps back
	stamp(p.Rdtsc)
	p.Mov(asm.RBP, asm.RAX)
	p.Mov(asm.RBX, asm.RAX)
	p.Label("again")
	stamp(p.Rdtsc)
	p.Cmp(asm.RAX, asm.RBX)
	p.Mov(asm.RBX, asm.RAX)
	p.J(asm.AE, "forward")
	p.Inc(asm.EDI)
	p.Label("forward")
	p.Dec(asm.ESI)
	p.J(asm.NZ, "again")
	p.Check("never goes back", asm.EDI, asm.Imm(0))
	p.Sub(asm.RBX, asm.RBP)
	p.Set(asm.A, asm.AL)
	p.Check("goes on", asm.AL, asm.Imm(1))

	const rdtscp = 27
	p.Mov(asm.EAX, asm.Imm(0x80000001))
	p.Cpuid()
	p.Bt(asm.EDX, asm.Imm(rdtscp))
	p.J(asm.NC, "no rdtscp")
	p.Mov(asm.ECX, asm.Imm(msrTSCAux))
	p.Mov(asm.EAX, asm.Imm(0x1234))
	p.Xor(asm.EDX, asm.EDX)
	p.Wrmsr()
	stamp(p.Rdtsc)
	p.Mov(asm.RBX, asm.RAX)
	stamp(p.Rdtscp)
	p.Check("rdtscp reads TSC_AUX", asm.ECX, asm.Imm(0x1234))
	p.Cmp(asm.RAX, asm.RBX)
	p.Set(asm.AE, asm.AL)
	p.Check("rdtscp goes on from rdtsc", asm.AL, asm.Imm(1))
	p.Label("no rdtscp")

	stamp(p.Rdmsr)
	p.Mov(asm.RBX, asm.RAX)
	stamp(p.Rdtsc)
	p.Sub(asm.RAX, asm.RBX)
	p.Shr(asm.RAX, asm.Imm(32))
	p.Check("the MSR is the counter", asm.RAX, asm.Imm(0))
	p.Mov(asm.ECX, asm.Imm(msrTSC))
	p.Mov(asm.EDX, asm.Imm(0x1000))
	p.Xor(asm.EAX, asm.EAX)
	p.Wrmsr()
	p.Rdtsc()
	p.Check("can be set", asm.EDX, asm.Imm(0x1000))

	ticks := p.Count(0x20, p.picEnd)
	p.InitPIC(0x20, 0xfffe)
	p.StartPIT(100)
	stamp(p.Rdtsc)
	p.Mov(asm.RBX, asm.RAX)
	p.Await(ticks, 2)
	stamp(p.Rdtsc)
	p.Sub(asm.RAX, asm.RBX)
	p.Cmp(asm.RAX, asm.Imm(1000000)) // 10 ms at 100 MHz
	p.Set(asm.A, asm.AL)
	p.Check("runs in hlt", asm.AL, asm.Imm(1))
}
