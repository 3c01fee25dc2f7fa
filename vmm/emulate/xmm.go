package emulate

import "github.com/ringo-vmm/ringo/vmm/x86"

// xmmPart is the most bytes of an XMM register that one access moves: devices
// have no larger ones.
const xmmPart = 8

// media executes a move between memory and an XMM register. That the operand is
// aligned where it must be, the processor has checked.
func (e *Emulator) media(in *inst, gpa uint64) error {
	xmm := e.cpu.XMM()
	if xmm == nil {
		return e.fail(in, "needs media registers, to which there is no access")
	}
	lin, err := e.address(in)
	if err != nil {
		return err
	}
	low, high, err := e.halves(in, lin, gpa)
	if err != nil {
		return err
	}
	e.transfer(in, &xmm[in.reg&15], &low, &high)
	return nil
}

// halves are the places of the first 8 bytes of an operand and, if it has more,
// of the rest.
func (e *Emulator) halves(in *inst, lin, gpa uint64) (low, high place, err error) {
	size := int(in.size)
	part := min(size, xmmPart)
	whole, err := e.operand(lin, size, in.access(), gpa)
	if err != nil || size == part {
		return whole, high, err
	}
	if whole.first == size {
		low = place{gpa: whole.gpa, size: part, first: part, device: whole.device}
		high = low
		high.gpa[0] += xmmPart
		return low, high, nil
	}
	if low, err = e.locate(lin, part, in.access()); err == nil {
		high, err = e.locate(lin+xmmPart, part, in.access())
	}
	return low, high, err
}

// transfer moves an operand whose halves are in two places; the second counts
// only for one of 16 bytes.
func (e *Emulator) transfer(in *inst, r *x86.XMM, low, high *place) {
	half := 0
	if in.fn == xHigh {
		half = 1
	}
	if in.op == opXStore {
		e.store(low, r[half]&sizeMask(low.size))
		if in.size > xmmPart {
			e.store(high, r[1])
		}
		return
	}
	v := e.load(low)
	switch {
	case in.fn != xWhole:
		r[half] = v
	case in.size > xmmPart:
		*r = x86.XMM{v, e.load(high)}
	default:
		*r = x86.XMM{v, 0}
	}
}
