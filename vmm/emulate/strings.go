package emulate

import "github.com/ringo-vmm/ringo/vmm/x86"

// maxRepeat is how often a repeated string instruction is executed before
// interrupts get a chance.
const maxRepeat = 512

// repeat executes a string instruction, as often as its prefix says. APM vol. 3
// §1.2.6.
func (e *Emulator) repeat(in *inst) error {
	s := e.state
	if in.rep == 0 {
		if _, err := e.once(in); err != nil {
			return err
		}
		e.retire(in)
		return nil
	}
	for left := uint64(maxRepeat); left > 0; {
		count := s.GPR[x86.RCX] & in.mask
		if count == 0 {
			e.retire(in)
			return nil
		}
		n, stop := e.run(in, min(count, left)), false
		if n == 0 {
			var err error
			if stop, err = e.once(in); err != nil {
				return err
			}
			n = 1
		}
		e.setCounter(in, x86.RCX, count-n)
		if stop || count == n {
			e.retire(in)
			return nil
		}
		left -= n
	}
	return nil
}

// setCounter writes RCX, RSI or RDI with the instruction's address size.
func (e *Emulator) setCounter(in *inst, n int, v uint64) {
	e.state.Write(n, int(in.address), v)
}

// advance moves RSI or RDI to the next element, or on by so many.
func (e *Emulator) advance(in *inst, n int, elements uint64) {
	step := elements * uint64(in.size)
	if e.state.RFLAGS&x86.FlagDF != 0 {
		step = -step
	}
	e.setCounter(in, n, e.state.GPR[n]+step)
}

// once executes a string instruction once; stop tells that a condition ends its
// repetition. Both operands are located before either is touched, so that a
// fault leaves devices alone.
func (e *Emulator) once(in *inst) (stop bool, err error) {
	s := e.state
	size := int(in.size)
	var from, to place
	if in.op == opMovs || in.op == opCmps || in.op == opLods || in.op == opOuts {
		if from, err = e.element(in, int(in.segment), x86.RSI, false); err != nil {
			return false, err
		}
	}
	if in.op != opLods && in.op != opOuts {
		write := in.op != opCmps && in.op != opScas
		if to, err = e.element(in, x86.ES, x86.RDI, write); err != nil {
			return false, err
		}
	}
	port := uint16(s.GPR[x86.RDX])
	rax := s.GPR[x86.RAX]
	switch in.op {
	case opMovs:
		e.store(&to, e.load(&from))
	case opStos:
		e.store(&to, rax&sizeMask(size))
	case opLods:
		s.Write(x86.RAX, size, e.load(&from))
	case opIns:
		e.store(&to, uint64(e.ports.In(port, size))&sizeMask(size))
	case opOuts:
		e.ports.Out(port, size, uint32(e.load(&from)))
	case opCmps:
		_, s.RFLAGS = alu(aluCmp, e.load(&from), e.load(&to), size, s.RFLAGS)
	case opScas:
		_, s.RFLAGS = alu(aluCmp, rax, e.load(&to), size, s.RFLAGS)
	}
	if from.size != 0 {
		e.advance(in, x86.RSI, 1)
	}
	if to.size != 0 {
		e.advance(in, x86.RDI, 1)
	}
	if in.op != opCmps && in.op != opScas {
		return false, nil
	}
	equal := s.RFLAGS&x86.FlagZF != 0
	return equal == (in.rep == prefixRepne), nil
}

// element is the place of the element that RSI or RDI points to.
func (e *Emulator) element(in *inst, seg, register int, write bool) (place, error) {
	lin, exc := e.state.Linear(seg, e.state.GPR[register]&in.mask, int(in.size), write)
	if exc != nil {
		return place{}, exc
	}
	var acc x86.Access
	if write {
		acc = x86.Write
	}
	return e.locate(lin, int(in.size), acc)
}
