package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var realMode = Guest{
	Name:   "real",
	Help:   "real mode: arithmetic, segments, interrupts, 4 GiB segments",
	Memory: 4 << 20,
	Mode:   Real,
	Code:   realCode,
	Expect: `ok real big segment`,
}

func realCode(p *Prog) {
	realArithmetic(p)
	realSegments(p)
	realInterrupts(p)
	realBig(p)
}

func realArithmetic(p *Prog) {
	p.Mov(asm.AX, asm.Imm(0xffff))
	p.Add(asm.AX, asm.Imm(2))
	p.Check("16-bit add wraps", asm.AX, asm.Imm(1))

	p.Mov(asm.EAX, asm.Imm(0x12345678))
	p.Mov(asm.AX, asm.Imm(0))
	p.Check("32-bit registers", asm.EAX, asm.Imm(0x12340000))

	p.Mov(asm.AX, asm.Imm(0x1234))
	p.Mov(asm.CX, asm.Imm(0x5678))
	p.Mul(asm.CX)
	p.Check("mul low", asm.AX, asm.Imm(0x0060))
	p.Check("mul high", asm.DX, asm.Imm(0x0626))

	p.Mov(asm.AL, asm.Imm(0x19))
	p.Add(asm.AL, asm.Imm(0x28))
	p.Daa()
	p.Check("packed decimal", asm.AL, asm.Imm(0x47))
}

func realSegments(p *Prog) {
	p.Mov(asm.AX, asm.Imm(Scratch>>4))
	p.Mov(asm.ES, asm.AX)
	p.Mov(asm.Mem{Seg: asm.ES, Disp: 0x10, Size: 2}, asm.Imm(0xbeef))
	p.Mov(asm.AX, asm.Imm(Scratch>>4+1))
	p.Mov(asm.FS, asm.AX)
	p.Check("two segments, one address", asm.Mem{Seg: asm.FS, Size: 2}, asm.Imm(0xbeef))

	p.Mov(asm.AX, asm.Imm(0xffff))
	p.Mov(asm.ES, asm.AX)
	p.Mov(asm.Mem{Seg: asm.ES, Disp: 0x20, Size: 2}, asm.Imm(0xa20a)) // address 0x100010: A20 is on
	p.Cmp(asm.Mem{Disp: 0x10, Size: 2}, asm.Imm(0xa20a))
	p.Set(asm.NE, asm.AL)
	p.Check("no wrap at 1 MiB", asm.AL, asm.Imm(1))

	const segment = LoadAt>>4 - 0x10 // reaches the same code by other offsets
	pointer := p.Var("pointer", 4)
	p.Mov(asm.AX, asm.Ref("far"))
	p.Sub(asm.AX, asm.Imm(segment<<4))
	p.Mov(pointer, asm.AX)
	p.Mov(asm.Mem{Label: pointer.Label, Disp: 2, Size: 2}, asm.Imm(segment))
	p.CallFarMem(asm.Mem{Label: pointer.Label, Size: 4})
	p.Check("far call", asm.AX, asm.Imm(segment))
	p.Jmp(asm.Ref("near"))
	p.Label("far")
	p.Mov(asm.AX, asm.CS)
	p.Lret()
	p.Label("near")
}

// realVector makes the code at a label the handler of a vector in the real
// mode's table. APM vol. 2 §8.6.
func realVector(p *Prog, vector int64, label string) {
	p.Mov(asm.Mem{Disp: vector * 4, Size: 2}, asm.Ref(label))
	p.Mov(asm.Mem{Disp: vector*4 + 2, Size: 2}, asm.Imm(0))
}

func realInterrupts(p *Prog) {
	realVector(p, 0x80, "int")
	p.Mov(asm.BX, asm.Imm(1))
	p.Stc()
	p.Int(0x80)
	p.Check("int and iret", asm.BX, asm.Imm(2))

	realVector(p, DE, "divide")
	p.Mov(asm.BX, asm.Imm(0))
	p.Mov(asm.CL, asm.Imm(0))
	p.Div(asm.CL)
	p.Check("divide error", asm.BX, asm.Imm(0xde))
	p.Jmp(asm.Ref("done"))

	p.Label("int")
	p.Inc(asm.BX)
	p.Iret()

	p.Label("divide")
	p.Mov(asm.BX, asm.Imm(0xde))
	p.Push(asm.BP)
	p.Mov(asm.BP, asm.SP)
	p.Add(asm.Mem{Base: asm.BP, Disp: 2, Size: 2}, asm.Imm(2)) // skip the DIV
	p.Pop(asm.BP)
	p.Iret()
	p.Label("done")
}

// realBig loads a segment with a limit of 4 GiB in protected mode and keeps it
// in real mode, which only changes bases. APM vol. 2 §4.4.1.
func realBig(p *Prog) {
	p.LoadGDT()
	p.setBit(asm.CR0, cr0PE)
	p.Mov(asm.AX, asm.Imm(Data))
	p.Mov(asm.GS, asm.AX)
	p.clearBit(asm.CR0, cr0PE)
	p.Mov(asm.EBX, asm.Imm(0x200000))
	p.Mov(asm.Mem{Seg: asm.GS, Base: asm.EBX}, asm.EBX)
	p.Check("big segment", asm.Mem{Seg: asm.GS, Base: asm.EBX, Size: 4}, asm.Imm(0x200000))
}
