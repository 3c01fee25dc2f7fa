package emulate

import "github.com/ringo-vmm/ringo/vmm/x86"

// decode finds how to execute the first instruction in code. An instruction
// that is not executed in software has opNone.
func (in *inst) decode(code []byte, bits int) error {
	if err := in.parse(code, bits); err != nil {
		return err
	}
	in.size, in.regSize = in.operand, in.operand
	switch in.table {
	case primary:
		in.classify()
	case secondary:
		in.classifySecondary()
	case table38:
		if in.opcode == moveNTDQA.opcode && in.mandatory() == moveNTDQA.prefix {
			in.move(&moveNTDQA)
		}
	}
	if in.op < opMovs && !in.memory || in.lock && !in.lockable() {
		in.op = opNone
	}
	in.high = in.size == 1 && in.regSize == 1 && in.rex == 0 && in.reg >= 4
	switch in.op {
	case opLoad, opStore, opStoreImm:
		in.direct = in.bits == 64 && in.segment < x86.FS && !in.high
		in.value = sizeMask(int(in.size))
		in.wide = in.regSize >= 4 && !in.signed
	}
	if in.high {
		in.reg &= 3
	}
	return nil
}

// classify looks at the one-byte opcodes. APM vol. 3 tables.
func (in *inst) classify() {
	if in.opcode < 0xfe && in.opcode&1 == 0 && in.opcode != 0x8c {
		in.size, in.regSize = 1, 1
	}
	switch b := in.opcode; {
	case b < 0x40 && b&7 < 4:
		in.op, in.fn = opALU, b>>3
		in.form = form(b >> 1 & 1)
	case b == 0x63 && in.bits == 64: // MOVSXD
		in.op, in.size, in.signed = opLoad, min(in.operand, 4), true
	case b == 0x69 || b == 0x6b:
		in.op, in.form, in.size, in.regSize = opMultiply, memoryImmediate, in.operand, in.operand
	case b >= 0x80 && b <= 0x83:
		in.op, in.fn, in.form = opALU, in.reg&7, memoryImmediate
	case b == 0x84 || b == 0x85:
		in.op, in.fn = opALU, aluTest
	case b == 0x86 || b == 0x87:
		in.op = opExchange
	case b == 0x88 || b == 0x89:
		in.op = opStore
	case b == 0x8a || b == 0x8b:
		in.op = opLoad
	case b == 0x8c && in.reg&7 <= x86.GS:
		in.op, in.size = opStoreSegment, 2
	case b == 0x8f && in.reg&7 == 0:
		in.op = opPop
		in.stackSize()
	case b == 0xa0 || b == 0xa1:
		in.op, in.reg = opLoad, x86.RAX
	case b == 0xa2 || b == 0xa3:
		in.op, in.reg = opStore, x86.RAX
	case b >= 0x6c && b <= 0x6f || b >= 0xa4 && b <= 0xa7 || b >= 0xaa && b <= 0xaf:
		in.classifyString()
	case (b == 0xc6 || b == 0xc7) && in.reg&7 == 0:
		in.op = opStoreImm
	case b == 0xc0 || b == 0xc1:
		in.op, in.fn, in.form = opShift, in.reg&7, memoryImmediate
	case b == 0xd0 || b == 0xd1:
		in.op, in.fn, in.form, in.imm = opShift, in.reg&7, memoryImmediate, 1
	case b == 0xd2 || b == 0xd3:
		in.op, in.fn = opShift, in.reg&7
	case b >= 0xf6:
		in.classifyGroups()
	}
}

// classifyString looks at the string instructions.
func (in *inst) classifyString() {
	switch in.opcode &^ 1 {
	case 0x6c:
		in.op, in.size = opIns, min(in.size, 4)
	case 0x6e:
		in.op, in.size = opOuts, min(in.size, 4)
	case 0xa4:
		in.op = opMovs
	case 0xa6:
		in.op = opCmps
	case 0xaa:
		in.op = opStos
	case 0xac:
		in.op = opLods
	case 0xae:
		in.op = opScas
	}
}

// classifyGroups looks at the opcodes F6, F7, FE and FF, whose ModRM byte tells
// the instruction. APM vol. 3 table A-6.
func (in *inst) classifyGroups() {
	reg := in.reg & 7
	switch in.opcode {
	case 0xf6, 0xf7:
		switch reg {
		case 0, 1:
			in.op, in.fn, in.form = opALU, aluTest, memoryImmediate
		case 2:
			in.op, in.fn = opUnary, unaryNot
		case 3:
			in.op, in.fn = opUnary, unaryNeg
		}
	case 0xfe, 0xff:
		if in.opcode == 0xfe {
			in.size, in.regSize = 1, 1
		}
		switch {
		case reg < 2:
			in.op, in.fn = opUnary, unaryInc+reg
		case reg == 6 && in.opcode == 0xff:
			in.op = opPush
			in.stackSize()
		}
	}
}

// classifySecondary looks at the opcodes after 0F. APM vol. 3 table A-3.
func (in *inst) classifySecondary() {
	switch b := in.opcode; {
	case b == 0xa3 || b == 0xab || b == 0xb3 || b == 0xbb:
		in.op, in.fn = opBit, b>>3&3
	case b == 0xba && in.reg&7 >= 4:
		in.op, in.fn, in.form = opBit, in.reg&3, memoryImmediate
	case b >= 0x40 && b <= 0x4f:
		in.op, in.fn = opMoveIf, b&15
	case b >= 0x90 && b <= 0x9f:
		in.op, in.fn, in.size, in.regSize = opSetIf, b&15, 1, 1
	case b == 0xaf:
		in.op, in.form = opMultiply, registerMemory
	case b == 0xae && in.reg&7 == 7 && in.rep == 0: // CLFLUSH, CLFLUSHOPT
		in.op, in.size = opNothing, 1
	case b == 0xb0:
		in.op, in.size, in.regSize = opCompareExchange, 1, 1
	case b == 0xb1:
		in.op = opCompareExchange
	case b == 0xb6 || b == 0xbe:
		in.op, in.size, in.signed = opLoad, 1, b&8 != 0
	case b == 0xb7 || b == 0xbf:
		in.op, in.size, in.signed = opLoad, 2, b&8 != 0
	case b == 0xc0:
		in.op, in.size, in.regSize = opExchangeAdd, 1, 1
	case b == 0xc1:
		in.op = opExchangeAdd
	case b == 0xc3 && in.operand != 2: // MOVNTI
		in.op = opStore
	default:
		in.classifyMedia()
	}
}

// stackSize is the operand size of PUSH and POP. APM vol. 3 App. B.2: in 64-bit
// mode 8 bytes is what they do by default, and 4 what they cannot.
func (in *inst) stackSize() {
	if in.bits == 64 && in.operand == 4 {
		in.size = 8
	} else {
		in.size = in.operand
	}
}

// lockable tells whether the LOCK prefix may be there. APM vol. 3 §1.2.5.
func (in *inst) lockable() bool {
	switch in.op {
	case opALU, opBit:
		return in.writes()
	case opUnary, opExchange, opExchangeAdd, opCompareExchange:
		return true
	}
	return false
}
