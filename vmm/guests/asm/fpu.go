package asm

// The x87, SSE and AVX instructions that guests need to fill the registers, to
// look at them, and to calculate a little. APM vol. 4 and vol. 5.

// Fninit resets the x87 unit.
func (a *Assembler) Fninit() { a.raw(0xdb, 0xe3) }

// Fnclex clears the x87 exception flags.
func (a *Assembler) Fnclex() { a.raw(0xdb, 0xe2) }

// Fwait raises a pending x87 exception.
func (a *Assembler) Fwait() { a.raw(0x9b) }

// Fld1 pushes 1.
func (a *Assembler) Fld1() { a.raw(0xd9, 0xe8) }

// Fldpi pushes π.
func (a *Assembler) Fldpi() { a.raw(0xd9, 0xeb) }

// Fldz pushes 0.
func (a *Assembler) Fldz() { a.raw(0xd9, 0xee) }

// Fsqrt is ST0 = √ST0.
func (a *Assembler) Fsqrt() { a.raw(0xd9, 0xfa) }

// Faddp is ST1 += ST0, and pops.
func (a *Assembler) Faddp() { a.raw(0xde, 0xc1) }

// Fmulp is ST1 *= ST0, and pops.
func (a *Assembler) Fmulp() { a.raw(0xde, 0xc9) }

// Fdivp is ST1 /= ST0, and pops.
func (a *Assembler) Fdivp() { a.raw(0xde, 0xf9) }

// Fnstsw stores the status word in AX.
func (a *Assembler) Fnstsw() { a.raw(0xdf, 0xe0) }

// Fldcw loads the control word.
func (a *Assembler) Fldcw(m Mem) { a.emit(ins{op: "\xd9", digit: 5, rm: m}) }

// Fnstcw stores the control word.
func (a *Assembler) Fnstcw(m Mem) { a.emit(ins{op: "\xd9", digit: 7, rm: m}) }

// form is an opcode and what goes with it in ModRM.
type form struct {
	op    string
	digit byte
}

// Fld pushes a number of 4, 8 or 10 bytes.
func (a *Assembler) Fld(m Mem) {
	a.x87(m, map[int]form{4: {"\xd9", 0}, 8: {"\xdd", 0}, 10: {"\xdb", 5}})
}

// Fst stores ST0 in 4 or 8 bytes.
func (a *Assembler) Fst(m Mem) { a.x87(m, map[int]form{4: {"\xd9", 2}, 8: {"\xdd", 2}}) }

// Fstp stores ST0 in 4, 8 or 10 bytes, and pops.
func (a *Assembler) Fstp(m Mem) {
	a.x87(m, map[int]form{4: {"\xd9", 3}, 8: {"\xdd", 3}, 10: {"\xdb", 7}})
}

// Fild pushes a signed integer of 2, 4 or 8 bytes.
func (a *Assembler) Fild(m Mem) {
	a.x87(m, map[int]form{2: {"\xdf", 0}, 4: {"\xdb", 0}, 8: {"\xdf", 5}})
}

// Fistp stores ST0 as a signed integer of 2, 4 or 8 bytes, and pops.
func (a *Assembler) Fistp(m Mem) {
	a.x87(m, map[int]form{2: {"\xdf", 3}, 4: {"\xdb", 3}, 8: {"\xdf", 7}})
}

func (a *Assembler) x87(m Mem, forms map[int]form) {
	f, ok := forms[m.Size]
	if !ok {
		a.errorf("there is no form for %d bytes", m.Size)
		return
	}
	a.emit(ins{op: f.op, digit: f.digit, rm: m})
}

// Fxsave saves the x87 and SSE state in 512 bytes.
func (a *Assembler) Fxsave(m Mem) { a.emit(ins{op: "\x0f\xae", digit: 0, rm: m}) }

// Fxrstor restores what Fxsave saved.
func (a *Assembler) Fxrstor(m Mem) { a.emit(ins{op: "\x0f\xae", digit: 1, rm: m}) }

// Ldmxcsr loads MXCSR.
func (a *Assembler) Ldmxcsr(m Mem) { a.emit(ins{op: "\x0f\xae", digit: 2, rm: m}) }

// Stmxcsr stores MXCSR.
func (a *Assembler) Stmxcsr(m Mem) { a.emit(ins{op: "\x0f\xae", digit: 3, rm: m}) }

// Xsave saves the state components in EDX:EAX.
func (a *Assembler) Xsave(m Mem) { a.emit(ins{op: "\x0f\xae", digit: 4, rm: m}) }

// Xrstor restores the state components in EDX:EAX.
func (a *Assembler) Xrstor(m Mem) { a.emit(ins{op: "\x0f\xae", digit: 5, rm: m}) }

