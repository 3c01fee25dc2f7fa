package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileNMI = Guest{
	Name:    "hostile-nmi",
	Help:    "NMIs that the processor sends to itself, 100,000 of them",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileNMICode,
	Expect:  `ok hostile-nmi all arrived`,
	Hostile: true,
}

func hostileNMICode(p *Prog) {
	const storm = 100000
	p.LoadIDT()
	p.EnableAPIC()
	count := p.Var("count", 4)
	count.Size = 4
	send := func() { p.WriteAPIC(apicICR, apicNMI) } // to APIC id 0
	p.Handle(NMI, "nmi")
	p.ReadAPIC(apicID)
	p.Mov(apic(apicICRHigh), asm.EAX)
	send()
	p.Label("wait")
	p.Pause()
	p.Cmp(count, asm.Imm(storm))
	p.J(asm.B, "wait")
	p.Print("ok hostile-nmi all arrived\n")
	p.Done()

	p.Label("nmi")
	p.Inc(count)
	p.Cmp(count, asm.Imm(storm))
	p.J(asm.AE, "enough")
	send() // it waits until IRET
	p.Label("enough")
	p.Iret()
}
