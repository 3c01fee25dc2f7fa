package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

// What the helpers need: a stack, and in 16- and 32-bit code DS at 0. They
// keep all registers and flags, unless they say otherwise.

// Ports of hypervisors and emulators.
const (
	consolePort = 0xe9
	exitPort    = 0xf4
)

// Print prints a text on the console.
func (p *Prog) Print(text string) {
	p.Helper()
	p.withAX(func() {
		p.Mov(asm.EAX, asm.Ref(p.text(text)))
		p.Call(asm.Ref(p.routine("print", p.printRoutine)))
	})
}

// PrintHex prints a register or memory as a hexadecimal number.
func (p *Prog) PrintHex(o asm.Operand) {
	p.Helper()
	p.withAX(func() {
		p.load(asm.RAX, o)
		p.Call(asm.Ref(p.routine("hex", p.hexRoutine)))
	})
}

// PrintDec prints a register or memory as an unsigned decimal number.
func (p *Prog) PrintDec(o asm.Operand) {
	p.Helper()
	p.withAX(func() {
		p.load(asm.RAX, o)
		p.Call(asm.Ref(p.routine("dec", p.decRoutine)))
	})
}

// Exit ends the machine with a code; 0 says that all is well.
func (p *Prog) Exit(code uint8) {
	p.Mov(asm.AL, asm.Imm(code))
	p.Out(asm.Imm(exitPort), asm.AL)
	end := p.Unique("end")
	p.Label(end)
	p.Cli()
	p.Hlt()
	p.Jmp(asm.Ref(end))
}

// Done ends the machine: with 0 if no check failed. Build does this at the end
// of the code.
func (p *Prog) Done() {
	failed := p.Unique("failed")
	p.Cmp(p.failures(), asm.Imm(0))
	p.J(asm.NE, failed)
	if p.guest.still {
		p.beStill()
	}
	p.Print("passed " + p.guest.Name + "\n")
	p.Exit(0)
	p.Label(failed)
	p.Print("failed " + p.guest.Name + "\n")
	p.Exit(1)
}

// failures is where failed checks are counted.
func (p *Prog) failures() asm.Mem {
	m := p.Var("failures", 4)
	m.Size = 4
	return m
}

// Check prints "ok GUEST WHAT", or "FAIL GUEST WHAT got X want Y" if got, a
// register or memory, is not want, a number, a label's address, or another
// register or memory.
func (p *Prog) Check(what string, got, want asm.Operand) {
	p.Helper()
	if p.guest.still {
		p.Quiet(what, got, want)
		return
	}
	p.check(what, got, want, "check", p.checkRoutine)
}

// Quiet is a Check that prints only when it fails.
func (p *Prog) Quiet(what string, got, want asm.Operand) {
	p.Helper()
	p.check(what, got, want, "quiet", p.quietRoutine)
}

func (p *Prog) check(what string, got, want asm.Operand, routine string, emit func()) {
	p.Helper()
	if r, ok := want.(asm.Reg); ok && r.As(64) == asm.RAX {
		p.Errorf("what is wanted cannot be in %v", r)
	}
	p.Pushf()
	p.withAX(func() {
		cx, dx := p.reg(asm.RCX), p.reg(asm.RDX)
		p.Push(cx)
		p.Push(dx)
		p.load(asm.RAX, got)
		if v, ok := want.(asm.Imm); ok {
			want = v & asm.Imm(mask(p.sizeOf(got)))
		}
		p.load(asm.RCX, want)
		p.Mov(asm.EDX, asm.Ref(p.text(what)))
		p.Call(asm.Ref(p.routine(routine, emit)))
		p.Pop(dx)
		p.Pop(cx)
	})
	p.Popf()
}

// withAX keeps the accumulator over what emit emits.
func (p *Prog) withAX(emit func()) {
	ax := p.reg(asm.RAX)
	p.Push(ax)
	emit()
	p.Pop(ax)
}

// Zero clears bytes from an address on, which must be below 64 KiB in 16-bit
// code. ES must be at 0 there and in 32-bit code. It clears the direction flag.
func (p *Prog) Zero(address, bytes int64) {
	ax, cx, di := p.reg(asm.RAX), p.reg(asm.RCX), p.reg(asm.RDI)
	p.Push(ax)
	p.Push(cx)
	p.Push(di)
	p.Cld()
	p.Xor(asm.EAX, asm.EAX)
	p.Mov(asm.ECX, asm.Imm(bytes))
	p.Mov(asm.EDI, asm.Imm(address))
	p.Rep()
	p.Stosb()
	p.Pop(di)
	p.Pop(cx)
	p.Pop(ax)
}

// load moves o to a general register, with zeros in front.
func (p *Prog) load(dst asm.Reg, o asm.Operand) {
	p.Helper()
	r, _ := o.(asm.Reg)
	m, ok := o.(asm.Mem)
	if ok {
		m.Size = p.sizeOf(m)
		o = m
	}
	if r.As(64) == asm.RSP || m.Base.As(64) == asm.RSP {
		p.Errorf("the prelude has moved the stack pointer: copy it first")
	}
	switch p.sizeOf(o) {
	case 0:
		p.Mov(p.reg(dst), o)
	case 1, 2:
		p.Movzx(dst.As(32), o)
	case 4:
		if o != dst.As(32) || p.Mode() == 64 {
			p.Mov(dst.As(32), o)
		}
	case 8:
		p.Mov(dst, o)
	}
}

// sizeOf is the size of an operand in bytes, 0 for numbers.
func (p *Prog) sizeOf(o asm.Operand) int {
	switch o := o.(type) {
	case asm.Mem:
		if o.Size == 0 {
			return p.Mode() / 8
		}
		return o.Size
	case asm.Reg:
		for size := 2; size <= 8; size *= 2 {
			if o.As(size*8) == o {
				return size
			}
		}
		return 1
	}
	return 0
}

// mask has the low size bytes set.
func mask(size int) uint64 { return ^uint64(0) >> (64 - size*8) }
