package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

// Still is the guest with another end: it prints "still" and a checksum of its
// memory, and halts for good with interrupts on, so that its registers can be
// looked at. Its checks print only when they fail: what its machine remembers of
// it is what it does with devices.
func (g Guest) Still() Guest {
	g.Name, g.Ends, g.still = "still-"+g.Name, Anyhow, true
	g.Expect = `(?m)^still 0x[0-9a-f]+$`
	return g
}

// stillBytes is how much free RAM the checksum has from Scratch on, beside the
// guest's own code and data. 16-bit code reaches only those.
const stillBytes = 0x10000

// beStill is the end of such a guest. Flags that the manuals leave undefined are
// not the guest's business, so it loads all of them.
func (p *Prog) beStill() {
	const flags = 1<<9 | 2
	p.Xor(asm.EDX, asm.EDX)
	p.sum(LoadAt, TablesAt)
	if p.Mode() != 16 {
		p.sum(Scratch, Scratch+stillBytes)
	}
	p.Print("still ")
	p.PrintHex(asm.EDX)
	p.Print("\n")
	p.Push(asm.Imm(flags))
	p.Popf()
	halt := p.Unique("halt")
	p.Label(halt)
	p.Hlt()
	p.Jmp(asm.Ref(halt))
}

// sum adds the words of a range of memory to EDX, which it turns each time.
func (p *Prog) sum(from, to int64) {
	next, si := p.Unique("sum"), p.reg(asm.RSI)
	p.Mov(asm.ESI, asm.Imm(from))
	p.Label(next)
	p.Rol(asm.EDX, asm.Imm(5))
	p.Add(asm.EDX, asm.Mem{Base: si, Size: 4})
	p.Add(asm.ESI, asm.Imm(4))
	p.Cmp(asm.ESI, asm.Imm(to))
	p.J(asm.B, next)
}
