package emulate

import "github.com/ringo-vmm/ringo/vmm/x86"

// The functions of opShift, as opcodes number them; 6 is shiftLeft too. APM
// vol. 3 table A-6.
const (
	rotateLeft uint8 = iota
	rotateRight
	rotateLeftCarry
	rotateRightCarry
	shiftLeft
	shiftRight
	_
	shiftArithmetic
)

// shift shifts or rotates a by count bits, one after the other, as processors
// once did: so that all kinds are one line each.
func shift(fn uint8, a uint64, count uint, size int, flags uint64) (v, newFlags uint64) {
	top := uint(8*size - 1)
	if size == 8 {
		count &= 63
	} else {
		count &= 31
	}
	v = a & sizeMask(size)
	if count == 0 {
		return v, flags
	}
	carry := flags & x86.FlagCF
	for range count {
		high, low := v>>top, v&1
		switch fn {
		case rotateLeft:
			v, carry = v<<1|high, high
		case rotateRight:
			v, carry = v>>1|low<<top, low
		case rotateLeftCarry:
			v, carry = v<<1|carry, high
		case rotateRightCarry:
			v, carry = v>>1|carry<<top, low
		case shiftRight:
			v, carry = v>>1, low
		case shiftArithmetic:
			v, carry = v>>1|high<<top, low
		default:
			v, carry = v<<1, high
		}
		v &= sizeMask(size)
	}
	// The sign has changed in the last step.
	overflow := v>>top ^ carry
	if fn&1 != 0 {
		overflow = v>>top ^ v>>(top-1)&1
	}
	if fn >= shiftLeft {
		return v, arithmetic(flags, v, carry<<top, 0, overflow<<top, size)
	}
	return v, flags&^(x86.FlagCF|x86.FlagOF) | carry*x86.FlagCF | overflow*x86.FlagOF
}
