package emulate

// mediaMove is a move between memory and an XMM register.
type mediaMove struct {
	opcode uint8
	prefix uint8 // 0, 66, F2 or F3, which is part of the opcode
	op     op
	fn     uint8
	size   uint8 // bytes; 0 for those of a general register
}

// mediaMoves are those after 0F. APM vol. 4, SDM vol. 2 table A-3.
var mediaMoves = [...]mediaMove{
	{0x10, 0x00, opXLoad, xWhole, 16}, {0x11, 0x00, opXStore, xWhole, 16}, // MOVUPS
	{0x10, 0x66, opXLoad, xWhole, 16}, {0x11, 0x66, opXStore, xWhole, 16}, // MOVUPD
	{0x10, 0xf3, opXLoad, xWhole, 4}, {0x11, 0xf3, opXStore, xWhole, 4}, // MOVSS
	{0x10, 0xf2, opXLoad, xWhole, 8}, {0x11, 0xf2, opXStore, xWhole, 8}, // MOVSD
	{0x12, 0x00, opXLoad, xLow, 8}, {0x13, 0x00, opXStore, xLow, 8}, // MOVLPS
	{0x12, 0x66, opXLoad, xLow, 8}, {0x13, 0x66, opXStore, xLow, 8}, // MOVLPD
	{0x16, 0x00, opXLoad, xHigh, 8}, {0x17, 0x00, opXStore, xHigh, 8}, // MOVHPS
	{0x16, 0x66, opXLoad, xHigh, 8}, {0x17, 0x66, opXStore, xHigh, 8}, // MOVHPD
	{0x28, 0x00, opXLoad, xWhole, 16}, {0x29, 0x00, opXStore, xWhole, 16}, // MOVAPS
	{0x28, 0x66, opXLoad, xWhole, 16}, {0x29, 0x66, opXStore, xWhole, 16}, // MOVAPD
	{0x2b, 0x00, opXStore, xWhole, 16}, {0x2b, 0x66, opXStore, xWhole, 16}, // MOVNTPS, MOVNTPD
	{0x6e, 0x66, opXLoad, xWhole, 0}, {0x7e, 0x66, opXStore, xWhole, 0}, // MOVD, MOVQ
	{0x6f, 0x66, opXLoad, xWhole, 16}, {0x7f, 0x66, opXStore, xWhole, 16}, // MOVDQA
	{0x6f, 0xf3, opXLoad, xWhole, 16}, {0x7f, 0xf3, opXStore, xWhole, 16}, // MOVDQU
	{0x7e, 0xf3, opXLoad, xWhole, 8}, {0xd6, 0x66, opXStore, xWhole, 8}, // MOVQ
	{0xe7, 0x66, opXStore, xWhole, 16}, // MOVNTDQ
	{0xf0, 0xf2, opXLoad, xWhole, 16},  // LDDQU
}

// moveNTDQA is the one after 0F 38.
var moveNTDQA = mediaMove{0x2a, 0x66, opXLoad, xWhole, 16}

// classifyMedia looks at the moves to and from XMM registers.
func (in *inst) classifyMedia() {
	for i := range mediaMoves {
		if m := &mediaMoves[i]; m.opcode == in.opcode && m.prefix == in.mandatory() {
			in.move(m)
			return
		}
	}
}

// mandatory is the prefix that is part of the opcode: the last of F2 and F3, or
// else 66. SDM vol. 2 §2.1.2.
func (in *inst) mandatory() uint8 {
	switch {
	case in.rep != 0:
		return in.rep
	case in.prefix66:
		return prefixOperand
	}
	return 0
}

func (in *inst) move(m *mediaMove) {
	in.op, in.fn, in.size = m.op, m.fn, m.size
	if in.size == 0 {
		in.size = 4
		if in.rex&rexW != 0 {
			in.size = 8
		}
	}
}
