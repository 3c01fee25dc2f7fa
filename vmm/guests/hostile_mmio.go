package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileMMIO = Guest{
	Name:    "hostile-mmio",
	Help:    "65,536 random accesses to device memory",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileMMIOCode,
	Expect:  `ok hostile-mmio survived`,
	Hostile: true,
}

func hostileMMIOCode(p *Prog) {
	quietDevices(p)
	randomly(p, randomRounds, func() { randomMMIO(p) })
}

// quietDevices stops the only device that would interrupt by itself.
func quietDevices(p *Prog) {
	const mode0 = 3 << 4 // without a count the 8254 stays low
	p.OutB(pitControl, mode0)
	p.OutB(picMaster+1, 0xff)
}

// randomMMIO leaves out the writes that can reset the processor or bring an
// SMI: those that reach the local APIC's ICR and, on QEMU, its timer's entry,
// and those at both ends of its page, which QEMU takes for an MSI. The I/O APIC
// may be written with anything, since no device interrupts.
func randomMMIO(p *Prog) {
	p.Mov(asm.EDI, asm.R15D)
	p.Shr(asm.R15, asm.Imm(12))
	p.And(asm.EDI, asm.Imm(0xfff))
	p.Mov(asm.ECX, asm.EDI)
	p.And(asm.ECX, asm.Imm(0xff0))
	page := func(address asm.Imm) func() { return func() { p.Or(asm.EDI, address) } }
	oneOf(p, 2, page(unclaimed), page(ioAPICBase), page(apicBase))
	p.Mov(asm.RDX, asm.R15)
	p.Shr(asm.RDX, asm.Imm(3))
	m := asm.Mem{Base: asm.RDI}
	store := func(r asm.Reg) func() {
		return func() {
			for _, offset := range []asm.Imm{0, apicICR - 0x10, apicICR, apicICRHigh, apicTimer, 0xff0} {
				p.Cmp(asm.ECX, offset)
				p.J(asm.E, "skipped")
			}
			p.Mov(m, r)
		}
	}
	oneOf(p, 3,
		func() { p.Mov(asm.BL, m) }, func() { p.Mov(asm.BX, m) },
		func() { p.Mov(asm.EBX, m) }, func() { p.Mov(asm.RBX, m) },
		store(asm.DL), store(asm.DX), store(asm.EDX), store(asm.RDX))
}
