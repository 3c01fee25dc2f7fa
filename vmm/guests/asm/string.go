package asm

// Rep repeats the string instruction that follows CX, ECX or RCX times.
func (a *Assembler) Rep() { a.raw(prefixRep) }

// Repe repeats the CMPS or SCAS that follows while it finds equality.
func (a *Assembler) Repe() { a.raw(prefixRep) }

// Repne repeats the CMPS or SCAS that follows until it finds equality.
func (a *Assembler) Repne() { a.raw(prefixRepne) }

// Segment makes the string instruction that follows read from another segment
// than DS.
func (a *Assembler) Segment(r Reg) {
	if r.kind() != kindSegment {
		a.errorf("%v is not a segment register", r)
		return
	}
	a.raw(overrides[r.num()])
}

// AddressSize makes the string or loop instruction that follows use addresses
// and counts of 16, 32 or 64 bits.
func (a *Assembler) AddressSize(bits int) {
	if size, ok := a.addressSize(Mem{Addr: bits}); ok && size != a.bits {
		a.raw(prefixAddress)
	}
}

func (a *Assembler) str(op byte, size int) { a.emit(ins{size: size, op: byteOp(op, size)}) }

// Movsb copies a byte from DS:xSI to ES:xDI, and steps both.
func (a *Assembler) Movsb() { a.str(0xa5, 1) }

// Movsw copies a word.
func (a *Assembler) Movsw() { a.str(0xa5, 2) }

// Movsd copies a doubleword.
func (a *Assembler) Movsd() { a.str(0xa5, 4) }

// Movsq copies a quadword.
func (a *Assembler) Movsq() { a.str(0xa5, 8) }

// Cmpsb compares a byte at DS:xSI with one at ES:xDI, and steps both.
func (a *Assembler) Cmpsb() { a.str(0xa7, 1) }

// Cmpsw compares words.
func (a *Assembler) Cmpsw() { a.str(0xa7, 2) }

// Cmpsd compares doublewords.
func (a *Assembler) Cmpsd() { a.str(0xa7, 4) }

// Cmpsq compares quadwords.
func (a *Assembler) Cmpsq() { a.str(0xa7, 8) }

// Stosb stores AL at ES:xDI, and steps xDI.
func (a *Assembler) Stosb() { a.str(0xab, 1) }

// Stosw stores AX.
func (a *Assembler) Stosw() { a.str(0xab, 2) }

// Stosd stores EAX.
func (a *Assembler) Stosd() { a.str(0xab, 4) }

// Stosq stores RAX.
func (a *Assembler) Stosq() { a.str(0xab, 8) }

// Lodsb loads AL from DS:xSI, and steps xSI.
func (a *Assembler) Lodsb() { a.str(0xad, 1) }

// Lodsw loads AX.
func (a *Assembler) Lodsw() { a.str(0xad, 2) }

// Lodsd loads EAX.
func (a *Assembler) Lodsd() { a.str(0xad, 4) }

// Lodsq loads RAX.
func (a *Assembler) Lodsq() { a.str(0xad, 8) }

// Scasb compares AL with the byte at ES:xDI, and steps xDI.
func (a *Assembler) Scasb() { a.str(0xaf, 1) }

// Scasw compares AX.
func (a *Assembler) Scasw() { a.str(0xaf, 2) }

// Scasd compares EAX.
func (a *Assembler) Scasd() { a.str(0xaf, 4) }

// Scasq compares RAX.
func (a *Assembler) Scasq() { a.str(0xaf, 8) }

// Insb reads a byte from port DX to ES:xDI, and steps xDI.
func (a *Assembler) Insb() { a.str(0x6d, 1) }

// Insw reads a word from port DX.
func (a *Assembler) Insw() { a.str(0x6d, 2) }

// Insd reads a doubleword from port DX.
func (a *Assembler) Insd() { a.str(0x6d, 4) }

// Outsb writes the byte at DS:xSI to port DX, and steps xSI.
func (a *Assembler) Outsb() { a.str(0x6f, 1) }

// Outsw writes a word to port DX.
func (a *Assembler) Outsw() { a.str(0x6f, 2) }

// Outsd writes a doubleword to port DX.
func (a *Assembler) Outsd() { a.str(0x6f, 4) }

// Xlat loads AL from DS:[xBX + AL].
func (a *Assembler) Xlat() { a.raw(0xd7) }

// In reads AL, AX or EAX from a port, an Imm below 256 or DX.
func (a *Assembler) In(dst Reg, port Operand) { a.port(0xe5, dst, port) }

// Out writes AL, AX or EAX to a port, an Imm below 256 or DX.
func (a *Assembler) Out(port Operand, src Reg) { a.port(0xe7, src, port) }

// port emits IN or OUT; the forms with DX are 8 opcodes further on.
func (a *Assembler) port(op byte, data Reg, port Operand) {
	size := data.size()
	v, isImm := port.(Imm)
	switch {
	case data != AL && data != AX && data != EAX:
		a.errorf("a port is read or written by AL, AX or EAX, not %v", data)
	case port == DX:
		a.emit(ins{size: size, op: byteOp(op+8, size)})
	case isImm && v >= 0 && v <= 0xff:
		a.emit(ins{size: size, op: byteOp(op, size), imm: v, immSize: 1})
	default:
		a.errorf("the port is a number below 256 or DX, not %v", port)
	}
}
