package asm

// Prefix bytes. APM vol. 3 §1.2.
const (
	prefixOperand = 0x66
	prefixAddress = 0x67
	prefixLock    = 0xf0
	prefixRepne   = 0xf2
	prefixRep     = 0xf3
)

// Bits of the REX prefix. APM vol. 3 §1.2.7.
const (
	rex  = 0x40
	rexW = rex | 8 // operand size 64 bits
	rexR = rex | 4 // bit 3 of ModRM.reg
	rexX = rex | 2 // bit 3 of SIB.index
	rexB = rex | 1 // bit 3 of ModRM.rm, SIB.base or the opcode's register
)

// ins is an instruction in its parts. APM vol. 3 §1.1.
type ins struct {
	size    int     // operand size in bytes; up to 1, no prefix says it
	wide    bool    // in 64-bit code the operand size is 64 bits without REX.W
	must    byte    // the prefix 66h, F2h or F3h that is part of the opcode
	op      string  // the opcode's bytes
	plus    Reg     // a register in the opcode's low 3 bits
	reg     Reg     // the register in ModRM.reg
	digit   byte    // or what the opcode has there
	rm      Operand // the Reg or Mem in ModRM.rm; nil if the instruction has no ModRM byte
	imm     Operand // the Imm or Ref behind it all; nil for none
	immSize int     // its size in bytes
	signed  bool    // the processor extends its sign to the operand size
}

// emit encodes an instruction. After an error it emits nothing.
func (a *Assembler) emit(in ins) {
	m, ok := in.rm.(Mem)
	var mem memory
	if ok {
		if mem, ok = a.encodeMem(m); !ok {
			return
		}
	}
	var prefixes []byte
	if m.Seg != None {
		prefixes = append(prefixes, overrides[m.Seg.num()])
	}
	if mem.addr != 0 && mem.addr != a.bits {
		prefixes = append(prefixes, prefixAddress)
	}
	r := byte(0)
	switch {
	case in.size == 8 && a.bits != 64:
		a.errorf("64-bit operands are for 64-bit code")
		return
	case in.size == 8 && !in.wide:
		r |= rexW
	case in.size == 4 && a.bits == 64 && in.wide:
		a.errorf("this instruction has no 32-bit operands in 64-bit code")
		return
	case in.size == 2 && a.bits != 16, in.size == 4 && a.bits == 16:
		prefixes = append(prefixes, prefixOperand)
	}
	if in.must != 0 {
		prefixes = append(prefixes, in.must)
	}
	rmReg, _ := in.rm.(Reg)
	rexBits, ok := a.rexFor(in, rmReg, mem)
	if !ok {
		return
	}
	if r |= rexBits; r != 0 {
		prefixes = append(prefixes, r)
	}
	a.code = append(append(a.code, prefixes...), in.op...)
	if in.plus != None {
		a.code[len(a.code)-1] |= in.plus.num() & 7
	}
	fixed := len(a.fixups)
	if in.rm != nil {
		field := in.digit
		if in.reg != None {
			field = in.reg.num() & 7
		}
		if rmReg != None {
			mem.bytes = []byte{0xc0 | rmReg.num()&7}
		}
		at := len(a.code)
		a.code = append(a.code, mem.bytes...)
		a.code[at] |= field << 3
		if m.Label != "" {
			a.fixups = append(a.fixups, fixup{pos: at + mem.disp, size: len(mem.bytes) - mem.disp, label: m.Label,
				add: m.Disp, relative: mem.relative, signed: mem.addr == 64, where: a.where()})
		}
	}
	if in.imm != nil {
		a.number(in.imm, in.immSize, in.signed)
	}
	for i := range a.fixups[fixed:] {
		a.fixups[fixed+i].end = len(a.code)
	}
}

// rexFor is the REX prefix that the registers need, 0 if none; not ok if they
// cannot be used together, or in this mode.
func (a *Assembler) rexFor(in ins, rm Reg, mem memory) (r byte, ok bool) {
	high := Reg(None)
	for _, x := range []struct {
		reg Reg
		bit byte
	}{{in.reg, rexR}, {rm, rexB}, {in.plus, rexB}, {mem.base, rexB}, {mem.index, rexX}} {
		switch {
		case x.reg.kind() == kind8high:
			high = x.reg
		case x.reg.num() >= 8:
			r |= x.bit
		case x.reg.kind() == kind8 && x.reg.num() >= 4:
			r |= rex
		}
		if x.reg.kind() == kind64 && a.bits != 64 || r != 0 && a.bits != 64 {
			a.errorf("%v is for 64-bit code", x.reg)
			return 0, false
		}
	}
	if high != None && (r != 0 || in.size == 8) {
		a.errorf("%v cannot be in an instruction with 64-bit operands or the newer registers", high)
		return 0, false
	}
	return r, true
}

// number emits an Imm or a Ref of size bytes.
func (a *Assembler) number(v Operand, size int, signed bool) {
	at := len(a.code)
	a.code = append(a.code, make([]byte, size)...)
	switch v := v.(type) {
	case Imm:
		lo, hi := limits(size)
		if signed {
			hi = -(lo + 1)
		}
		if int64(v) < lo || int64(v) > hi {
			a.errorf("%#x does not fit in %d bits", int64(v), size*8)
		}
		put(a.code[at:], size, uint64(v))
	case Ref:
		a.fixups = append(a.fixups, fixup{pos: at, size: size, label: string(v), signed: signed, where: a.where()})
	default:
		a.errorf("%v is not a number", v)
	}
}

// extended is v as the processor will see it, its low size bytes with their
// sign extended, so that the short encodings of -1 and 0xffff are found alike.
// Numbers that do not fit stay as they are, and are an error later.
func extended(v Imm, size int) Imm {
	if lo, hi := limits(size); int64(v) < lo || int64(v) > hi {
		return v
	}
	shift := 64 - size*8
	return v << shift >> shift
}

func isByte(v Imm) bool  { return v == Imm(int8(v)) }
func isDword(v Imm) bool { return v == Imm(int32(v)) }

// raw emits bytes as they are.
func (a *Assembler) raw(b ...byte) { a.code = append(a.code, b...) }

// sizeOf is the operand size in bytes on which ops agree, or 0 after an error.
func (a *Assembler) sizeOf(ops ...Operand) int {
	size := 0
	for _, o := range ops {
		s := 0
		switch o := o.(type) {
		case Reg:
			if s = o.size(); s == 0 {
				a.errorf("%v does not belong here", o)
				return 0
			}
		case Mem:
			s = o.Size
		}
		if size != 0 && s != 0 && s != size {
			a.errorf("operands of %d and %d bytes", size, s)
			return 0
		}
		size = max(size, s)
	}
	if size != 1 && size != 2 && size != 4 && size != 8 {
		a.errorf("no operand says whether 1, 2, 4 or 8 bytes are meant: give Mem a Size")
		return 0
	}
	return size
}

// isMem and isRM tell what an operand is.
func isMem(o Operand) bool { _, ok := o.(Mem); return ok }

func isRM(o Operand) bool {
	r, ok := o.(Reg)
	return ok && r.size() > 0 || isMem(o)
}

// byteOp is op for operands of more than a byte, and op-1 for those of one.
func byteOp(op byte, size int) string {
	if size == 1 {
		op--
	}
	return string([]byte{op})
}
