package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var control = Guest{
	Name:   "control",
	Help:   "control registers, debug registers and XCR0 keep what is written",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   controlCode,
	Expect: `ok control mov from dr7`,
}

func controlCode(p *Prog) {
	p.LoadIDT()
	controlCR(p)
	controlDR(p)
	controlXCR(p)
}

func controlCR(p *Prog) {
	const cr0TS, cr0MP = 3, 1
	p.setBit(asm.CR0, cr0TS)
	p.Smsw(asm.RBX)
	p.Bt(asm.RBX, asm.Imm(cr0TS))
	p.Set(asm.C, asm.BL)
	p.Check("mov cr0", asm.BL, asm.Imm(1))
	p.Clts()
	p.Mov(asm.RBX, asm.CR0)
	p.And(asm.EBX, asm.Imm(1<<cr0TS))
	p.Check("clts", asm.EBX, asm.Imm(0))
	p.Mov(asm.AX, asm.Imm(1<<cr0TS|1<<cr0MP)) // PE stays
	p.Lmsw(asm.AX)
	p.Mov(asm.RBX, asm.CR0)
	p.And(asm.EBX, asm.Imm(0xb))
	p.Check("lmsw", asm.EBX, asm.Imm(0xb))
	p.Clts()

	p.Mov(asm.RAX, asm.CR3)
	p.Check("mov from cr3", asm.RAX, asm.Imm(TablesAt))
	p.Mov(asm.CR3, asm.RAX)
	const cr4PGE = 7
	p.setBit(asm.CR4, cr4PGE)
	p.Mov(asm.RAX, asm.CR4)
	p.And(asm.EAX, asm.Imm(1<<cr4PGE|1<<cr4PAE))
	p.Check("mov cr4", asm.EAX, asm.Imm(1<<cr4PGE|1<<cr4PAE))
	p.Mov(asm.RAX, asm.Imm(5))
	p.Mov(asm.CR8, asm.RAX)
	p.ReadAPIC(apicTPR)
	p.Check("mov to cr8", asm.EAX, asm.Imm(0x50))
	p.WriteAPIC(apicTPR, 0x70)
	p.Mov(asm.RAX, asm.CR8)
	p.Check("mov from cr8", asm.RAX, asm.Imm(7))
	p.WriteAPIC(apicTPR, 0)
}

func controlDR(p *Prog) {
	p.Mov(asm.RAX, asm.Imm(0x123456789a))
	p.Mov(asm.DR0, asm.RAX)
	p.Mov(asm.RBX, asm.DR0)
	p.Check("mov dr0", asm.RBX, asm.Imm(0x123456789a))
	p.Mov(asm.RBX, asm.DR7)
	p.Check("mov from dr7", asm.RBX, asm.Imm(0x400))
}

// controlXCR checks XCR0. APM vol. 2 §11.5.2.
func controlXCR(p *Prog) {
	const xsave, cr4OSXSAVE = 26, 18
	p.Mov(asm.EAX, asm.Imm(1))
	p.Cpuid()
	p.Mov(asm.ESI, asm.ECX)
	p.Xor(asm.ECX, asm.ECX)
	p.Fault("xgetbv without CR4.OSXSAVE", UD, 0, p.Xgetbv)
	p.Bt(asm.ESI, asm.Imm(xsave))
	p.J(asm.NC, "end")
	p.setBit(asm.CR4, cr4OSXSAVE)
	p.Mov(asm.EAX, asm.Imm(3)) // x87 and SSE
	p.Xor(asm.EDX, asm.EDX)
	p.Xsetbv()
	p.Xgetbv()
	p.Check("xsetbv", asm.EAX, asm.Imm(3))
	p.Mov(asm.EAX, asm.Imm(2)) // without x87
	p.Fault("xsetbv of a bad value", GP, 0, p.Xsetbv)
	p.Label("end")
}
