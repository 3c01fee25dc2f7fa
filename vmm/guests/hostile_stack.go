package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileStack = Guest{
	Name:    "hostile-stack",
	Help:    "exceptions on a stack where there is no memory, and on one in a device",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileStackCode,
	Expect:  `a stack in nothing`,
	Ends:    Anyhow,
	Hostile: true,
}

func hostileStackCode(p *Prog) {
	p.LoadIDT()
	p.Handle(UD, "handler")
	for _, s := range []struct {
		name string
		top  asm.Imm
	}{{"nothing", unclaimed + 0x800}, {"a device", apicBase + 0x800}} {
		next := p.Unique("next")
		p.Print("a stack in " + s.name + "\n")
		p.Mov(asm.RBX, asm.RSP)
		p.Mov(asm.RBP, asm.Ref(next))
		p.Mov(asm.ESP, s.top)
		p.Ud2()
		p.Label(next)
	}
	p.Done()

	p.Label("handler") // what it was called with is lost
	p.Mov(asm.RSP, asm.RBX)
	p.Jmp(asm.RBP)
}
