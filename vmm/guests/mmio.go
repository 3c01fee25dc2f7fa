package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var mmio = Guest{
	Name:   "mmio",
	Help:   "forms of MOV, PUSH and POP on device memory and on addresses without a device",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   mmioCode,
	Expect: `ok mmio 32-bit code, moffs store`,
}

// unclaimed is where no device is. A PC reads all ones there; mmio takes what
// it reads first, and expects that from all forms.
const unclaimed = 0xfeb00000

func mmioCode(p *Prog) {
	p.LoadIDT()
	p.EnableAPIC()
	p.WriteAPIC(apicTimer, apicMasked)
	mmioDevice(p)
	mmioUnclaimed(p)
	mmio32(p)
}

// mmioDevice moves to and from a register of the local APIC that has 32 bits,
// the timer's initial count, by all kinds of addresses.
func mmioDevice(p *Prog) {
	p.Mov(asm.EDI, asm.Imm(apicBase))
	p.Mov(asm.ESI, asm.Imm(apicInitialCount/4))
	p.Mov(asm.R9D, asm.Imm(apicBase+apicInitialCount-0x10))
	p.Mov(asm.R12, asm.RDI)
	p.Mov(asm.R13D, asm.Imm(apicBase+apicInitialCount))
	for i, m := range []asm.Mem{
		{Base: asm.RDI, Disp: apicInitialCount}, {Base: asm.RDI, Index: asm.RSI, Scale: 4},
		{Base: asm.R9, Disp: 0x10}, {Base: asm.R12, Index: asm.RSI, Scale: 4}, {Base: asm.R13},
		{Base: asm.EDI, Index: asm.ESI, Scale: 4}, {Disp: apicBase + apicInitialCount, Addr: 32},
		{Seg: asm.ES, Base: asm.R13},
	} {
		v := asm.Imm(0x10101010 * int64(i+1))
		name := string(rune('1' + i))
		m.Size = 4
		p.Mov(m, v)
		p.Check("store of a number, address form "+name, apic(apicInitialCount), v)
		p.Mov(asm.R15, asm.Imm(-1))
		p.Mov(asm.R15D, m)
		p.Check("load clears the upper half, address form "+name, asm.R15, v)
		p.Mov(asm.R14D, v+1)
		p.Mov(m, asm.R14D)
		p.Check("store of a register, address form "+name, apic(apicInitialCount), v+1)
	}
	count := asm.Mem{Base: asm.R13, Size: 4}
	p.Mov(count, asm.Imm(0x89abcdef))
	p.Movsx(asm.RAX, count)
	p.Check("movsxd", asm.RAX, asm.Imm(-0x76543211))
	p.Movabs(asm.EAX, asm.Mem{Disp: apicBase + apicInitialCount})
	p.Check("movabs", asm.EAX, asm.Imm(0x89abcdef))
	p.Mov(asm.EAX, asm.Imm(0x1234))
	p.Movnti(count, asm.EAX)
	p.Check("movnti", apic(apicInitialCount), asm.Imm(0x1234))
}

func mmioUnclaimed(p *Prog) {
	p.Mov(asm.EDI, asm.Imm(unclaimed))
	m := func(size int) asm.Mem { return asm.Mem{Base: asm.RDI, Disp: 8, Size: size} }
	p.Mov(asm.RBP, m(8))
	p.Check("unclaimed reads all ones", asm.RBP, asm.Imm(-1))
	for _, r := range []asm.Reg{asm.AL, asm.CL, asm.AX, asm.EAX, asm.RAX, asm.R8B, asm.R15W} {
		p.Mov(r, m(0))
		p.Check("load "+r.String(), r, asm.RBP.As(p.sizeOf(r)*8))
		p.Mov(m(0), r)
	}
	p.Mov(asm.DH, m(0))
	p.Check("load DH", asm.DH, asm.BPL)
	p.Movzx(asm.EAX, m(1))
	p.Movzx(asm.ECX, asm.BPL)
	p.Check("movzx byte", asm.EAX, asm.ECX)
	p.Movzx(asm.RAX, m(2))
	p.Movzx(asm.ECX, asm.BP)
	p.Check("movzx word", asm.RAX, asm.RCX)
	p.Movsx(asm.EAX, m(1))
	p.Check("movsx byte", asm.EAX, asm.EBP)
	p.Movsx(asm.RAX, m(2))
	p.Check("movsx word", asm.RAX, asm.RBP)
	for _, size := range []int{1, 2, 4, 8} {
		p.Mov(m(size), asm.Imm(0x55))
	}
	p.Check("stores have no effect", m(8), asm.RBP)
}

// mmio32 has the forms that 64-bit code does not have.
func mmio32(p *Prog) {
	count := asm.Mem{Disp: apicBase + apicInitialCount, Size: 4}
	p.Continue(Code32, 32)
	p.SetData(Data)
	p.Push(asm.Imm(0x77))
	p.Pop(count)
	p.Check("32-bit code, pop", count, asm.Imm(0x77))
	p.Push(count)
	p.Pop(asm.EBX)
	p.Check("32-bit code, push", asm.EBX, asm.Imm(0x77))
	p.Mov(asm.EAX, count)
	p.Check("32-bit code, moffs load", asm.EAX, asm.Imm(0x77))
	p.Inc(asm.EAX)
	p.Mov(count, asm.EAX)
	p.Mov(asm.EBX, count)
	p.Check("32-bit code, moffs store", asm.EBX, asm.Imm(0x78))
	p.Mov(count, asm.Imm(0))
	p.JmpFar(Code64, "64 bits")
	p.Bits(64)
	p.Label("64 bits")
}
