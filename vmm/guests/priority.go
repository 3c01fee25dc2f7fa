package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var priority = Guest{
	Name:   "priority",
	Help:   "CR8: moves without end, and what they hold up and let through",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   priorityCode,
	Expect: `ok priority as many as were sent`,
}

// PriorityMoves is how often priority moves to CR8 while nothing waits for that:
// moves that a hypervisor need not see. It moves as often from CR8.
// PriorityWaits is how often something does.
const (
	PriorityMoves = 1000
	PriorityWaits = 3
)

func priorityCode(p *Prog) {
	const vector = 0x51
	p.LoadIDT()
	p.EnableAPIC()
	p.WriteAPIC(apicLINT0, apicMasked)
	count := p.Count(vector, p.apicEnd)
	p.Sti()

	p.Xor(asm.EBX, asm.EBX) // moves from CR8 that tell something else
	p.Mov(asm.ECX, asm.Imm(PriorityMoves))
	p.Label("move")
	p.Mov(asm.EDX, asm.ECX)
	p.And(asm.EDX, asm.Imm(15))
	p.Mov(asm.CR8, asm.RDX)
	p.Mov(asm.RAX, asm.CR8)
	p.Cmp(asm.RAX, asm.RDX)
	p.Set(asm.NZ, asm.AL)
	p.Or(asm.BL, asm.AL)
	p.Loop("move")
	p.Check("CR8 is what was moved to it", asm.EBX, asm.Imm(0))

	for i := range int64(PriorityWaits) {
		p.Mov(asm.EAX, asm.Imm(vector>>4+i))
		p.Mov(asm.CR8, asm.RAX)
		p.WriteAPIC(apicICR, apicSelf|vector)
		p.Check("held up", count, asm.Imm(i))
		p.Mov(asm.EAX, asm.Imm(vector>>4-1))
		p.Mov(asm.CR8, asm.RAX)
		p.Nop()
		p.Check("let through", count, asm.Imm(i+1))
	}
	p.WriteAPIC(apicTPR, vector&0xf0+3)
	p.Mov(asm.RAX, asm.CR8)
	p.Check("the register is CR8", asm.EAX, asm.Imm(vector>>4))
	p.WriteAPIC(apicICR, apicSelf|vector)
	p.Check("held up by the register", count, asm.Imm(PriorityWaits))
	p.WriteAPIC(apicTPR, 0)
	p.Nop()
	p.Check("as many as were sent", count, asm.Imm(PriorityWaits+1))
}
