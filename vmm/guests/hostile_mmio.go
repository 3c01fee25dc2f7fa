package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileMMIO = Guest{
	Name:    "hostile-mmio",
	Help:    "262,144 random accesses to device memory",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileMMIOCode,
	Expect:  `ok hostile-mmio survived`,
	Hostile: true,
}

// hostileMMIOCode leaves out the writes that can reset the processor: those of
// the local APIC's ICR, and of its first 16 bytes, which QEMU takes for an MSI.
func hostileMMIOCode(p *Prog) {
	const hpet = 0xfed00000
	randomly(p, func() {
		p.Mov(asm.EDI, asm.R15D)
		p.Shr(asm.R15, asm.Imm(12))
		p.And(asm.EDI, asm.Imm(0xfff))
		p.Mov(asm.ECX, asm.EDI)
		p.And(asm.ECX, asm.Imm(0xff0))
		base := func(address asm.Imm) func() { return func() { p.Or(asm.EDI, address) } }
		oneOf(p, 2, base(apicBase), base(ioAPICBase), base(hpet), base(unclaimed))
		p.Mov(asm.RDX, asm.R15)
		p.Shr(asm.RDX, asm.Imm(3))
		m := asm.Mem{Base: asm.RDI}
		var forms []func()
		for _, r := range []asm.Reg{asm.BL, asm.BX, asm.EBX, asm.RBX} {
			forms = append(forms, func() { p.Mov(r, m) })
		}
		for _, r := range []asm.Reg{asm.DL, asm.DX, asm.EDX, asm.RDX} {
			forms = append(forms, func() {
				p.Cmp(asm.ECX, asm.Imm(apicICR))
				p.J(asm.E, "skipped")
				p.Test(asm.ECX, asm.ECX)
				p.J(asm.Z, "skipped")
				p.Mov(m, r)
			})
		}
		oneOf(p, 3, forms...)
	})
}
