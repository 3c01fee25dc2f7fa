package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileProbe = Guest{
	Name:    "hostile-probe",
	Help:    "reads and writes beyond the end of memory, up to 4 GiB",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileProbeCode,
	Expect:  `ok hostile-probe memory is untouched`,
	Hostile: true,
}

func hostileProbeCode(p *Prog) {
	const ram, end, step = 4 << 20, 0xfe000000, 1 << 20
	p.LoadIDT()
	mark := func(address int64) asm.Mem { return asm.Mem{Disp: address, Size: 4} }
	for a := int64(1 << 20); a < ram; a += step {
		p.Mov(mark(a), asm.Imm(a))
	}
	p.Mov(asm.EBX, asm.Imm(ram))
	p.Mov(asm.RSI, asm.Imm(-1)) // all that was read
	p.Label("next")
	p.And(asm.RSI, asm.Mem{Base: asm.RBX})
	p.Mov(asm.Mem{Base: asm.RBX}, asm.RBX)
	p.And(asm.RSI, asm.Mem{Base: asm.RBX})
	p.And(asm.ESI, asm.Mem{Base: asm.RBX, Disp: step - 4}) // clears the upper half
	p.Add(asm.EBX, asm.Imm(step))
	p.Cmp(asm.EBX, asm.Imm(end))
	p.J(asm.B, "next")
	p.Check("beyond memory are all ones", asm.ESI, asm.Imm(-1))
	for a := int64(1 << 20); a < ram; a += step {
		p.Quiet("memory", mark(a), asm.Imm(a))
	}

	p.Mov(asm.EBX, asm.Imm(ram-4)) // half in memory
	p.Mov(mark(ram-4), asm.Imm(0x12345678))
	p.Mov(asm.RAX, asm.Mem{Base: asm.RBX})
	p.Check("across the end, in memory", asm.EAX, asm.Imm(0x12345678))
	p.Shr(asm.RAX, asm.Imm(32))
	p.Check("across the end, beyond", asm.EAX, asm.Imm(0xffffffff))
	p.Print("ok hostile-probe memory is untouched\n")
}
