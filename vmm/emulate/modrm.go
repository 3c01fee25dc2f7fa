package emulate

import "github.com/ringo-vmm/ringo/vmm/x86"

// modRM takes the ModRM byte, and the SIB byte and displacement that go with
// it. APM vol. 3 §1.4.
func (p *parser) modRM(registersOnly bool) error {
	in := p.in
	b, err := p.byte()
	if err != nil {
		return err
	}
	in.mod = b >> 6
	in.reg = b >> 3 & 7
	in.rm = b & 7
	if in.rex&rexR != 0 {
		in.reg |= 8
	}
	if in.mod == 3 || registersOnly {
		in.mod = 3
		if in.rex&rexB != 0 {
			in.rm |= 8
		}
		return nil
	}
	in.memory = true
	if in.address == 2 {
		return p.memory16()
	}
	return p.memory32()
}

// pairs are the registers of 16-bit addressing by rm. APM vol. 3 table 1-4.
var pairs = [8][2]uint8{
	{x86.RBX, x86.RSI}, {x86.RBX, x86.RDI}, {x86.RBP, x86.RSI}, {x86.RBP, x86.RDI},
	{x86.RSI, noRegister}, {x86.RDI, noRegister}, {x86.RBP, noRegister}, {x86.RBX, noRegister},
}

// memory16 takes a memory operand with 16-bit addressing.
func (p *parser) memory16() (err error) {
	in := p.in
	in.base, in.index = pairs[in.rm][0], pairs[in.rm][1]
	switch {
	case in.mod == 0 && in.rm == 6:
		in.base = noRegister
		in.disp, err = p.number(2, false)
	case in.mod == 1:
		in.disp, err = p.number(1, true)
	case in.mod == 2:
		in.disp, err = p.number(2, false)
	}
	in.segment = p.segment(defaultSegment(in.base))
	return err
}

// memory32 takes a memory operand with 32 or 64-bit addressing.
func (p *parser) memory32() error {
	in := p.in
	base := in.rm
	if in.rm == 4 {
		sib, err := p.byte()
		if err != nil {
			return err
		}
		in.scale = sib >> 6
		index := sib >> 3 & 7
		if in.rex&rexX != 0 {
			index |= 8
		}
		if index != 4 {
			in.index = index
		}
		base = sib & 7
	}
	in.base = base
	if in.rex&rexB != 0 {
		in.base |= 8
	}
	displacement := [4]int{0, 1, 4, 0}[in.mod]
	if in.mod == 0 && base == 5 {
		displacement = 4
		in.base = noRegister
		if in.bits == 64 && in.rm == 5 {
			in.base = ripBase
		}
	}
	in.segment = p.segment(defaultSegment(in.base))
	var err error
	if displacement != 0 {
		in.disp, err = p.number(displacement, true)
	}
	return err
}

// defaultSegment is the segment of a memory operand with a base register: the
// stack's for RSP and RBP.
func defaultSegment(base uint8) uint8 {
	if base == x86.RSP || base == x86.RBP {
		return x86.SS
	}
	return x86.DS
}
