package emulate

import (
	"math/bits"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// execute executes any instruction; gpa is as in MMIO.
func (e *Emulator) execute(in *inst, gpa uint64) error {
	if in.op == opNone {
		return e.fail(in, "is not executed in software")
	}
	e.cpu.Complete()
	e.recent = [2]lookup{}
	var err error
	switch {
	case in.op >= opMovs:
		return e.repeat(in)
	case in.op == opPush:
		err = e.push(in, gpa)
	case in.op == opPop:
		err = e.pop(in, gpa)
	case in.op == opXLoad || in.op == opXStore:
		err = e.media(in, gpa)
	default:
		err = e.general(in, gpa)
	}
	if err == nil {
		e.retire(in)
	}
	return err
}

// address is the linear address of the memory operand.
func (e *Emulator) address(in *inst) (uint64, error) {
	off := in.offset(&e.state.Registers)
	if in.op == opBit && in.form == memoryRegister {
		// The bit's number reaches beyond the operand, in both directions.
		n := int64(signExtend(e.register(in), int(in.size)))
		off = (off + uint64(n>>bitShift(in)*int64(in.size))) & in.mask
	}
	lin, exc := e.state.Linear(int(in.segment), off, int(in.size), in.writes())
	if exc != nil {
		return 0, exc
	}
	return lin, nil
}

// bitShift is the logarithm of the number of bits in the operand.
func bitShift(in *inst) uint {
	return uint(bits.TrailingZeros8(in.size)) + 3
}

// target is the place of the memory operand.
func (e *Emulator) target(in *inst, gpa uint64) (place, error) {
	lin, err := e.address(in)
	if err != nil {
		return place{}, err
	}
	return e.operand(lin, int(in.size), in.access(), gpa)
}

// access is what the instruction does to its memory operand.
func (in *inst) access() x86.Access {
	if in.writes() {
		return x86.Write
	}
	return 0
}

// general executes an instruction with one memory operand, and a general
// register, a segment register or an immediate as the other.
func (e *Emulator) general(in *inst, gpa uint64) error {
	p, err := e.target(in, gpa)
	if err != nil {
		return err
	}
	r := &e.state.Registers
	size := int(in.size)
	switch in.op {
	case opStore:
		e.store(&p, e.register(in))
	case opStoreImm:
		e.store(&p, in.imm&sizeMask(size))
	case opStoreSegment:
		e.store(&p, uint64(e.state.Seg[in.reg&7].Selector))
	case opLoad:
		e.setLoaded(in, e.load(&p))
	case opALU:
		e.arithmetic(in, &p)
	case opUnary:
		v, flags := unary(in.fn, e.load(&p), size, r.RFLAGS)
		e.store(&p, v)
		r.RFLAGS = flags
	case opBit:
		n := in.imm
		if in.form == memoryRegister {
			n = e.register(in)
		}
		v, flags := bitOp(in.fn, e.load(&p), uint(n)%uint(8*size), r.RFLAGS)
		if in.fn != bitTest {
			e.store(&p, v)
		}
		r.RFLAGS = flags
	case opShift:
		count := in.imm
		if in.form == memoryRegister {
			count = r.GPR[x86.RCX]
		}
		v, flags := shift(in.fn, e.load(&p), uint(count&0xff), size, r.RFLAGS)
		e.store(&p, v)
		r.RFLAGS = flags
	case opMultiply:
		b := in.imm
		if in.form == registerMemory {
			b = e.register(in)
		}
		v, flags := multiply(e.load(&p), b, size, r.RFLAGS)
		e.setRegister(in, v)
		r.RFLAGS = flags
	case opMoveIf:
		v := e.load(&p) // the access is made in any case
		if !condition(in.fn, r.RFLAGS) {
			v = e.register(in)
		}
		e.setRegister(in, v)
	case opSetIf:
		var v uint64
		if condition(in.fn, r.RFLAGS) {
			v = 1
		}
		e.store(&p, v)
	case opExchange, opExchangeAdd, opCompareExchange:
		e.exchange(in, &p)
	}
	return nil
}

// arithmetic executes an ALU instruction.
func (e *Emulator) arithmetic(in *inst, p *place) {
	r := &e.state.Registers
	a, b := e.load(p), in.imm
	if in.form != memoryImmediate {
		b = e.register(in)
	}
	if in.form == registerMemory {
		a, b = b, a
	}
	v, flags := alu(in.fn, a, b, int(in.size), r.RFLAGS)
	switch {
	case in.fn == aluCmp || in.fn == aluTest:
	case in.form == registerMemory:
		e.setRegister(in, v)
	default:
		e.store(p, v)
	}
	r.RFLAGS = flags
}

// exchange executes XCHG, XADD and CMPXCHG. Locking is not needed: a device
// sees one access at a time.
func (e *Emulator) exchange(in *inst, p *place) {
	r := &e.state.Registers
	size := int(in.size)
	old, reg := e.load(p), e.register(in)
	switch in.op {
	case opExchange:
		e.store(p, reg)
		e.setRegister(in, old)
	case opExchangeAdd:
		v, flags := alu(aluAdd, old, reg, size, r.RFLAGS)
		e.store(p, v)
		e.setRegister(in, old)
		r.RFLAGS = flags
	case opCompareExchange:
		_, flags := alu(aluCmp, r.GPR[x86.RAX], old, size, r.RFLAGS)
		if flags&x86.FlagZF != 0 {
			e.store(p, reg)
		} else {
			e.store(p, old) // the processor writes in either case
			r.Write(x86.RAX, size, old)
		}
		r.RFLAGS = flags
	}
}

// register is the value of the register operand.
func (e *Emulator) register(in *inst) uint64 {
	v := e.state.GPR[in.reg&15]
	if in.high {
		v >>= 8
	}
	return v & sizeMask(int(in.regSize))
}

// setLoaded writes the register operand of a load.
func (e *Emulator) setLoaded(in *inst, v uint64) {
	if in.signed {
		v = signExtend(v, int(in.size))
	}
	e.setRegister(in, v)
}

// setRegister writes the register operand.
func (e *Emulator) setRegister(in *inst, v uint64) {
	if in.high {
		p := &e.state.GPR[in.reg&3]
		*p = *p&^0xff00 | v&0xff<<8
		return
	}
	e.state.Write(int(in.reg), int(in.regSize), v)
}
