package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

// printRoutine prints the text at EAX.
func (p *Prog) printRoutine() {
	ax, si := p.reg(asm.RAX), p.reg(asm.RSI)
	next, end := p.Unique("next"), p.Unique("end")
	p.Pushf()
	p.Push(si)
	p.Push(ax)
	p.Mov(asm.ESI, asm.EAX)
	p.Cld()
	p.Label(next)
	p.Lodsb()
	p.Test(asm.AL, asm.AL)
	p.JShort(asm.Z, end)
	p.Out(asm.Imm(consolePort), asm.AL)
	p.Jmp(asm.Ref(next))
	p.Label(end)
	p.Pop(ax)
	p.Pop(si)
	p.Popf()
	p.Ret()
}

// hexRoutine prints EAX, or RAX in 64-bit code.
func (p *Prog) hexRoutine() {
	ax, cx, dx := p.reg(asm.RAX), p.reg(asm.RCX), p.reg(asm.RDX)
	next, digit := p.Unique("next"), p.Unique("digit")
	p.Pushf()
	p.Push(ax)
	p.Push(cx)
	p.Push(dx)
	p.Mov(dx, ax)
	p.Print("0x")
	p.Mov(cx, asm.Imm(max(p.Mode(), 32)/4))
	p.Label(next)
	p.Rol(dx, asm.Imm(4))
	p.Mov(asm.AL, asm.DL)
	p.And(asm.AL, asm.Imm(15))
	p.Add(asm.AL, asm.Imm('0'))
	p.Cmp(asm.AL, asm.Imm('9'))
	p.JShort(asm.BE, digit)
	p.Add(asm.AL, asm.Imm('a'-'0'-10))
	p.Label(digit)
	p.Out(asm.Imm(consolePort), asm.AL)
	p.Loop(next)
	p.Pop(dx)
	p.Pop(cx)
	p.Pop(ax)
	p.Popf()
	p.Ret()
}

// decRoutine prints EAX, or RAX in 64-bit code.
func (p *Prog) decRoutine() {
	ax, bx, cx, dx := p.reg(asm.RAX), p.reg(asm.RBX), p.reg(asm.RCX), p.reg(asm.RDX)
	divide, print := p.Unique("divide"), p.Unique("print")
	p.Pushf()
	p.Push(ax)
	p.Push(bx)
	p.Push(cx)
	p.Push(dx)
	p.Mov(bx, asm.Imm(10))
	p.Xor(cx, cx)
	p.Label(divide) // the last digit comes first: the stack turns them round
	p.Xor(dx, dx)
	p.Div(bx)
	p.Push(dx)
	p.Inc(cx)
	p.Test(ax, ax)
	p.J(asm.NZ, divide)
	p.Label(print)
	p.Pop(ax)
	p.Add(asm.AL, asm.Imm('0'))
	p.Out(asm.Imm(consolePort), asm.AL)
	p.Loop(print)
	p.Pop(dx)
	p.Pop(cx)
	p.Pop(bx)
	p.Pop(ax)
	p.Popf()
	p.Ret()
}

// checkRoutine compares what it got in xAX with what is wanted in xCX, and
// prints the outcome with the text at EDX.
func (p *Prog) checkRoutine() {
	ax, cx, dx := p.reg(asm.RAX), p.reg(asm.RCX), p.reg(asm.RDX)
	fail := p.routine("quiet", p.quietRoutine)
	p.Cmp(ax, cx)
	p.J(asm.NE, fail)
	p.Print("ok " + p.guest.Name + " ")
	p.Xchg(ax, dx)
	p.Call(asm.Ref(p.routine("print", p.printRoutine)))
	p.Xchg(ax, dx)
	p.Print("\n")
	p.Ret()
}

// quietRoutine is checkRoutine that prints only a failure.
func (p *Prog) quietRoutine() {
	ax, cx, dx := p.reg(asm.RAX), p.reg(asm.RCX), p.reg(asm.RDX)
	fail := p.Unique("fail")
	p.Cmp(ax, cx)
	p.J(asm.NE, fail)
	p.Ret()
	p.Label(fail)
	p.Inc(p.failures())
	p.Print("FAIL " + p.guest.Name + " ")
	p.Xchg(ax, dx)
	p.Call(asm.Ref(p.routine("print", p.printRoutine)))
	p.Xchg(ax, dx)
	p.Print(" got ")
	p.PrintHex(ax)
	p.Print(" want ")
	p.PrintHex(cx)
	p.Print("\n")
	p.Ret()
}
