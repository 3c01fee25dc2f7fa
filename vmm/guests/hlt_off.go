package guests

var hltOff = Guest{
	Name:   "hlt-off",
	Help:   "HLT with interrupts off, which nothing ends",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   hltOffCode,
	Expect: `halting`,
	Ends:   Halts,
}

func hltOffCode(p *Prog) {
	p.Print("halting\n")
	p.Cli()
	p.Hlt()
}
