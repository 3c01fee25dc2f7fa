package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileSpin = Guest{
	Name:    "hostile-spin",
	Help:    "an endless loop with interrupts off",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileSpinCode,
	Expect:  `spinning`,
	Ends:    Anyhow,
	Hostile: true,
}

func hostileSpinCode(p *Prog) {
	p.Print("spinning\n")
	p.Cli()
	p.Label("spin")
	p.Jmp(asm.Ref("spin"))
}
