package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var once = Guest{
	Name:   "once",
	Help:   "an interrupt is delivered once, and none while RFLAGS.IF is 0",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   onceCode,
	Expect: `ok once`,
}

// onceCode takes the timer's ticks in a handler that lasts, and counts how often
// it is entered while it has not returned. A tick that came twice, or too early,
// would break into it.
func onceCode(p *Prog) {
	const vector, ticks, turns = 0x20, 500, 2000
	inside, again, count := p.Var("inside", 4), p.Var("again", 4), p.Var("count", 4)
	inside.Size, again.Size, count.Size = 4, 4, 4
	p.LoadIDT()
	p.Handle(vector, "tick")
	p.InitPIC(vector, 0xfffe)
	p.StartPIT(1000)
	p.Await(count, ticks)
	p.Check("no interrupt in the handler of another", again, asm.Imm(0))
	p.Done()

	p.Label("tick")
	p.Push(asm.RAX)
	p.Push(asm.RCX)
	p.Cmp(inside, asm.Imm(0))
	p.J(asm.E, "alone")
	p.Inc(again)
	p.Label("alone")
	p.Inc(inside)
	p.Mov(asm.ECX, asm.Imm(turns))
	p.Label("turn")
	p.Dec(asm.ECX)
	p.J(asm.NE, "turn")
	p.Dec(inside)
	p.Inc(count)
	p.OutB(picMaster, picEOI)
	p.Pop(asm.RCX)
	p.Pop(asm.RAX)
	p.Iret()
}
