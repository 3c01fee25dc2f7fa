package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

// What the guests with random accesses share. The accesses are the same ones
// every time.

const (
	randomRounds = 1 << 16
	randomSeed   = 0x9e3779b97f4a7c15 - 1<<64
)

// randomly repeats what emit emits, with a new random number in R15 each time.
// emit may change all registers but R13, R14 and the stack pointer. Exceptions
// skip an instruction of two bytes.
func randomly(p *Prog, rounds asm.Imm, emit func()) {
	p.LoadIDT()
	p.Handle(GP, "skip")
	p.Handle(NMI, "nmi")
	p.Mov(asm.R13, asm.Imm(randomSeed))
	p.Mov(asm.R14D, rounds)
	p.Label("round")
	for _, shift := range []struct {
		by   func(dst, n asm.Operand)
		bits asm.Imm
	}{{p.Shl, 13}, {p.Shr, 7}, {p.Shl, 17}} {
		p.Mov(asm.RAX, asm.R13)
		shift.by(asm.RAX, shift.bits)
		p.Xor(asm.R13, asm.RAX)
	}
	p.Mov(asm.R15, asm.R13)
	emit()
	p.Label("skipped")
	p.Dec(asm.R14D)
	p.J(asm.NZ, "round")
	p.Print("ok " + p.guest.Name + " survived\n")
	p.Done()

	p.Label("skip")
	p.Add(asm.Mem{Base: asm.RSP, Disp: 8, Size: 8}, asm.Imm(2))
	p.Add(asm.RSP, asm.Imm(8))
	p.Iret()
	p.Label("nmi")
	p.Iret()
}

// oneOf runs one of several pieces of code, by the next random bits in R15.
func oneOf(p *Prog, bits int, choices ...func()) {
	done := p.Unique("done")
	p.Mov(asm.EAX, asm.R15D)
	p.Shr(asm.R15, asm.Imm(bits))
	p.And(asm.EAX, asm.Imm(1<<bits-1))
	for i, emit := range choices {
		if i == len(choices)-1 {
			emit()
			break
		}
		next := p.Unique("next")
		p.Cmp(asm.EAX, asm.Imm(i))
		p.J(asm.NE, next)
		emit()
		p.Jmp(asm.Ref(done))
		p.Label(next)
	}
	p.Label(done)
}
