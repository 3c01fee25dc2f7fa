package asm

import "fmt"

// Operand is what an instruction works on: a Reg, an Imm, a Mem or a Ref.
type Operand interface{ operand() }

// Imm is a number in the instruction. It may be given as signed or unsigned.
type Imm int64

// Ref is the address of a label, as a number in the instruction.
type Ref string

// Mem is an operand in memory: Seg:[Base + Index*Scale + Disp + Label]. The
// size of the base and index registers is the address size.
type Mem struct {
	Seg   Reg    // override of the segment; None for the default one
	Base  Reg    // None, or BX, BP, SI, DI, or any 32- or 64-bit register
	Index Reg    // None, or with a base BX or BP: SI or DI; or any 32- or 64-bit register but ESP and RSP
	Scale uint8  // 1, 2, 4 or 8; 0 is 1. 16-bit addresses have none
	Disp  int64  // bytes
	Label string // its address is added; alone in 64-bit code it is relative to RIP
	Size  int    // bytes; where no register says how large the operand is
	Addr  int    // address size in bits, where neither Base nor Index says it; 0 for the mode's own
}

func (Imm) operand() {}
func (Ref) operand() {}
func (Mem) operand() {}
func (Reg) operand() {}

// Reg is a register: its kind in the high byte, its number in the low one.
type Reg uint16

// kind is what a register is.
type kind uint8

const (
	kind8     kind = iota + 1
	kind8high      // AH, CH, DH, BH: numbers 4 to 7 without a REX prefix
	kind16
	kind32
	kind64
	kindSegment
	kindControl
	kindDebug
	kindST
	kindXMM
	kindYMM
)

func (r Reg) kind() kind { return kind(r >> 8) }
func (r Reg) num() byte  { return byte(r) }

// None is no register.
const None Reg = 0

// The general registers, 8 bits.
const (
	AL Reg = Reg(kind8)<<8 + iota
	CL
	DL
	BL
	SPL // this and the next 11 in 64-bit code only
	BPL
	SIL
	DIL
	R8B
	R9B
	R10B
	R11B
	R12B
	R13B
	R14B
	R15B
)

// Bits 8 to 15 of the first four general registers.
const (
	AH Reg = Reg(kind8high)<<8 + 4 + iota
	CH
	DH
	BH
)

// The general registers, 16 bits.
const (
	AX Reg = Reg(kind16)<<8 + iota
	CX
	DX
	BX
	SP
	BP
	SI
	DI
	R8W
	R9W
	R10W
	R11W
	R12W
	R13W
	R14W
	R15W
)

// The general registers, 32 bits.
const (
	EAX Reg = Reg(kind32)<<8 + iota
	ECX
	EDX
	EBX
	ESP
	EBP
	ESI
	EDI
	R8D
	R9D
	R10D
	R11D
	R12D
	R13D
	R14D
	R15D
)

// The general registers, 64 bits.
const (
	RAX Reg = Reg(kind64)<<8 + iota
	RCX
	RDX
	RBX
	RSP
	RBP
	RSI
	RDI
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
)

// The segment registers.
const (
	ES Reg = Reg(kindSegment)<<8 + iota
	CS
	SS
	DS
	FS
	GS
)

// The control registers.
const (
	CR0 Reg = Reg(kindControl) << 8
	CR2 Reg = CR0 + 2
	CR3 Reg = CR0 + 3
	CR4 Reg = CR0 + 4
	CR8 Reg = CR0 + 8 // 64-bit code only
)

// The debug registers.
const (
	DR0 Reg = Reg(kindDebug)<<8 + iota
	DR1
	DR2
	DR3
	DR4
	DR5
	DR6
	DR7
)

// The x87 registers: ST0 is the top of the stack.
const (
	ST0 Reg = Reg(kindST)<<8 + iota
	ST1
	ST2
	ST3
	ST4
	ST5
	ST6
	ST7
)

// The SSE registers. Those from XMM8 are for 64-bit code only.
const (
	XMM0 Reg = Reg(kindXMM)<<8 + iota
	XMM1
	XMM2
	XMM3
	XMM4
	XMM5
	XMM6
	XMM7
	XMM8
	XMM9
	XMM10
	XMM11
	XMM12
	XMM13
	XMM14
	XMM15
)

// The first AVX registers.
const (
	YMM0 Reg = Reg(kindYMM)<<8 + iota
	YMM1
	YMM2
	YMM3
	YMM4
	YMM5
	YMM6
	YMM7
)

// size is the size of a general register in bytes, and 0 for the others.
func (r Reg) size() int {
	switch r.kind() {
	case kind8, kind8high:
		return 1
	case kind16:
		return 2
	case kind32:
		return 4
	case kind64:
		return 8
	}
	return 0
}

// As returns the general register of the same number that has 8, 16, 32 or 64
// bits: RAX.As(16) is AX. It returns None for the others.
func (r Reg) As(bits int) Reg {
	kinds := map[int]kind{8: kind8, 16: kind16, 32: kind32, 64: kind64}
	if k, ok := kinds[bits]; ok && r.size() > 0 && r.kind() != kind8high {
		return Reg(k)<<8 | Reg(r.num())
	}
	return None
}

var registerNames = map[kind][]string{
	kind8: {"AL", "CL", "DL", "BL", "SPL", "BPL", "SIL", "DIL",
		"R8B", "R9B", "R10B", "R11B", "R12B", "R13B", "R14B", "R15B"},
	kind8high: {4: "AH", "CH", "DH", "BH"},
	kind16: {"AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI",
		"R8W", "R9W", "R10W", "R11W", "R12W", "R13W", "R14W", "R15W"},
	kind32: {"EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI",
		"R8D", "R9D", "R10D", "R11D", "R12D", "R13D", "R14D", "R15D"},
	kind64: {"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
		"R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15"},
	kindSegment: {"ES", "CS", "SS", "DS", "FS", "GS"},
}

// String is the manuals' name.
func (r Reg) String() string {
	n := int(r.num())
	if names := registerNames[r.kind()]; n < len(names) && names[n] != "" {
		return names[n]
	}
	switch r.kind() {
	case kindControl:
		return fmt.Sprintf("CR%d", n)
	case kindDebug:
		return fmt.Sprintf("DR%d", n)
	case kindST:
		return fmt.Sprintf("ST%d", n)
	case kindXMM:
		return fmt.Sprintf("XMM%d", n)
	case kindYMM:
		return fmt.Sprintf("YMM%d", n)
	}
	return "no register"
}
