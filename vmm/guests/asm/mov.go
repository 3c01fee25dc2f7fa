package asm

// Mov copies src to dst: between general registers, memory, numbers, and
// segment, control and debug registers. In 16- and 32-bit code AL, AX and EAX
// use the moffs forms where the address is a plain number; Movabs does in
// 64-bit code.
func (a *Assembler) Mov(dst, src Operand) {
	d, _ := dst.(Reg)
	s, _ := src.(Reg)
	switch {
	case d.kind() == kindSegment || s.kind() == kindSegment:
		a.movSegment(dst, src)
	case d.kind() == kindControl:
		a.movSystem("\x0f\x22", d, s)
	case s.kind() == kindControl:
		a.movSystem("\x0f\x20", s, d)
	case d.kind() == kindDebug:
		a.movSystem("\x0f\x23", d, s)
	case s.kind() == kindDebug:
		a.movSystem("\x0f\x21", s, d)
	default:
		a.movGeneral(dst, src)
	}
}

func (a *Assembler) movGeneral(dst, src Operand) {
	size := a.sizeOf(dst, src)
	if size == 0 {
		return
	}
	switch s := src.(type) {
	case Reg:
		if m, ok := a.moffs(dst, s); ok {
			a.emitMoffs(byteOp(0xa3, size), size, m)
		} else if isRM(dst) {
			a.emit(ins{size: size, op: byteOp(0x89, size), reg: s, rm: dst})
		} else {
			a.errorf("nothing can be moved to %v", dst)
		}
	case Mem:
		r, ok := dst.(Reg)
		if m, moffs := a.moffs(src, r); moffs {
			a.emitMoffs(byteOp(0xa1, size), size, m)
		} else if ok {
			a.emit(ins{size: size, op: byteOp(0x8b, size), reg: r, rm: s})
		} else {
			a.errorf("from memory to memory: movs does that")
		}
	default:
		a.movNumber(dst, src, size)
	}
}

func (a *Assembler) movNumber(dst, src Operand, size int) {
	r, isReg := dst.(Reg)
	v, isImm := src.(Imm)
	switch {
	case isReg && (size < 8 || isImm && !isDword(v)):
		op := "\xb8"
		if size == 1 {
			op = "\xb0"
		}
		a.emit(ins{size: size, op: op, plus: r, imm: src, immSize: size})
	case isRM(dst):
		a.emit(ins{size: size, op: byteOp(0xc7, size), rm: dst, imm: src, immSize: min(size, 4), signed: size == 8})
	default:
		a.errorf("nothing can be moved to %v", dst)
	}
}

// moffs tells whether o and r are the operands of a moffs form, which has no
// ModRM byte. APM vol. 3 §1.5.2.
func (a *Assembler) moffs(o Operand, r Reg) (Mem, bool) {
	m, ok := o.(Mem)
	return m, ok && r.size() > 0 && r.num() == 0 && r.kind() != kind8high &&
		a.bits != 64 && m.Base == None && m.Index == None && (m.Seg == None || m.Seg.kind() == kindSegment)
}

// emitMoffs emits an opcode and an address of the address size.
func (a *Assembler) emitMoffs(op string, size int, m Mem) {
	addr, ok := a.addressSize(m)
	if !ok {
		return
	}
	if m.Seg != None {
		a.raw(overrides[m.Seg.num()])
	}
	if addr != a.bits {
		a.raw(prefixAddress)
	}
	if m.Label == "" {
		a.emit(ins{size: size, op: op, imm: Imm(m.Disp), immSize: addr / 8})
		return
	}
	a.emit(ins{size: size, op: op, imm: Ref(m.Label), immSize: addr / 8})
	a.fixups[len(a.fixups)-1].add = m.Disp
}

