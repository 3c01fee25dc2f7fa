package asm

// The eight operations that have the same forms: their numbers are those in
// the opcode. APM vol. 3 §A.1.
const (
	opAdd = iota
	opOr
	opAdc
	opSbb
	opAnd
	opSub
	opXor
	opCmp
)

// Add is dst += src.
func (a *Assembler) Add(dst, src Operand) { a.alu(opAdd, dst, src) }

// Or is dst |= src.
func (a *Assembler) Or(dst, src Operand) { a.alu(opOr, dst, src) }

// Adc is dst += src + carry.
func (a *Assembler) Adc(dst, src Operand) { a.alu(opAdc, dst, src) }

// Sbb is dst -= src + carry.
func (a *Assembler) Sbb(dst, src Operand) { a.alu(opSbb, dst, src) }

// And is dst &= src.
func (a *Assembler) And(dst, src Operand) { a.alu(opAnd, dst, src) }

// Sub is dst -= src.
func (a *Assembler) Sub(dst, src Operand) { a.alu(opSub, dst, src) }

// Xor is dst ^= src.
func (a *Assembler) Xor(dst, src Operand) { a.alu(opXor, dst, src) }

// Cmp sets the flags of dst - src.
func (a *Assembler) Cmp(dst, src Operand) { a.alu(opCmp, dst, src) }

func (a *Assembler) alu(n byte, dst, src Operand) {
	size := a.sizeOf(dst, src)
	if size == 0 {
		return
	}
	if !isRM(dst) {
		a.errorf("%v is no destination", dst)
		return
	}
	d, isReg := dst.(Reg)
	switch s := src.(type) {
	case Reg:
		a.emit(ins{size: size, op: byteOp(n<<3|1, size), reg: s, rm: dst})
	case Mem:
		if !isReg {
			a.errorf("two operands in memory")
			return
		}
		a.emit(ins{size: size, op: byteOp(n<<3|3, size), reg: d, rm: s})
	default:
		if v, ok := src.(Imm); ok && size > 1 && isByte(extended(v, size)) {
			a.emit(ins{size: size, op: "\x83", digit: n, rm: dst, imm: extended(v, size), immSize: 1})
		} else if isReg && d.num() == 0 && d.kind() != kind8high {
			a.emit(ins{size: size, op: byteOp(n<<3|5, size), imm: src, immSize: min(size, 4), signed: size == 8})
		} else {
			a.emit(ins{size: size, op: byteOp(0x81, size), digit: n, rm: dst, imm: src, immSize: min(size, 4), signed: size == 8})
		}
	}
}

// Test sets the flags of dst & src.
func (a *Assembler) Test(dst, src Operand) {
	size := a.sizeOf(dst, src)
	d, isReg := dst.(Reg)
	s, srcReg := src.(Reg)
	if isReg && isMem(src) {
		dst, s, srcReg = src, d, true
	}
	switch {
	case size == 0:
	case !isRM(dst) || isMem(dst) && isMem(src) && !srcReg:
		a.errorf("cannot test %v and %v", dst, src)
	case srcReg:
		a.emit(ins{size: size, op: byteOp(0x85, size), reg: s, rm: dst})
	case isReg && d.num() == 0 && d.kind() != kind8high:
		a.emit(ins{size: size, op: byteOp(0xa9, size), imm: src, immSize: min(size, 4), signed: size == 8})
	default:
		a.emit(ins{size: size, op: byteOp(0xf7, size), rm: dst, imm: src, immSize: min(size, 4), signed: size == 8})
	}
}

// Inc is dst++; the carry stays.
func (a *Assembler) Inc(dst Operand) { a.step(0, "\x40", dst) }

// Dec is dst--; the carry stays.
func (a *Assembler) Dec(dst Operand) { a.step(1, "\x48", dst) }

// step emits INC or DEC, which have forms of a byte where that is not REX.
func (a *Assembler) step(digit byte, short string, dst Operand) {
	if r, ok := dst.(Reg); ok && r.size() > 1 && a.bits != 64 {
		a.emit(ins{size: r.size(), op: short, plus: r})
		return
	}
	a.unary(0xff, digit, dst)
}

// Not inverts the bits of dst.
func (a *Assembler) Not(dst Operand) { a.unary(0xf7, 2, dst) }

// Neg is dst = -dst.
func (a *Assembler) Neg(dst Operand) { a.unary(0xf7, 3, dst) }

// Mul multiplies the accumulator by src, unsigned; the product is in AX or
// xDX:xAX.
func (a *Assembler) Mul(src Operand) { a.unary(0xf7, 4, src) }

// Imul multiplies the accumulator by src, signed.
func (a *Assembler) Imul(src Operand) { a.unary(0xf7, 5, src) }

// Div divides AX or xDX:xAX by src, unsigned.
func (a *Assembler) Div(src Operand) { a.unary(0xf7, 6, src) }

// Idiv divides AX or xDX:xAX by src, signed.
func (a *Assembler) Idiv(src Operand) { a.unary(0xf7, 7, src) }

func (a *Assembler) unary(op, digit byte, o Operand) {
	if size := a.sizeOf(o); size == 0 {
		return
	} else if !isRM(o) {
		a.errorf("%v is no destination", o)
	} else {
		a.emit(ins{size: size, op: byteOp(op, size), digit: digit, rm: o})
	}
}

// Imul2 is dst *= src, signed.
func (a *Assembler) Imul2(dst Reg, src Operand) { a.load("\x0f\xaf", dst, src) }

