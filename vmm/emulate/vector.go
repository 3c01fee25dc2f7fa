package emulate

// First bytes of the vector encodings, and the opcodes that they take from
// other instructions. APM vol. 3 §1.2.8 and fig. 1-1, SDM vol. 2 §2.3, §2.7.
const (
	vex3 = 0xc4 // LES outside 64-bit mode
	vex2 = 0xc5 // LDS
	evex = 0x62 // BOUND
	xop  = 0x8f // POP

	xopMap8 = 8 // XOP's maps are 8 to 10: what POP could be says lower numbers
)

// isVector tells whether an opcode begins a vector instruction here.
func (p *parser) isVector(b uint8) bool {
	switch b {
	case vex2, vex3, evex:
		// Outside 64-bit mode the other meanings never have mod 3.
		return p.in.bits == 64 || p.at < len(p.code) && p.code[p.at]>>6 == 3
	case xop:
		return p.at < len(p.code) && p.code[p.at]&0x1f >= xopMap8
	}
	return false
}

// vector takes the rest of a vector instruction, of which only the length is
// of interest.
func (p *parser) vector(first uint8) error {
	in := p.in
	in.table = vectorMaps
	b, err := p.byte()
	if err != nil {
		return err
	}
	opcodes, more := b&0x1f, 1 // which map, bytes before the opcode
	switch first {
	case vex2:
		opcodes, more = 1, 0
	case evex:
		opcodes, more = b&7, 2
	}
	if _, err := p.number(more, false); err != nil {
		return err
	}
	if in.opcode, err = p.byte(); err != nil {
		return err
	}
	follow := byte('M')
	switch opcodes {
	case 1:
		follow = secondaryMap[in.opcode]
		if follow == 'x' || follow == 'j' {
			follow = 'M' // AVX-512's mask instructions
		}
	case 3, xopMap8:
		follow = 'B'
	case 10:
		in.operand, follow = 4, 'Z'
	}
	in.rex = 0
	return p.rest(follow)
}
