package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var smc = Guest{
	Name:   "smc",
	Help:   "code that changes itself is executed as it is now, also where the hypervisor emulates it",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   smcCode,
	Expect: `ok smc another page, the same address`,
}

func smcCode(p *Prog) {
	p.LoadIDT()
	p.EnableAPIC()
	p.Cld()

	// A number in an instruction that has run before.
	p.Xor(asm.EBX, asm.EBX)
	p.Label("again")
	p.Inc(asm.EBX)
	p.Label("number")
	p.Mov(asm.EAX, asm.Imm(1000))
	p.Inc(asm.Mem{Label: "number", Disp: 1, Size: 4})
	p.Cmp(asm.EBX, asm.Imm(10))
	p.J(asm.NE, "again")
	p.Check("a number", asm.EAX, asm.Imm(1009))
	smcMMIO(p)
	smcRemap(p)
}

// smcMMIO runs one instruction several times that accesses the local APIC, and
// changes its opcode, a register, its size and the address in between.
func smcMMIO(p *Prog) {
	const store, load = 0x89, 0x8b
	access := func() { p.Call(asm.Ref("access")) }
	patch := func(offset int64, v uint8) { p.Mov(asm.Mem{Label: "access", Disp: offset, Size: 1}, asm.Imm(v)) }
	p.Mov(asm.EDI, asm.Imm(apicBase))
	p.Mov(asm.EAX, asm.Imm(0x20))
	p.Mov(asm.ECX, asm.Imm(0x30))
	access()
	p.ReadAPIC(apicTPR)
	p.Check("mmio store", asm.EAX, asm.Imm(0x20))
	patch(0, load)
	p.Xor(asm.EAX, asm.EAX)
	access()
	p.Check("store is now load", asm.EAX, asm.Imm(0x20))
	patch(0, store)
	patch(1, 0x8f) // ECX in place of EAX
	access()
	p.ReadAPIC(apicTPR)
	p.Check("another register", asm.EAX, asm.Imm(0x30))
	patch(2, apicInitialCount&0xff)
	patch(3, apicInitialCount>>8)
	access()
	p.ReadAPIC(apicInitialCount)
	p.Check("another address", asm.EAX, asm.Imm(0x30))
	p.WriteAPIC(apicInitialCount, 0)
	p.Jmp(asm.Ref("remap"))

	p.Label("access") // opcode, ModRM, 4 bytes of displacement
	p.Mov(asm.Mem{Base: asm.RDI, Disp: apicTPR}, asm.EAX)
	p.Ret()
}

// smcRemap runs MMIO instructions at one linear address that are on two pages,
// one after the other.
func smcRemap(p *Prog) {
	p.Label("remap")
	p.MapHigh()
	for i, name := range []string{"read ID", "read TPR"} {
		p.Lea(asm.RSI, asm.Mem{Label: name})
		p.Mov(asm.EDI, asm.Imm(Scratch+i*pageSize))
		p.Mov(asm.ECX, asm.Imm(16))
		p.Rep()
		p.Movsb()
	}
	p.WriteAPIC(apicTPR, 0x50)
	p.Mov(asm.RBX, asm.Imm(High))
	p.Mov(asm.EDI, asm.Imm(apicBase))
	for i, want := range []asm.Imm{0, 0x50} {
		p.Mov(asm.Mem{Disp: HighTable, Size: 8}, asm.Imm(Scratch+i*pageSize|pagePresent))
		p.Invlpg(asm.Mem{Base: asm.RBX})
		p.Call(asm.RBX)
		p.Check([]string{"a page", "another page, the same address"}[i], asm.EAX, want)
	}
	p.Done()

	p.Label("read ID")
	p.Mov(asm.EAX, asm.Mem{Base: asm.RDI, Disp: apicID})
	p.Ret()
	p.Align(16)
	p.Label("read TPR")
	p.Mov(asm.EAX, asm.Mem{Base: asm.RDI, Disp: apicTPR})
	p.Ret()
	p.Align(16)
}
