package emulate

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// maxLength is the longest an instruction can be, in bytes. APM vol. 3 §1.1.
const maxLength = 15

// fault is why bytes are not an instruction.
type fault string

func (f fault) Error() string { return string(f) }

const (
	errTruncated fault = "the bytes end within the instruction"
	errTooLong   fault = "the instruction is longer than 15 bytes"
	errInvalid   fault = "no such instruction"
)

// Prefix bytes. APM vol. 3 §1.2.
const (
	prefixOperand = 0x66
	prefixAddress = 0x67
	prefixLock    = 0xf0
	prefixRepne   = 0xf2
	prefixRep     = 0xf3

	rexB = 1 << 0
	rexX = 1 << 1
	rexR = 1 << 2
	rexW = 1 << 3
)

// parser is a place in the bytes of an instruction.
type parser struct {
	code []byte
	at   int
	in   *inst
	seg  uint8 // of a segment prefix, x86.Segments if there is none
}

// parse finds the parts of the first instruction in code, as code of 16, 32 or
// 64 bits. APM vol. 3 §1.1.
func (in *inst) parse(code []byte, bits int) error {
	*in = inst{bits: uint8(bits), base: noRegister, index: noRegister}
	long := false
	if len(code) > maxLength {
		code, long = code[:maxLength], true
	}
	p := parser{code: code, in: in, seg: x86.Segments}
	address := p.prefixes()
	in.sizes(address)
	in.segment = p.segment(x86.DS) // for the string instructions
	err := p.body()
	in.length = uint8(p.at)
	if err == errTruncated && (long || len(code) == maxLength) {
		return errTooLong
	}
	return err
}

// prefixes takes the prefixes, and tells whether one changes the address size.
func (p *parser) prefixes() (address bool) {
	in := p.in
	for ; p.at < len(p.code); p.at++ {
		b := p.code[p.at]
		switch b {
		case 0x26, 0x2e, 0x36, 0x3e:
			p.seg = b >> 3 & 3 // ES, CS, SS, DS
		case 0x64, 0x65:
			p.seg = x86.FS + b&1
		case prefixOperand:
			in.prefix66 = true
		case prefixAddress:
			address = true
		case prefixLock:
			in.lock = true
		case prefixRepne, prefixRep:
			in.rep = b
		default:
			if in.bits != 64 || b&0xf0 != 0x40 {
				return address
			}
			in.rex = b // counts only right before the opcode
			continue
		}
		in.rex = 0
	}
	return address
}

// sizes finds the operand and address sizes. APM vol. 3 §1.2.2, §1.2.3, §1.2.7.
func (in *inst) sizes(addressPrefix bool) {
	in.operand = 4
	if (in.bits == 16) != in.prefix66 {
		in.operand = 2
	}
	if in.rex&rexW != 0 {
		in.operand = 8
	}
	switch in.address = in.bits / 8; {
	case addressPrefix && in.bits == 32:
		in.address = 2
	case addressPrefix:
		in.address = 4
	}
	in.mask = sizeMask(int(in.address))
}

// body takes the opcode and what follows it.
func (p *parser) body() error {
	in := p.in
	b, err := p.byte()
	if err != nil {
		return err
	}
	follow := primaryMap[b]
	in.opcode = b
	switch {
	case b == 0x0f:
		if follow, err = p.escape(); err != nil {
			return err
		}
	case p.isVector(b):
		return p.vector(b)
	case in.bits == 64 && notIn64(b):
		return errInvalid
	}
	return p.rest(follow)
}

// escape takes the opcode after 0F.
func (p *parser) escape() (follow byte, err error) {
	in := p.in
	if in.opcode, err = p.byte(); err != nil {
		return 0, err
	}
	in.table, follow = secondary, secondaryMap[in.opcode]
	switch in.opcode {
	case 0x38:
		in.table, follow = table38, 'M'
		in.opcode, err = p.byte()
	case 0x3a:
		in.table, follow = table3A, 'B'
		in.opcode, err = p.byte()
	}
	return follow, err
}

// rest takes what follows the opcode.
func (p *parser) rest(follow byte) error {
	in := p.in
	var err error
	switch follow {
	case 'M', 'B', 'Z', 'g', 'G', 'r':
		err = p.modRM(follow == 'r')
	case 'o':
		in.memory, in.segment = true, p.segment(x86.DS)
		in.disp, err = p.number(int(in.address), false)
	case 'x':
		return errInvalid
	}
	if err != nil {
		return err
	}
	in.imm, err = p.immediate(follow)
	return err
}

// immediate takes the immediate operand.
func (p *parser) immediate(follow byte) (v uint64, err error) {
	in := p.in
	z := min(int(in.operand), 4)
	switch follow {
	case 'b', 'B':
		return p.number(1, true)
	case 'w':
		return p.number(2, false)
	case 'z', 'Z':
		return p.number(z, true)
	case 'v':
		return p.number(int(in.operand), false)
	case 'j':
		if in.bits == 64 {
			z = 4 // Intel ignores the prefix; compilers do not use it
		}
		return p.number(z, true)
	case 'f':
		if v, err = p.number(z, false); err == nil {
			_, err = p.number(2, false)
		}
	case 'e':
		if v, err = p.number(2, false); err == nil {
			_, err = p.number(1, false)
		}
	case 'g', 'G':
		if in.reg&6 != 0 { // only TEST, /0 and /1, has an immediate
			return 0, nil
		}
		if follow == 'g' {
			z = 1
		}
		return p.number(z, true)
	case 'M':
		// EXTRQ and INSERTQ: two bytes. APM vol. 4.
		if in.table == secondary && in.opcode == 0x78 && (in.prefix66 || in.rep == prefixRepne) {
			return p.number(2, false)
		}
	}
	return v, err
}

// byte takes a byte.
func (p *parser) byte() (uint8, error) {
	if p.at >= len(p.code) {
		return 0, errTruncated
	}
	b := p.code[p.at]
	p.at++
	return b, nil
}

// number takes a little-endian number of size bytes.
func (p *parser) number(size int, signed bool) (uint64, error) {
	if len(p.code)-p.at < size {
		p.at = len(p.code)
		return 0, errTruncated
	}
	var w [8]byte
	copy(w[:], p.code[p.at:p.at+size])
	p.at += size
	v := binary.LittleEndian.Uint64(w[:])
	if signed {
		v = signExtend(v, size)
	}
	return v, nil
}

// segment is the segment of a memory operand whose default is given.
func (p *parser) segment(standard uint8) uint8 {
	if p.seg == x86.Segments {
		return standard
	}
	return p.seg
}

// sizeMask has the low size bytes set, 1 to 8.
func sizeMask(size int) uint64 { return ^uint64(0) >> ((64 - 8*uint(size)) & 63) }

// signExtend extends the sign of the low size bytes of v, 1 to 8.
func signExtend(v uint64, size int) uint64 {
	shift := (64 - 8*uint(size)) & 63
	return uint64(int64(v<<shift) >> shift)
}
