package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var ioAPIC = Guest{
	Name:   "ioapic",
	Help:   "the I/O APIC: ticks of the 8254 by pin 2, masking",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   ioAPICCode,
	Expect: `ok ioapic masked`,
}

// ioAPICCode routes the 8254's tick, at pin 2, through the I/O APIC. Each tick is
// asked for, so that a slow machine has as many as a fast one.
func ioAPICCode(p *Prog) {
	const (
		window        = ioAPICBase + 0x10
		version, pin2 = 0x01, 0x14
		vector, timer = 0x53, 0x54
	)
	p.LoadIDT()
	p.EnableAPIC()
	p.WriteAPIC(apicLINT0, apicMasked)
	reg := func(n asm.Imm) asm.Mem {
		p.Mov(asm.EDI, asm.Imm(ioAPICBase))
		p.Mov(asm.Mem{Base: asm.RDI, Size: 4}, n)
		return asm.Mem{Base: asm.RDI, Disp: window - ioAPICBase, Size: 4}
	}
	p.Count(timer, p.apicEnd)
	p.Mov(asm.EAX, reg(version))
	p.Shr(asm.EAX, asm.Imm(16))
	p.Check("last pin", asm.AL, asm.Imm(23))
	count := p.Count(vector, p.apicEnd)
	p.Mov(reg(pin2+1), asm.Imm(0)) // to APIC id 0
	p.Mov(reg(pin2), asm.Imm(vector))
	for n := range 5 {
		p.TickPIT(1000)
		p.Await(count, n+1)
	}
	p.Check("ticks", count, asm.Imm(5))
	p.Mov(reg(pin2), asm.Imm(apicMasked|vector))
	p.TickPIT(1000)
	p.Mov(count, asm.Imm(0))
	p.WriteAPIC(apicTimer, timer)
	p.WriteAPIC(apicInitialCount, 5000000)
	p.Sti()
	p.Hlt()
	p.Cli()
	p.Check("masked", count, asm.Imm(0))
}