// Movups copies 16 bytes between an XMM register and another or memory.
func (a *Assembler) Movups(dst, src Operand) { a.sse(0, "\x0f\x10", "\x0f\x11", dst, src) }

// Movaps is Movups for addresses that 16 divides.
func (a *Assembler) Movaps(dst, src Operand) { a.sse(0, "\x0f\x28", "\x0f\x29", dst, src) }

// Movdqu is Movups of integers.
func (a *Assembler) Movdqu(dst, src Operand) { a.sse(prefixRep, "\x0f\x6f", "\x0f\x7f", dst, src) }

// Movdqa is Movaps of integers.
func (a *Assembler) Movdqa(dst, src Operand) { a.sse(prefixOperand, "\x0f\x6f", "\x0f\x7f", dst, src) }

// Movss copies 4 bytes between an XMM register and another or memory.
func (a *Assembler) Movss(dst, src Operand) { a.sse(prefixRep, "\x0f\x10", "\x0f\x11", dst, src) }

// Movlps copies 8 bytes between the low half of an XMM register and memory.
func (a *Assembler) Movlps(dst, src Operand) { a.sse(0, "\x0f\x12", "\x0f\x13", dst, src) }

// Pxor is dst ^= src, 16 bytes.
func (a *Assembler) Pxor(dst Reg, src Operand) { a.sse(prefixOperand, "\x0f\xef", "", dst, src) }

// Paddd adds four doublewords.
func (a *Assembler) Paddd(dst Reg, src Operand) { a.sse(prefixOperand, "\x0f\xfe", "", dst, src) }

// Pcmpeqd sets each doubleword of dst to all ones where it equals src's, else
// to 0.
func (a *Assembler) Pcmpeqd(dst Reg, src Operand) { a.sse(prefixOperand, "\x0f\x76", "", dst, src) }

// Divss divides the low single of dst by src's.
func (a *Assembler) Divss(dst Reg, src Operand) { a.sse(prefixRep, "\x0f\x5e", "", dst, src) }

func (a *Assembler) sse(must byte, load, store string, dst, src Operand) {
	d, _ := dst.(Reg)
	s, _ := src.(Reg)
	switch {
	case d.kind() == kindXMM && (s.kind() == kindXMM || isMem(src)):
		a.emit(ins{must: must, op: load, reg: d, rm: src})
	case isMem(dst) && s.kind() == kindXMM && store != "":
		a.emit(ins{must: must, op: store, reg: s, rm: dst})
	default:
		a.errorf("cannot be %v, %v", dst, src)
	}
}

// Pmovmskb puts the highest bits of an XMM register's bytes in dst.
func (a *Assembler) Pmovmskb(dst, src Reg) {
	if src.kind() != kindXMM || dst.kind() != kind32 {
		a.errorf("cannot be %v, %v", dst, src)
		return
	}
	a.emit(ins{must: prefixOperand, op: "\x0f\xd7", reg: dst, rm: src})
}

// Movd copies 4 bytes, or 8 of a 64-bit register, between an XMM register and a
// general one or 4 bytes of memory.
func (a *Assembler) Movd(dst, src Operand) {
	op, x, o := "\x0f\x6e", dst, src
	if s, ok := src.(Reg); ok && s.kind() == kindXMM {
		op, x, o = "\x0f\x7e", src, dst
	}
	r, _ := x.(Reg)
	g, _ := o.(Reg)
	if r.kind() != kindXMM || !isMem(o) && g.size() < 4 {
		a.errorf("cannot be %v, %v", dst, src)
		return
	}
	size := 0
	if g.size() == 8 {
		size = 8
	}
	a.emit(ins{size: size, must: prefixOperand, op: op, reg: r, rm: o})
}

// Movnti stores a register past the caches.
func (a *Assembler) Movnti(dst Mem, src Reg) {
	if size := a.sizeOf(dst, src); size >= 4 {
		a.emit(ins{size: size, op: "\x0f\xc3", reg: src, rm: dst})
	} else if size != 0 {
		a.errorf("not for %d bytes", size)
	}
}

// Vmovdqu copies 32 bytes between an AVX register and memory.
func (a *Assembler) Vmovdqu(dst, src Operand) {
	op, r, m := "\xc5\xfe\x6f", dst, src
	if isMem(dst) {
		op, r, m = "\xc5\xfe\x7f", src, dst
	}
	y, ok := r.(Reg)
	if !ok || y.kind() != kindYMM || !isMem(m) {
		a.errorf("cannot be %v, %v", dst, src)
		return
	}
	if mem := m.(Mem); max(mem.Base.num(), mem.Index.num()) >= 8 {
		a.errorf("only the first eight registers can be in the address")
		return
	}
	a.emit(ins{op: op, reg: y, rm: m})
}

// Vzeroall clears all AVX registers.
func (a *Assembler) Vzeroall() { a.raw(0xc5, 0xfc, 0x77) }
