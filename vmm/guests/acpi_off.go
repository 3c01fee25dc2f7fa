package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var acpiOff = Guest{
	Name:   "acpi-off",
	Help:   "the power management timer counts; the machine switches itself off",
	Memory: 4 << 20,
	Mode:   Protected,
	Code:   acpiOffCode,
	Expect: `ok acpi-off timer`,
	Ends:   PowersOff,
}

// acpiOffCode enters S5: ACPI 6.4 §4.8.3.2.1. The value for SLP_TYP is in the
// package \_S5 of the DSDT; QEMU's is 0 and Ringo's 5.
func acpiOffCode(p *Prog) {
	const (
		pmTimer = 0x608 // ACPI 6.4 §4.8.3.3
		slpTyp  = 10
		slpEn   = 1 << 13
	)
	p.Mov(asm.EDX, asm.Imm(pmTimer))
	p.In(asm.EAX, asm.DX)
	p.Mov(asm.EBX, asm.EAX)
	p.Mov(asm.ECX, asm.Imm(1000000)) // it has a second to change
	p.Label("same")
	p.In(asm.EAX, asm.DX)
	p.Cmp(asm.EAX, asm.EBX)
	p.J(asm.NE, "changed")
	p.Loop("same")
	p.Label("changed")
	p.Set(asm.NE, asm.AL)
	p.Check("timer", asm.AL, asm.Imm(1))
	p.Mov(asm.EDX, asm.Imm(pm1Control))
	for _, typ := range []asm.Imm{0, 5} {
		p.Mov(asm.AX, typ<<slpTyp|slpEn)
		p.Out(asm.DX, asm.AX)
	}
	p.Label("on") // it may take a moment
	p.Hlt()
	p.Jmp(asm.Ref("on"))
}
