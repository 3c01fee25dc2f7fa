package emulate

import "github.com/ringo-vmm/ringo/vmm/x86"

// stackMask has the bits of RSP that the stack uses. APM vol. 2 §4.7.3.
func (e *Emulator) stackMask() uint64 {
	switch {
	case e.state.CodeBits() == 64:
		return ^uint64(0)
	case e.state.Seg[x86.SS].Attributes&x86.AttrBig != 0:
		return sizeMask(4)
	}
	return sizeMask(2)
}

// stackPlace is the place of size bytes at an offset in the stack segment.
func (e *Emulator) stackPlace(offset uint64, size int, write bool) (place, error) {
	lin, exc := e.state.Linear(x86.SS, offset, size, write)
	if exc != nil {
		return place{}, exc
	}
	var acc x86.Access
	if write {
		acc = x86.Write
	}
	return e.locate(lin, size, acc)
}

// setStack changes the bits of RSP that the stack uses.
func (e *Emulator) setStack(v uint64) {
	mask, p := e.stackMask(), &e.state.GPR[x86.RSP]
	*p = *p&^mask | v&mask
}

// push executes PUSH of a memory operand.
func (e *Emulator) push(in *inst, gpa uint64) error {
	from, err := e.target(in, gpa)
	if err != nil {
		return err
	}
	top := (e.state.GPR[x86.RSP] - uint64(in.size)) & e.stackMask()
	to, err := e.stackPlace(top, int(in.size), true)
	if err != nil {
		return err
	}
	e.store(&to, e.load(&from))
	e.setStack(top)
	return nil
}

// pop executes POP to a memory operand, whose address is computed with RSP as
// it is after the POP. APM vol. 3 "POP".
func (e *Emulator) pop(in *inst, gpa uint64) error {
	old := e.state.GPR[x86.RSP]
	from, err := e.stackPlace(old&e.stackMask(), int(in.size), false)
	if err != nil {
		return err
	}
	e.setStack(old + uint64(in.size))
	to, err := e.target(in, gpa)
	if err != nil {
		e.state.GPR[x86.RSP] = old
		return err
	}
	e.store(&to, e.load(&from))
	return nil
}
