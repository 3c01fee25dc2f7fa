package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

// Working uses the same pages of its memory for ever: a working set. It is not
// one of All: it has no end. It has no page tables, which its processor would use
// too. Interrupts are on, since not every processor leaves a guest for the host's
// while they are off.
var Working = Guest{
	Name:   "working",
	Help:   "reads and writes the same pages again and again",
	Memory: 16 << 20,
	Mode:   Protected,
	Code:   workingCode,
	Expect: `working`,
	Ends:   Anyhow,
}

// What Working uses in each turn: pages of 2 MiB, in which a machine without a
// display has all of its memory.
const (
	WorkingWrites = 2
	WorkingReads  = 4 // others, and the one with its code is among them
)

func workingCode(p *Prog) {
	word := func(page int64) asm.Mem { return asm.Mem{Disp: page<<21 + 0x12344, Size: 4} }
	const once = 1
	p.LoadIDT()
	p.OutB(0x21, 0xff) // no device interrupts
	p.Inc(word(once))
	p.Print("working\n")
	p.Sti()
	p.Label("turn")
	for page := range int64(WorkingWrites) {
		p.Inc(word(once + 1 + page))
	}
	for page := range int64(WorkingReads - 1) {
		p.Mov(asm.EAX, word(once+1+WorkingWrites+page))
	}
	p.Jmp(asm.Ref("turn"))
}
