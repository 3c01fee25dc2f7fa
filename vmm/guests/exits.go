package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var exits = Guest{
	Name:   "exits",
	Help:   "the instructions that a hypervisor may intercept, one after the other",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   exitsCode,
	Expect: `ok exits hlt`,
}

func exitsCode(p *Prog) {
	p.LoadIDT()
	exitsCPUID(p)
	exitsMSR(p)
	exitsPorts(p)
	exitsOthers(p)
	exitsHLT(p)
}

func exitsCPUID(p *Prog) {
	leaf := func(n int64) {
		p.Mov(asm.EAX, asm.Imm(n))
		p.Xor(asm.ECX, asm.ECX)
		p.Cpuid()
	}
	p.Mov(asm.RAX, asm.Imm(-1))
	p.Mov(asm.RBX, asm.Imm(-1))
	leaf(0)
	p.Shr(asm.RBX, asm.Imm(32))
	p.Check("cpuid clears the upper halves", asm.RBX, asm.Imm(0))
	leaf(1)
	const features = 1<<0 | 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<8 | 1<<9 | 1<<24 | 1<<25 | 1<<26 // FPU PSE TSC MSR PAE CX8 APIC FXSR SSE SSE2
	p.And(asm.EDX, asm.Imm(features))
	p.Check("cpuid 1", asm.EDX, asm.Imm(features))
	leaf(0x80000000)
	p.Cmp(asm.EAX, asm.Imm(0x80000008))
	p.Set(asm.AE, asm.AL)
	p.Check("cpuid 80000000h", asm.AL, asm.Imm(1))
	leaf(0x80000001)
	const longMode = 1 << 29
	p.And(asm.EDX, asm.Imm(longMode))
	p.Check("cpuid 80000001h", asm.EDX, asm.Imm(longMode))
	leaf(0x12345678)
	p.Print("ok exits cpuid of a leaf that is not there\n")
}

func exitsMSR(p *Prog) {
	const (
		msrAPICBase = 0x1b // enabled, and this is the boot processor
		msrPAT      = 0x277
		msrLSTAR    = 0xc0000082
		msrNone     = 0x12345678
	)
	read := func(msr int64) {
		p.Mov(asm.ECX, asm.Imm(msr))
		p.Rdmsr()
		p.Shl(asm.RDX, asm.Imm(32))
		p.Or(asm.RAX, asm.RDX)
	}
	write := func(msr, v int64) {
		p.Mov(asm.ECX, asm.Imm(msr))
		p.Mov(asm.EAX, asm.Imm(v&0xffffffff))
		p.Mov(asm.EDX, asm.Imm(v>>32&0xffffffff))
		p.Wrmsr()
	}
	read(msrAPICBase)
	p.Check("rdmsr APIC_BASE", asm.RAX, asm.Imm(apicBase|0x900))
	read(msrEFER)
	p.Check("rdmsr EFER", asm.RAX, asm.Imm(0x500))
	for _, c := range []struct {
		name   string
		msr, v int64
	}{{"LSTAR", msrLSTAR, 0x7fff12345678}, {"PAT", msrPAT, 0x0007010600070106}} {
		write(c.msr, c.v)
		read(c.msr)
		p.Check("wrmsr "+c.name, asm.RAX, asm.Imm(c.v))
	}
	p.Mov(asm.ECX, asm.Imm(msrNone))
	p.Fault("rdmsr of an MSR that is not there", GP, 0, p.Rdmsr)
	p.Fault("wrmsr of an MSR that is not there", GP, 0, p.Wrmsr)
	p.Mov(asm.ECX, asm.Imm(msrEFER))
	p.Mov(asm.EDX, asm.Imm(-1))
	p.Fault("wrmsr of reserved bits", GP, 0, p.Wrmsr)
}

func exitsPorts(p *Prog) {
	const noPort = 0x5f0
	p.Mov(asm.EDX, asm.Imm(noPort))
	p.Mov(asm.RAX, asm.Imm(0x1122334455667788))
	p.In(asm.AL, asm.DX)
	p.Check("in, 8 bits", asm.RAX, asm.Imm(0x11223344556677ff))
	p.In(asm.AX, asm.DX)
	p.Check("in, 16 bits", asm.RAX, asm.Imm(0x112233445566ffff))
	p.In(asm.EAX, asm.DX)
	p.Check("in, 32 bits", asm.RAX, asm.Imm(0xffffffff))
	p.Out(asm.DX, asm.AL)
	p.Out(asm.DX, asm.AX)
	p.Out(asm.DX, asm.EAX)
	p.Out(asm.Imm(postCode), asm.AL)
	p.Out(asm.Imm(postCode), asm.AX)
	p.Out(asm.Imm(postCode), asm.EAX)
	p.OutB(picMaster+1, 0x5a)
	p.In(asm.AL, asm.Imm(picMaster+1))
	p.Check("in and out", asm.AL, asm.Imm(0x5a))
}

func exitsOthers(p *Prog) {
	p.Wbinvd()
	p.Print("ok exits wbinvd\n")
	p.Invd()
	p.Print("ok exits invd\n")
	p.Pause()
	p.Print("ok exits pause\n")
	p.Rdtsc()
	p.Print("ok exits rdtsc\n")
	p.Invlpg(asm.Mem{Disp: Scratch})
	p.Print("ok exits invlpg\n")
	p.Trap(p.Vmmcall) // a call to a hypervisor, if there is one
	p.Print("ok exits vmmcall\n")
	p.Mov(asm.ECX, asm.Imm(-1))
	p.Fault("rdpmc of a counter that is not there", GP, 0, p.Rdpmc)

	const monitor = 3
	p.Mov(asm.EAX, asm.Imm(1))
	p.Cpuid()
	p.Bt(asm.ECX, asm.Imm(monitor))
	p.J(asm.C, "monitor")
	p.Mov(asm.EAX, asm.Imm(Scratch))
	p.Xor(asm.ECX, asm.ECX)
	p.Xor(asm.EDX, asm.EDX)
	p.Fault("monitor", UD, 0, p.Monitor)
	p.Fault("mwait", UD, 0, p.Mwait)
	p.Label("monitor")
}

// exitsHLT halts until the PIT's tick comes by the 8259 and the local APIC.
func exitsHLT(p *Prog) {
	ticks := p.Count(0x20, p.picEnd)
	p.InitPIC(0x20, 0xfffe)
	p.StartPIT(1000)
	p.Await(ticks, 3)
	p.Check("hlt", ticks, asm.Imm(3))
}