// Imul3 is dst = src * v, signed.
func (a *Assembler) Imul3(dst Reg, src Operand, v Imm) {
	size := a.sizeOf(dst, src)
	switch {
	case size == 0:
	case size == 1:
		a.errorf("there is no form for bytes")
	case isByte(extended(v, size)):
		a.emit(ins{size: size, op: "\x6b", reg: dst, rm: src, imm: extended(v, size), immSize: 1})
	default:
		a.emit(ins{size: size, op: "\x69", reg: dst, rm: src, imm: v, immSize: min(size, 4), signed: size == 8})
	}
}

// load emits an instruction whose source is ModRM.rm and which has no form for
// bytes.
func (a *Assembler) load(op string, dst Reg, src Operand) {
	if size := a.sizeOf(dst, src); size == 0 {
		return
	} else if size == 1 || !isRM(src) {
		a.errorf("cannot load %v from %v", dst, src)
	} else {
		a.emit(ins{size: size, op: op, reg: dst, rm: src})
	}
}

// Rol rotates dst left by n, an Imm or CL.
func (a *Assembler) Rol(dst, n Operand) { a.shift(0, dst, n) }

// Ror rotates dst right by n, an Imm or CL.
func (a *Assembler) Ror(dst, n Operand) { a.shift(1, dst, n) }

// Rcl rotates dst and the carry left by n, an Imm or CL.
func (a *Assembler) Rcl(dst, n Operand) { a.shift(2, dst, n) }

// Rcr rotates dst and the carry right by n, an Imm or CL.
func (a *Assembler) Rcr(dst, n Operand) { a.shift(3, dst, n) }

// Shl shifts dst left by n, an Imm or CL.
func (a *Assembler) Shl(dst, n Operand) { a.shift(4, dst, n) }

// Shr shifts dst right by n, an Imm or CL, unsigned.
func (a *Assembler) Shr(dst, n Operand) { a.shift(5, dst, n) }

// Sar shifts dst right by n, an Imm or CL, signed.
func (a *Assembler) Sar(dst, n Operand) { a.shift(7, dst, n) }

func (a *Assembler) shift(digit byte, dst, n Operand) {
	size := a.sizeOf(dst)
	v, isImm := n.(Imm)
	switch {
	case size == 0:
	case !isRM(dst):
		a.errorf("%v is no destination", dst)
	case n == CL:
		a.emit(ins{size: size, op: byteOp(0xd3, size), digit: digit, rm: dst})
	case isImm && v == 1:
		a.emit(ins{size: size, op: byteOp(0xd1, size), digit: digit, rm: dst})
	case isImm:
		a.emit(ins{size: size, op: byteOp(0xc1, size), digit: digit, rm: dst, imm: v, immSize: 1})
	default:
		a.errorf("the count is a number or CL, not %v", n)
	}
}

// Shld shifts dst left by n, an Imm or CL, with src's high bits coming in.
func (a *Assembler) Shld(dst Operand, src Reg, n Operand) { a.shiftDouble("\xa4", "\xa5", dst, src, n) }

// Shrd shifts dst right by n, an Imm or CL, with src's low bits coming in.
func (a *Assembler) Shrd(dst Operand, src Reg, n Operand) { a.shiftDouble("\xac", "\xad", dst, src, n) }

func (a *Assembler) shiftDouble(opImm, opCL string, dst Operand, src Reg, n Operand) {
	size := a.sizeOf(dst, src)
	switch v, isImm := n.(Imm); {
	case size == 0:
	case size == 1 || !isRM(dst):
		a.errorf("cannot shift %v into %v", src, dst)
	case n == CL:
		a.emit(ins{size: size, op: "\x0f" + opCL, reg: src, rm: dst})
	case isImm:
		a.emit(ins{size: size, op: "\x0f" + opImm, reg: src, rm: dst, imm: v, immSize: 1})
	default:
		a.errorf("the count is a number or CL, not %v", n)
	}
}

// Bt copies a bit of dst to the carry. n is a register or an Imm.
func (a *Assembler) Bt(dst, n Operand) { a.bit(4, dst, n) }

// Bts copies a bit of dst to the carry, and sets it.
func (a *Assembler) Bts(dst, n Operand) { a.bit(5, dst, n) }

// Btr copies a bit of dst to the carry, and clears it.
func (a *Assembler) Btr(dst, n Operand) { a.bit(6, dst, n) }

// Btc copies a bit of dst to the carry, and inverts it.
func (a *Assembler) Btc(dst, n Operand) { a.bit(7, dst, n) }

func (a *Assembler) bit(digit byte, dst, n Operand) {
	size := a.sizeOf(dst, n)
	switch n := n.(type) {
	case Reg:
		if size > 1 && isRM(dst) {
			a.emit(ins{size: size, op: "\x0f" + string([]byte{0x83 | digit<<3}), reg: n, rm: dst})
			return
		}
	case Imm:
		if size > 1 && isRM(dst) {
			a.emit(ins{size: size, op: "\x0f\xba", digit: digit, rm: dst, imm: n, immSize: 1})
			return
		}
	}
	if size != 0 {
		a.errorf("cannot take bit %v of %v", n, dst)
	}
}

// Bsf puts the number of the lowest set bit of src in dst.
func (a *Assembler) Bsf(dst Reg, src Operand) { a.load("\x0f\xbc", dst, src) }

// Bsr puts the number of the highest set bit of src in dst.
func (a *Assembler) Bsr(dst Reg, src Operand) { a.load("\x0f\xbd", dst, src) }