// Movabs is MOV between AL, AX, EAX or RAX and a 64-bit address in the
// instruction, or of a 64-bit number to a register.
func (a *Assembler) Movabs(dst, src Operand) {
	if a.bits != 64 {
		a.errorf("this form is for 64-bit code")
		return
	}
	d, _ := dst.(Reg)
	s, _ := src.(Reg)
	op, r, o := byte(0xa1), d, src
	if isMem(dst) {
		op, r, o = 0xa3, s, dst
	}
	if m, ok := o.(Mem); ok {
		if r.size() == 0 || r.num() != 0 || m.Base != None || m.Index != None {
			a.errorf("needs the accumulator and a plain address")
			return
		}
		a.emitMoffs(byteOp(op, r.size()), r.size(), m)
		return
	}
	if d.kind() != kind64 {
		a.errorf("%v has no 64 bits", dst)
		return
	}
	a.emit(ins{size: 8, op: "\xb8", plus: d, imm: src, immSize: 8})
}

func (a *Assembler) movSegment(dst, src Operand) {
	if d, ok := dst.(Reg); ok && d.kind() == kindSegment {
		// Only the low 16 bits count, so that no prefix is needed.
		if m, ok := src.(Mem); ok {
			m.Size = 0
			src = m
		}
		if !isRM(src) || d == CS {
			a.errorf("%v cannot be loaded from %v", d, src)
			return
		}
		a.emit(ins{op: "\x8e", reg: d, rm: src})
		return
	}
	size := 0
	if r, ok := dst.(Reg); ok {
		size = min(r.size(), 4) // which clears the rest of a 64-bit register
	}
	if !isRM(dst) || size == 1 {
		a.errorf("%v cannot be stored in %v", src, dst)
		return
	}
	if r, ok := dst.(Reg); ok && r.size() == 8 {
		dst = r.As(32)
		if a.bits != 64 {
			a.errorf("%v is for 64-bit code", r)
			return
		}
	}
	a.emit(ins{size: size, op: "\x8c", reg: src.(Reg), rm: dst})
}

// movSystem moves between a control or debug register and a general one, whose
// size is that of the mode. APM vol. 3, MOV CRn and MOV DRn.
func (a *Assembler) movSystem(op string, system, general Reg) {
	want := 4
	if a.bits == 64 {
		want = 8
	}
	if general.size() != want {
		a.errorf("%v needs a register of %d bits", system, want*8)
		return
	}
	a.emit(ins{op: op, reg: system, rm: general})
}

// Movzx copies a byte or a word with zeros in the higher bits.
func (a *Assembler) Movzx(dst Reg, src Operand) { a.extend(0xb7, dst, src) }

// Movsx copies a byte or a word, or in 64-bit code a doubleword, with its sign
// in the higher bits.
func (a *Assembler) Movsx(dst Reg, src Operand) { a.extend(0xbf, dst, src) }

func (a *Assembler) extend(op byte, dst Reg, src Operand) {
	to, from := a.sizeOf(dst), a.sizeOf(src)
	switch {
	case to == 0 || from == 0:
	case from == 4 && to == 8 && op == 0xbf:
		a.emit(ins{size: to, op: "\x63", reg: dst, rm: src})
	case from < to && from <= 2:
		a.emit(ins{size: to, op: "\x0f" + byteOp(op, from), reg: dst, rm: src})
	default:
		a.errorf("from %d to %d bytes", from, to)
	}
}

// Lea puts the address of src in dst.
func (a *Assembler) Lea(dst Reg, src Mem) {
	if size := a.sizeOf(dst); size > 1 {
		a.emit(ins{size: size, op: "\x8d", reg: dst, rm: src})
	} else if size == 1 {
		a.errorf("an address does not fit in %v", dst)
	}
}

// Lds loads dst and DS from a far pointer in memory; Les, Lss, Lfs and Lgs do
// so with their segment registers.
func (a *Assembler) Lds(dst Reg, src Mem) { a.farPointer("\xc5", dst, src) }

// Les loads dst and ES from a far pointer.
func (a *Assembler) Les(dst Reg, src Mem) { a.farPointer("\xc4", dst, src) }

// Lss loads dst and SS from a far pointer.
func (a *Assembler) Lss(dst Reg, src Mem) { a.farPointer("\x0f\xb2", dst, src) }

// Lfs loads dst and FS from a far pointer.
func (a *Assembler) Lfs(dst Reg, src Mem) { a.farPointer("\x0f\xb4", dst, src) }

