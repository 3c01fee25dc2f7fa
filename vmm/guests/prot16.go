package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var prot16 = Guest{
	Name:   "prot16",
	Help:   "16-bit protected mode: segments with bases and limits, expand-down, device memory",
	Memory: 4 << 20,
	Mode:   Protected,
	Code:   prot16Code,
	Expect: `ok prot16 32-bit mode again`,
}

// Bytes of a descriptor, and types of 16-bit data segments. APM vol. 2 §4.7.
const (
	descriptorWords  = 0 // limit, then base 15:0
	descriptorBase   = 2
	descriptorBase16 = 4
	descriptorType   = 5
	descriptorBase24 = 7
	dataSegment      = 0x93
	dataExpandDown   = 0x97
)

func prot16Code(p *Prog) {
	p.LoadIDT()
	p.EnableAPIC()
	window := p.Var("window", 64)
	p.Continue(Code16, 16)
	p.SetData(Data16)
	segment16(p, asm.Ref(window.Label), 15, dataSegment)
	p.Mov(asm.Mem{Seg: asm.ES, Disp: 4, Size: 2}, asm.Imm(0xbeef))
	p.Check("base", asm.Mem{Label: window.Label, Disp: 4, Size: 2}, asm.Imm(0xbeef))
	prot16Stack(p)
	prot16Device(p)
	prot16Limits(p)

	p.Continue(Code32, 32)
	p.SetData(Data)
	p.Check("32-bit mode again", asm.Mem{Label: window.Label, Disp: 4, Size: 4}, asm.Imm(0xbeef))
}

// descriptorByte is a byte of the free entry of the GDT.
func descriptorByte(n int64, size int) asm.Mem {
	return asm.Mem{Label: "gdt", Disp: Task + n, Size: size}
}

// segment16 makes the free entry of the GDT a 16-bit segment and loads ES with
// it. It changes EAX.
func segment16(p *Prog, base asm.Operand, limit asm.Imm, kind asm.Imm) {
	p.Mov(descriptorByte(descriptorWords, 2), limit)
	p.Mov(asm.EAX, base)
	p.Mov(descriptorByte(descriptorBase, 2), asm.AX)
	p.Shr(asm.EAX, asm.Imm(16))
	p.Mov(descriptorByte(descriptorBase16, 1), asm.AL)
	p.Mov(descriptorByte(descriptorBase24, 1), asm.AH)
	p.Mov(descriptorByte(descriptorType, 1), kind)
	p.Mov(asm.AX, asm.Imm(Task))
	p.Mov(asm.ES, asm.AX)
}

// prot16Stack pushes words on a stack with 16 bits of stack pointer.
func prot16Stack(p *Prog) {
	p.Mov(asm.BX, asm.SP)
	p.Push(asm.Imm(0x1234))
	p.Sub(asm.BX, asm.SP)
	p.Pop(asm.AX)
	p.Check("push", asm.BX, asm.Imm(2))
	p.Check("pop", asm.AX, asm.Imm(0x1234))
	p.Mov(asm.EBX, asm.ESP)
	p.Mov(asm.ESP, asm.Imm(0x20002))
	p.Push(asm.AX)
	p.Push(asm.AX)
	p.Mov(asm.ECX, asm.ESP)
	p.Mov(asm.ESP, asm.EBX)
	p.Check("the stack pointer wraps", asm.ECX, asm.Imm(0x2fffe))
}

// prot16Device reaches the local APIC by a segment whose base is there.
func prot16Device(p *Prog) {
	tpr := asm.Mem{Seg: asm.ES, Disp: apicTPR, Size: 4}
	segment16(p, asm.Imm(apicBase), 0xfff, dataSegment)
	p.Mov(tpr, asm.Imm(0x40))
	p.Mov(asm.EAX, tpr)
	p.Check("device memory", asm.EAX, asm.Imm(0x40))
	p.Mov(asm.DI, asm.Imm(apicTPR))
	p.Mov(asm.EAX, asm.Imm(0x50))
	p.Stosd()
	p.Check("device memory, stosd", tpr, asm.Imm(0x50))
	p.Check("device memory, DI", asm.DI, asm.Imm(apicTPR+4))
	p.Mov(tpr, asm.Imm(0))
}

// prot16Limits checks limits where the hypervisor has to, in front of a device:
// QEMU 7.2 as the processor does not. APM vol. 2 §4.7.2 and §4.12.
func prot16Limits(p *Prog) {
	es := func(offset int64) asm.Mem { return asm.Mem{Seg: asm.ES, Disp: offset, Size: 2} }
	segment16(p, asm.Imm(apicBase), 0xfff, dataSegment)
	p.Fault("beyond the limit", GP, 0, func() { p.Mov(es(0x1000), asm.Imm(1)) })
	p.Fault("across the limit", GP, 0, func() { p.Mov(es(0xfff), asm.Imm(1)) })
	p.Mov(asm.BX, asm.Imm(0x8000))
	p.Fault("far beyond the limit", GP, 0, func() { p.Mov(asm.AX, asm.Mem{Seg: asm.ES, Base: asm.BX}) })
	segment16(p, asm.Imm(apicBase), 0x7f, dataExpandDown)
	p.Fault("expand-down, below", GP, 0, func() { p.Mov(asm.AX, es(0x70)) })
	p.Mov(asm.AX, es(apicTPR))
	p.Check("expand-down, above", asm.AX, asm.Imm(0))
}
