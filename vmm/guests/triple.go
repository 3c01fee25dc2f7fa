package guests

var triple = Guest{
	Name:   "triple",
	Help:   "a triple fault",
	Memory: 4 << 20,
	Mode:   Protected,
	Code:   tripleCode,
	Expect: `an exception without an IDT`,
	Ends:   TripleFaults,
}

func tripleCode(p *Prog) {
	p.Print("an exception without an IDT\n")
	p.Lidt(p.Var("empty", 10))
	p.Ud2()
}
