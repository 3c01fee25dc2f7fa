package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

// Counter counts in R15 for ever. It is a measure of how much a machine gets to
// do, and not one of All: it has no end.
var Counter = Guest{
	Name:   "counter",
	Help:   "counts in R15",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   counterCode,
	Expect: `counting`,
	Ends:   Anyhow,
}

func counterCode(p *Prog) {
	p.Xor(asm.R15, asm.R15)
	p.Print("counting\n")
	p.Cli()
	p.Label("count")
	p.Add(asm.R15, asm.Imm(1))
	p.Jmp(asm.Ref("count"))
}
