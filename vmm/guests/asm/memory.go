package asm

// overrides are the segment override prefixes, by the segment's number. APM
// vol. 3 §1.2.4.
var overrides = [...]byte{0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65}

// memory is an encoded memory operand.
type memory struct {
	bytes       []byte // ModRM with an empty reg field, SIB, displacement
	disp        int    // where in bytes the displacement is
	addr        int    // address size in bits
	base, index Reg    // for REX
	relative    bool   // the displacement is relative to RIP
}

// encodeMem encodes a memory operand. APM vol. 3 §1.4.
func (a *Assembler) encodeMem(m Mem) (memory, bool) {
	addr, ok := a.addressSize(m)
	switch {
	case !ok:
	case m.Seg != None && m.Seg.kind() != kindSegment:
		a.errorf("%v is not a segment register", m.Seg)
	case m.Scale > 8 || m.Scale&(m.Scale-1) != 0:
		a.errorf("the scale is 1, 2, 4 or 8, not %d", m.Scale)
	case m.Scale != 0 && m.Index == None:
		a.errorf("a scale without an index")
	case !a.dispFits(m.Disp, addr):
		a.errorf("the displacement %#x does not fit in a %d-bit address", m.Disp, addr)
	case addr == 16:
		return a.encodeMem16(m)
	case m.Index.kind() != 0 && m.Index.num() == ESP.num():
		a.errorf("%v cannot be an index", m.Index)
	default:
		return a.encodeMem32(m, addr), true
	}
	return memory{}, false
}

// addressSize is the address size in bits, which the registers or the operand
// or the mode says.
func (a *Assembler) addressSize(m Mem) (int, bool) {
	addr := m.Addr
	for _, r := range []Reg{m.Base, m.Index} {
		if r == None {
			continue
		}
		bits := r.size() * 8
		if bits < 16 || addr != 0 && addr != bits {
			a.errorf("%v cannot be part of this address", r)
			return 0, false
		}
		addr = bits
	}
	if addr == 0 {
		return a.bits, true
	}
	if addr != 32 && !(addr == 16 && a.bits != 64) && !(addr == 64 && a.bits == 64) {
		a.errorf("%d-bit code has no %d-bit addresses", a.bits, addr)
		return 0, false
	}
	return addr, true
}

// dispFits tells whether a displacement can be encoded: 64-bit addresses have
// one of 32 bits whose sign is extended.
func (a *Assembler) dispFits(disp int64, addr int) bool {
	if addr == 64 {
		return isDword(Imm(disp))
	}
	lo, hi := limits(addr / 8)
	return disp >= lo && disp <= hi
}

// encodeMem16 encodes the addresses that 16 bits can have.
func (a *Assembler) encodeMem16(m Mem) (memory, bool) {
	pairs := map[[2]Reg]byte{
		{BX, SI}: 0, {BX, DI}: 1, {BP, SI}: 2, {BP, DI}: 3,
		{SI, None}: 4, {DI, None}: 5, {BP, None}: 6, {BX, None}: 7,
	}
	rm, ok := pairs[[2]Reg{m.Base, m.Index}]
	direct := m.Base == None && m.Index == None
	if !ok && !direct || m.Scale > 1 {
		a.errorf("16-bit addresses cannot be [%v + %v*%d]", m.Base, m.Index, max(m.Scale, 1))
		return memory{}, false
	}
	disp := extended(Imm(m.Disp), 2)
	switch {
	case direct:
		return withDisp(0x06, disp, 2, 16), true
	case m.Label != "" || !isByte(disp):
		return withDisp(0x80|rm, disp, 2, 16), true
	case disp != 0 || rm == 6:
		return withDisp(0x40|rm, disp, 1, 16), true
	}
	return memory{bytes: []byte{rm}, disp: 1, addr: 16}, true
}

// Values of ModRM.rm and of the SIB's fields with a meaning of their own.
const (
	rmSIB    = 4 // a SIB byte follows
	rmDirect = 5 // without a displacement's mode: no base; in 64-bit code relative to RIP
	noIndex  = 4
	noBase   = 5
)

// encodeMem32 encodes 32- and 64-bit addresses.
func (a *Assembler) encodeMem32(m Mem, addr int) memory {
	disp := extended(Imm(m.Disp), 4)
	base, index := m.Base.num()&7, m.Index.num()&7
	var scale byte
	for s := max(m.Scale, 1); s > 1; s /= 2 {
		scale++
	}
	sib := scale<<6 | index<<3 | base
	var e memory
	switch {
	case m.Base == None && m.Index == None && a.bits == 64 && (m.Label == "" || addr != 64):
		e = withDisp(rmSIB, disp, 4, addr, noIndex<<3|noBase)
	case m.Base == None && m.Index == None:
		e = withDisp(rmDirect, disp, 4, addr)
		e.relative = a.bits == 64
	case m.Base == None:
		e = withDisp(rmSIB, disp, 4, addr, scale<<6|index<<3|noBase)
	default:
		mod, size := byte(0x80), 4
		switch {
		case m.Label != "":
		case disp == 0 && base != rmDirect:
			mod, size = 0, 0
		case isByte(disp):
			mod, size = 0x40, 1
		}
		switch {
		case m.Index != None:
			e = withDisp(mod|rmSIB, disp, size, addr, sib)
		case base == rmSIB:
			e = withDisp(mod|rmSIB, disp, size, addr, noIndex<<3|base)
		default:
			e = withDisp(mod|base, disp, size, addr)
		}
	}
	e.base, e.index = m.Base, m.Index
	return e
}

// withDisp is a memory operand of a ModRM byte, perhaps a SIB byte, and a
// displacement of size bytes.
func withDisp(modrm byte, disp Imm, size, addr int, sib ...byte) memory {
	b := append([]byte{modrm}, sib...)
	e := memory{disp: len(b), addr: addr}
	e.bytes = append(b, make([]byte, size)...)
	put(e.bytes[e.disp:], size, uint64(disp))
	return e
}
