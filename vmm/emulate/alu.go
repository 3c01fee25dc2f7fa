package emulate

import (
	"math/bits"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// The flags that arithmetic sets. APM vol. 1 §3.1.4.
const (
	resultFlags = x86.FlagPF | x86.FlagZF | x86.FlagSF
	arithFlags  = resultFlags | x86.FlagCF | x86.FlagAF | x86.FlagOF
)

// alu computes one of the two-operand functions on operands of size bytes, and
// the flags that go with it. Flags that the manuals leave undefined are as
// processors have them: AF is 0 after a logical function.
func alu(fn uint8, a, b uint64, size int, flags uint64) (v, newFlags uint64) {
	mask := sizeMask(size)
	a, b = a&mask, b&mask
	carry := flags & x86.FlagCF
	switch fn {
	case aluAdd, aluAdc:
		if fn == aluAdd {
			carry = 0
		}
		v = (a + b + carry) & mask
		carries := a&b | (a|b)&^v
		return v, arithmetic(flags, v, carries, a^b^v, (a^v)&(b^v), size)
	case aluSub, aluSbb, aluCmp:
		if fn != aluSbb {
			carry = 0
		}
		v = (a - b - carry) & mask
		borrows := ^a&b | ^(a^b)&v
		return v, arithmetic(flags, v, borrows, a^b^v, (a^b)&(a^v), size)
	case aluOr:
		v = a | b
	case aluXor:
		v = a ^ b
	default: // aluAnd, aluTest
		v = a & b
	}
	return v, arithmetic(flags, v, 0, 0, 0, size)
}

// arithmetic is flags with the arithmetic flags of a result: carries and
// overflow have theirs in the sign bit, half has the carry into bit 4.
func arithmetic(flags, v, carries, half, overflow uint64, size int) uint64 {
	top := uint(8*size - 1)
	f := flags&^arithFlags | carries>>top&1*x86.FlagCF | half&x86.FlagAF | overflow>>top&1*x86.FlagOF
	f |= v >> top & 1 * x86.FlagSF
	if v == 0 {
		f |= x86.FlagZF
	}
	if bits.OnesCount8(uint8(v))%2 == 0 {
		f |= x86.FlagPF
	}
	return f
}

// unary computes one of the functions of one operand.
func unary(fn uint8, a uint64, size int, flags uint64) (v, newFlags uint64) {
	switch fn {
	case unaryNot:
		return ^a & sizeMask(size), flags
	case unaryNeg:
		return alu(aluSub, 0, a, size, flags)
	case unaryInc:
		v, newFlags = alu(aluAdd, a, 1, size, flags)
	default:
		v, newFlags = alu(aluSub, a, 1, size, flags)
	}
	return v, newFlags&^x86.FlagCF | flags&x86.FlagCF
}

// multiply multiplies signed numbers. CF and OF tell that the result does not
// fit; the other flags, which the manuals leave undefined, stay.
func multiply(a, b uint64, size int, flags uint64) (v, newFlags uint64) {
	x, y := int64(signExtend(a, size)), int64(signExtend(b, size))
	high, low := bits.Mul64(uint64(x), uint64(y))
	// Of a signed product the upper half is what the unsigned one has, less
	// each negative operand's other operand.
	high -= uint64(x>>63)&uint64(y) + uint64(y>>63)&uint64(x)
	v = low & sizeMask(size)
	newFlags = flags &^ (x86.FlagCF | x86.FlagOF)
	if whole := signExtend(v, size); whole != low || uint64(int64(low)>>63) != high {
		newFlags |= x86.FlagCF | x86.FlagOF
	}
	return v, newFlags
}

// bitOp tests and changes bit n of a. CF is the bit; the other flags stay.
func bitOp(fn uint8, a uint64, n uint, flags uint64) (v, newFlags uint64) {
	bit := uint64(1) << n
	newFlags = flags&^x86.FlagCF | a>>n&1
	switch fn {
	case bitSet:
		a |= bit
	case bitReset:
		a &^= bit
	case bitComplement:
		a ^= bit
	}
	return a, newFlags
}
