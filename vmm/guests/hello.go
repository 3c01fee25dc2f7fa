package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

// hello is the one to copy.
var hello = Guest{
	Name:   "hello",
	Help:   "counts to ten, and says so",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   helloCode,
	Expect: `Hello, student\nok hello ten`,
}

func helloCode(p *Prog) {
	p.Print("Hello, student\n")
	p.Mov(asm.ECX, asm.Imm(10))
	p.Xor(asm.EAX, asm.EAX)
	p.Label("again")
	p.Inc(asm.EAX)
	p.Loop("again")
	p.Check("ten", asm.EAX, asm.Imm(10))
}