// Lgs loads dst and GS from a far pointer.
func (a *Assembler) Lgs(dst Reg, src Mem) { a.farPointer("\x0f\xb5", dst, src) }

func (a *Assembler) farPointer(op string, dst Reg, src Mem) {
	if a.bits == 64 && len(op) == 1 {
		a.errorf("not in 64-bit code")
		return
	}
	if size := a.sizeOf(dst); size > 1 {
		a.emit(ins{size: size, op: op, reg: dst, rm: src})
	}
}

// Xchg exchanges its operands; with memory it is always locked.
func (a *Assembler) Xchg(dst, src Operand) {
	size := a.sizeOf(dst, src)
	d, isReg := dst.(Reg)
	s, ok := src.(Reg)
	if isReg && isMem(src) {
		dst, s, ok, isReg = src, d, true, false
	}
	switch {
	case size == 0:
	case !ok || !isRM(dst):
		a.errorf("cannot exchange %v and %v", dst, src)
	case isReg && size > 1 && d.num() == 0 && !(a.bits == 64 && d == EAX && s == EAX):
		a.emit(ins{size: size, op: "\x90", plus: s})
	case isReg && size > 1 && s.num() == 0 && !(a.bits == 64 && d == EAX && s == EAX):
		a.emit(ins{size: size, op: "\x90", plus: d})
	default:
		a.emit(ins{size: size, op: byteOp(0x87, size), reg: s, rm: dst})
	}
}

// Xadd exchanges its operands and puts their sum in dst.
func (a *Assembler) Xadd(dst Operand, src Reg) { a.store("\x0f", 0xc1, dst, src) }

// Cmpxchg compares the accumulator with dst: if they are equal it copies src to
// dst, else dst to the accumulator.
func (a *Assembler) Cmpxchg(dst Operand, src Reg) { a.store("\x0f", 0xb1, dst, src) }

// Cmpxchg8b is CMPXCHG8B: EDX:EAX compared, ECX:EBX stored.
func (a *Assembler) Cmpxchg8b(m Mem) { a.emit(ins{op: "\x0f\xc7", digit: 1, rm: m}) }

// Cmpxchg16b is CMPXCHG16B: RDX:RAX compared, RCX:RBX stored.
func (a *Assembler) Cmpxchg16b(m Mem) { a.emit(ins{size: 8, op: "\x0f\xc7", digit: 1, rm: m}) }

// store emits an instruction whose destination is ModRM.rm and whose opcode is
// op for bytes and op+1 for the larger sizes.
func (a *Assembler) store(escape string, op byte, dst Operand, src Reg) {
	if size := a.sizeOf(dst, src); size == 0 {
		return
	} else if !isRM(dst) {
		a.errorf("%v is no destination", dst)
	} else {
		a.emit(ins{size: size, op: escape + byteOp(op, size), reg: src, rm: dst})
	}
}

// Cmov copies src to dst if the condition holds.
func (a *Assembler) Cmov(c Cond, dst Reg, src Operand) {
	if size := a.sizeOf(dst, src); size > 1 {
		a.emit(ins{size: size, op: "\x0f" + string([]byte{0x40 | byte(c)}), reg: dst, rm: src})
	} else if size == 1 {
		a.errorf("there is no form for bytes")
	}
}

// Set puts 1 in the byte dst if the condition holds, else 0.
func (a *Assembler) Set(c Cond, dst Operand) {
	if m, ok := dst.(Mem); ok && m.Size == 0 {
		m.Size = 1
		dst = m
	}
	if size := a.sizeOf(dst); size == 1 {
		a.emit(ins{size: size, op: "\x0f" + string([]byte{0x90 | byte(c)}), rm: dst})
	} else if size != 0 {
		a.errorf("the destination is a byte, not %d", size)
	}
}

// Bswap reverses the order of a register's bytes.
func (a *Assembler) Bswap(r Reg) {
	if size := a.sizeOf(r); size >= 4 {
		a.emit(ins{size: size, op: "\x0f\xc8", plus: r})
	} else if size != 0 {
		a.errorf("not for %d bytes", size)
	}
}
