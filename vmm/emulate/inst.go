package emulate

import "github.com/ringo-vmm/ringo/vmm/x86"

// inst is a decoded instruction.
type inst struct {
	// How to execute it, found by classify.
	op      op
	fn      uint8 // which of the op's functions
	form    form
	size    uint8  // bytes of the memory operand
	regSize uint8  // bytes of the register that is written, where that differs
	direct  bool   // a load or store without a segment base, for the short path
	wide    bool   // a load that sets the whole register, and extends no sign
	signed  bool   // a load that extends the sign
	high    bool   // reg is AH, CH, DH or BH
	length  uint8  // bytes of the instruction
	value   uint64 // mask of size bytes, for direct
	imm     uint64 // the immediate, sign-extended

	// The memory operand, if there is one.
	memory      bool
	segment     uint8 // x86.DS for example
	base, index uint8 // register numbers, noRegister, or ripBase
	scale       uint8 // shift of the index
	disp        uint64
	mask        uint64 // of offsets with this address size

	// The encoding, found by parse.
	table    table
	opcode   uint8
	bits     uint8 // of the code it was decoded for: 16, 32 or 64
	operand  uint8 // operand size in bytes: 2, 4 or 8
	address  uint8 // address size in bytes: 2, 4 or 8
	prefix66 bool
	rep      uint8 // the last of F2 and F3, 0 for neither
	lock     bool
	rex      uint8 // 0 for none
	mod      uint8 // ModRM, with the bits of REX added to reg and rm
	reg, rm  uint8
}

const (
	noRegister = 0x10
	ripBase    = 0x11
)

// table is an opcode map. APM vol. 3 App. A.
type table uint8

const (
	primary    table = iota // one byte
	secondary               // 0F
	table38                 // 0F 38
	table3A                 // 0F 3A
	vectorMaps              // VEX, EVEX and XOP, all of them
)

// op is a way to execute an instruction.
type op uint8

const (
	opNone     op = iota // none: not executed in software
	opLoad               // register <- memory
	opStore              // memory <- register
	opStoreImm           // memory <- immediate
	opStoreSegment
	opALU   // fn is one of alu*
	opUnary // fn is one of unary*
	opBit   // fn is one of bit*
	opShift // fn is the kind; the count is an immediate, or in CL
	opMultiply
	opMoveIf // CMOVcc; fn is the condition
	opSetIf  // SETcc; fn is the condition
	opExchange
	opExchangeAdd
	opCompareExchange
	opPush
	opPop
	opXLoad  // XMM register <- memory; fn is one of x*
	opXStore // memory <- XMM register
	opNothing
	opMovs // the string operations
	opCmps
	opStos
	opLods
	opScas
	opIns
	opOuts
)

// form tells the operands of an ALU or bit instruction.
type form uint8

const (
	memoryRegister form = iota
	registerMemory
	memoryImmediate
)

// The functions of opALU, the first eight as opcodes number them.
const (
	aluAdd uint8 = iota
	aluOr
	aluAdc
	aluSbb
	aluAnd
	aluSub
	aluXor
	aluCmp
	aluTest
)

// The functions of opUnary.
const (
	unaryInc uint8 = iota
	unaryDec
	unaryNot
	unaryNeg
)

// The functions of opBit, as opcodes number them.
const (
	bitTest uint8 = iota
	bitSet
	bitReset
	bitComplement
)

// The functions of opXLoad and opXStore.
const (
	xWhole uint8 = iota // from the low end; a load clears the rest
	xLow                // the low half; a load keeps the other
	xHigh               // the high half; a load keeps the other
)

// offset is the operand's offset in its segment.
func (in *inst) offset(r *x86.Registers) uint64 {
	v := in.disp
	switch {
	case in.base < noRegister:
		v += r.GPR[in.base&15]
	case in.base == ripBase:
		v += r.RIP + uint64(in.length)
	}
	if in.index < noRegister {
		v += r.GPR[in.index&15] << in.scale
	}
	return v & in.mask
}

// writes tells whether the memory operand is written.
func (in *inst) writes() bool {
	switch in.op {
	case opLoad, opMoveIf, opMultiply, opXLoad, opNothing, opPush:
		return false
	case opALU:
		return in.form != registerMemory && in.fn != aluCmp && in.fn != aluTest
	case opBit:
		return in.fn != bitTest
	}
	return true
}
