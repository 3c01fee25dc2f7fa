package asm

// Cond is a condition of the flags, with the number that it has in opcodes.
// APM vol. 3 §1.8.2 and Jcc.
type Cond byte

// The conditions. A and B (above, below) compare unsigned, G and L (greater,
// less) signed.
const (
	O Cond = iota
	NO
	B
	AE
	E
	NE
	BE
	A
	S
	NS
	P
	NP
	L
	GE
	LE
	G

	C  = B
	NC = AE
	Z  = E
	NZ = NE
)

// Jmp jumps to an address in dst, a register or memory, or to a label, a Ref.
func (a *Assembler) Jmp(dst Operand) { a.jump("\xeb", "\xe9", 4, dst) }

// Call is Jmp with the return address pushed.
func (a *Assembler) Call(dst Operand) { a.jump("", "\xe8", 2, dst) }

// JmpShort is a jump in two bytes, to a label that is near enough.
func (a *Assembler) JmpShort(label string) { a.relative("\xeb", 1, label) }

// J jumps to a label if the condition holds.
func (a *Assembler) J(c Cond, label string) {
	if a.near(label) {
		a.relative(string([]byte{0x70 | byte(c)}), 1, label)
	} else {
		a.relative(string([]byte{0x0f, 0x80 | byte(c)}), a.offsetSize(), label)
	}
}

// JShort is J in two bytes.
func (a *Assembler) JShort(c Cond, label string) {
	a.relative(string([]byte{0x70 | byte(c)}), 1, label)
}

// Loop decrements CX, ECX or RCX, as the mode has it, and jumps to the label,
// which must be near, if that is not zero.
func (a *Assembler) Loop(label string) { a.relative("\xe2", 1, label) }

// Loope is Loop that also ends when ZF is 0.
func (a *Assembler) Loope(label string) { a.relative("\xe1", 1, label) }

// Loopne is Loop that also ends when ZF is 1.
func (a *Assembler) Loopne(label string) { a.relative("\xe0", 1, label) }

// Jcxz jumps to the label, which must be near, if CX, ECX or RCX is zero.
func (a *Assembler) Jcxz(label string) { a.relative("\xe3", 1, label) }

func (a *Assembler) jump(short, near string, digit byte, dst Operand) {
	switch d := dst.(type) {
	case Ref:
		if short != "" && a.near(string(d)) {
			a.relative(short, 1, string(d))
		} else {
			a.relative(near, a.offsetSize(), string(d))
		}
	case Reg, Mem:
		if m, ok := dst.(Mem); ok && m.Size == 0 {
			m.Size = a.bits / 8
			dst = m
		}
		if size := a.sizeOf(dst); size > 1 {
			a.emit(ins{size: size, wide: true, op: "\xff", digit: digit, rm: dst})
		} else if size == 1 {
			a.errorf("an address does not fit in a byte")
		}
	default:
		a.errorf("%v is no address: use a label", dst)
	}
}

// offsetSize is the size of a near jump's displacement in bytes.
func (a *Assembler) offsetSize() int {
	if a.bits == 16 {
		return 2
	}
	return 4
}

// near tells whether a label is defined already and a short jump reaches it.
func (a *Assembler) near(label string) bool {
	target, ok := a.labels[label]
	return ok && isByte(Imm(int64(target)-int64(a.Here())-2))
}

func (a *Assembler) relative(op string, size int, label string) {
	a.raw([]byte(op)...)
	at := len(a.code)
	a.code = append(a.code, make([]byte, size)...)
	a.fixups = append(a.fixups, fixup{pos: at, size: size, label: label, relative: true, end: len(a.code), where: a.where()})
}

// JmpFar jumps to a label in the code segment that selector names. It is for
// 16- and 32-bit code, and the offset is as large as the mode's.
func (a *Assembler) JmpFar(selector uint16, label string) { a.far("\xea", selector, label) }

// CallFar is JmpFar with the return address pushed.
func (a *Assembler) CallFar(selector uint16, label string) { a.far("\x9a", selector, label) }

func (a *Assembler) far(op string, selector uint16, label string) {
	if a.bits == 64 {
		a.errorf("64-bit code has far jumps through memory only")
		return
	}
	a.emit(ins{op: op, imm: Ref(label), immSize: a.bits / 8})
	a.Word(selector)
}

// JmpFarMem jumps to a far pointer in memory. m.Size is the pointer's: 4 bytes
// (16-bit offset), 6 (32-bit) or 10 (64-bit); the selector is behind the offset.
func (a *Assembler) JmpFarMem(m Mem) { a.farMem(5, m) }

// CallFarMem is JmpFarMem with the return address pushed.
func (a *Assembler) CallFarMem(m Mem) { a.farMem(3, m) }

func (a *Assembler) farMem(digit byte, m Mem) {
	if m.Size != 4 && m.Size != 6 && m.Size != 10 {
		a.errorf("far pointers have 4, 6 or 10 bytes, not %d", m.Size)
		return
	}
	a.emit(ins{size: m.Size - 2, op: "\xff", digit: digit, rm: m})
}

// Ret returns from a near call.
func (a *Assembler) Ret() { a.raw(0xc3) }

// RetPop returns from a near call and takes n more bytes off the stack.
func (a *Assembler) RetPop(n uint16) { a.raw(0xc2, byte(n), byte(n>>8)) }

// Lret returns from a far call with offsets of the mode's size, of 32 bits in
// 64-bit code.
func (a *Assembler) Lret() { a.raw(0xcb) }

// Lretq returns from a far call with a 64-bit offset.
func (a *Assembler) Lretq() { a.emit(ins{size: 8, op: "\xcb"}) }

// Int raises a software interrupt.
func (a *Assembler) Int(vector uint8) { a.raw(0xcd, vector) }

// Int3 is the breakpoint of one byte.
func (a *Assembler) Int3() { a.raw(0xcc) }

// Int1 is ICEBP.
func (a *Assembler) Int1() { a.raw(0xf1) }

// Into raises #OF if the overflow flag is set. Not in 64-bit code.
func (a *Assembler) Into() { a.not64(0xce) }

// Iret returns from an interrupt whose frame has the mode's size, 8 bytes an
// entry in 64-bit code.
func (a *Assembler) Iret() { a.emit(ins{size: a.bits / 8, op: "\xcf"}) }

// Iretd returns from an interrupt whose frame has 4 bytes an entry.
func (a *Assembler) Iretd() { a.emit(ins{size: 4, op: "\xcf"}) }

// Iretq returns from an interrupt whose frame has 8 bytes an entry.
func (a *Assembler) Iretq() { a.emit(ins{size: 8, op: "\xcf"}) }

// not64 emits an opcode that 64-bit code does not have.
func (a *Assembler) not64(op ...byte) {
	if a.bits == 64 {
		a.errorf("not in 64-bit code")
		return
	}
	a.raw(op...)
}
