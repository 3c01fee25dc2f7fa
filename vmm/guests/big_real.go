package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var bigReal = Guest{
	Name:   "big-real",
	Help:   "big real mode: device memory by 32-bit addresses, string instructions with prefixes, 32-bit code with PE off",
	Memory: 4 << 20,
	Mode:   Real,
	Code:   bigRealCode,
	Expect: `ok big-real interrupt, flags`,
}

// bigRealCode is what firmware does to reach devices. The segments are those of
// protected mode; real mode only changes bases. APM vol. 2 §4.4.1.
func bigRealCode(p *Prog) {
	p.LoadGDT()
	p.setBit(asm.CR0, cr0PE)
	p.Mov(asm.AX, asm.Imm(Data))
	for _, r := range []asm.Reg{asm.DS, asm.ES, asm.FS, asm.GS} {
		p.Mov(r, asm.AX)
	}
	p.clearBit(asm.CR0, cr0PE)
	p.Xor(asm.AX, asm.AX)
	for _, r := range []asm.Reg{asm.DS, asm.ES, asm.FS, asm.GS} {
		p.Mov(r, asm.AX)
	}

	p.Mov(asm.EBX, asm.Imm(apicBase))
	tpr := asm.Mem{Base: asm.EBX, Disp: apicTPR, Size: 4}
	p.Mov(tpr, asm.Imm(0x30))
	p.Mov(asm.EAX, tpr)
	p.Check("device memory", asm.EAX, asm.Imm(0x30))
	p.Mov(asm.ECX, asm.Mem{Seg: asm.FS, Base: asm.EBX, Disp: apicTPR, Size: 4})
	p.Check("device memory, segment prefix", asm.ECX, asm.Imm(0x30))
	p.Or(tpr, asm.Imm(0x40))
	p.Check("device memory, or", tpr, asm.Imm(0x70))

	p.Mov(asm.EAX, asm.Imm(0x50)) // from memory to the device, and on from there
	p.Mov(asm.ESI, asm.Imm(Scratch))
	p.Mov(asm.Mem{Base: asm.ESI, Size: 4}, asm.EAX)
	p.Mov(asm.EDI, asm.Imm(apicBase+apicTPR))
	p.Cld()
	p.Mov(asm.ECX, asm.Imm(1))
	p.AddressSize(32)
	p.Rep()
	p.Movsd()
	p.Check("rep movsd with 32-bit addresses", tpr, asm.Imm(0x50))
	p.Check("rep movsd, EDI", asm.EDI, asm.Imm(apicBase+apicTPR+4))
	p.Check("rep movsd, ECX", asm.ECX, asm.Imm(0))
	p.Mov(asm.ESI, asm.Imm(apicBase+apicTPR))
	p.Mov(asm.EDI, asm.Imm(Scratch+0x100))
	p.AddressSize(32)
	p.Segment(asm.GS)
	p.Movsd()
	p.Mov(asm.EBX, asm.Imm(Scratch+0x100))
	p.Check("movsd with a segment prefix", asm.Mem{Base: asm.EBX, Size: 4}, asm.Imm(0x50))
	p.Mov(asm.ESI, asm.Imm(Scratch))
	p.Mov(asm.DX, asm.Imm(picMaster+1))
	p.Mov(asm.EDI, asm.Imm(1<<20))
	p.OutB(picMaster+1, 0x5a)
	p.AddressSize(32)
	p.Insb()
	p.Mov(asm.EBX, asm.Imm(1<<20))
	p.Mov(asm.AL, asm.Mem{Base: asm.EBX, Size: 1})
	p.Check("insb above 1 MiB", asm.AL, asm.Imm(0x5a))
	p.Mov(asm.EBX, asm.Imm(apicBase))
	p.Mov(tpr, asm.Imm(0))

	// CS keeps 32-bit code: loading it changes its base only.
	p.setBit(asm.CR0, cr0PE)
	p.JmpFar(Code32, "code32")
	p.Bits(32)
	p.Label("code32")
	p.clearBit(asm.CR0, cr0PE)
	p.Mov(asm.EDX, asm.Imm(0x12345678)) // 16-bit code would read another instruction
	p.Mov(asm.ECX, asm.Mem{Base: asm.EBX, Disp: apicTPR, Size: 4})
	p.Cpuid()
	p.Mov(asm.EDX, asm.Imm(0x12345678))
	p.setBit(asm.CR0, cr0PE)
	p.LeaveProtected()
	p.Check("32-bit code with PE off", asm.EDX, asm.Imm(0x12345678))

	realVector(p, 0x81, "interrupt")
	p.Stc()
	p.Int(0x81)
	p.Pushf()
	p.Pop(asm.AX)
	p.And(asm.AX, asm.Imm(1))
	p.Check("interrupt, flags", asm.AX, asm.Imm(0))
	p.Done()

	p.Label("interrupt")
	p.Push(asm.BP)
	p.Mov(asm.BP, asm.SP)
	p.And(asm.Mem{Base: asm.BP, Disp: 6, Size: 2}, asm.Imm(^1)) // carry
	p.Pop(asm.BP)
	p.Iret()
}
