package asm

// Push pushes a register, a segment register, memory or a number. A number, or
// memory of no Size, is as large as the mode.
func (a *Assembler) Push(o Operand) {
	switch o := o.(type) {
	case Reg:
		if o.kind() == kindSegment {
			a.pushSegment(o, [...]string{"\x06", "\x0e", "\x16", "\x1e", "\x0f\xa0", "\x0f\xa8"})
		} else if size := a.sizeOf(o); size > 1 {
			a.emit(ins{size: size, wide: true, op: "\x50", plus: o})
		} else if size == 1 {
			a.errorf("a byte cannot be pushed")
		}
	case Mem:
		a.stackMem("\xff", 6, o)
	case Imm:
		if v := extended(o, a.bits/8); isByte(v) {
			a.emit(ins{op: "\x6a", imm: v, immSize: 1})
		} else {
			a.emit(ins{op: "\x68", imm: o, immSize: min(a.bits/8, 4), signed: a.bits == 64})
		}
	default:
		a.emit(ins{op: "\x68", imm: o, immSize: min(a.bits/8, 4), signed: a.bits == 64})
	}
}

// Pop pops into a register, a segment register or memory.
func (a *Assembler) Pop(o Operand) {
	switch o := o.(type) {
	case Reg:
		if o.kind() == kindSegment {
			a.pushSegment(o, [...]string{"\x07", "", "\x17", "\x1f", "\x0f\xa1", "\x0f\xa9"})
		} else if size := a.sizeOf(o); size > 1 {
			a.emit(ins{size: size, wide: true, op: "\x58", plus: o})
		} else if size == 1 {
			a.errorf("a byte cannot be popped")
		}
	case Mem:
		a.stackMem("\x8f", 0, o)
	default:
		a.errorf("%v is no destination", o)
	}
}

func (a *Assembler) pushSegment(r Reg, ops [6]string) {
	op := ops[r.num()]
	if op == "" || a.bits == 64 && len(op) == 1 {
		a.errorf("%v cannot be pushed or popped in this mode", r)
		return
	}
	a.emit(ins{op: op})
}

func (a *Assembler) stackMem(op string, digit byte, m Mem) {
	if m.Size == 0 {
		m.Size = a.bits / 8
	}
	if size := a.sizeOf(m); size > 1 {
		a.emit(ins{size: size, wide: true, op: op, digit: digit, rm: m})
	} else if size == 1 {
		a.errorf("a byte cannot be pushed or popped")
	}
}

// Pushf pushes the flags, in the mode's size.
func (a *Assembler) Pushf() { a.raw(0x9c) }

// Popf pops the flags, in the mode's size.
func (a *Assembler) Popf() { a.raw(0x9d) }

// Pushfd pushes 32 bits of flags.
func (a *Assembler) Pushfd() { a.emit(ins{size: 4, wide: true, op: "\x9c"}) }

// Popfd pops 32 bits of flags.
func (a *Assembler) Popfd() { a.emit(ins{size: 4, wide: true, op: "\x9d"}) }

// Pusha pushes the eight general registers, in the mode's size. Not in 64-bit
// code.
func (a *Assembler) Pusha() { a.not64(0x60) }

// Popa pops what Pusha pushed. Not in 64-bit code.
func (a *Assembler) Popa() { a.not64(0x61) }

// Enter makes a stack frame of n bytes.
func (a *Assembler) Enter(n uint16) { a.raw(0xc8, byte(n), byte(n>>8), 0) }

// Leave undoes Enter.
func (a *Assembler) Leave() { a.raw(0xc9) }
