package emulate

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// sizes are the operand sizes a form is tried with.
type sizes uint8

const (
	bytes1 sizes = 1 << iota // no prefix, byte operand
	words                    // 16, 32 and 64 bits
	fixed                    // no prefix matters
	byREXW                   // 32 and 64 bits
	stack                    // 16 and 64 bits
)

// shape is a form of an instruction to try.
type shape struct {
	name      string
	prefix    string // mandatory
	opcode    string // with 0F
	ext       int    // ModRM.reg, or -1 for a register
	imm       int    // bytes; -1: as the operand, up to 4
	sizes     sizes
	memory    int // bytes of the memory operand, 0: the operand size
	undefined uint64
	lock      bool // LOCK is allowed
	bitString bool // the register is a bit number
	noModRM   bool
	repeat    bool // a string instruction
}

const (
	logicFlags    = x86.FlagAF
	multiplyFlags = x86.FlagSF | x86.FlagZF | x86.FlagAF | x86.FlagPF
	bitFlags      = x86.FlagOF | x86.FlagSF | x86.FlagAF | x86.FlagPF
)

var forms = allForms()

func allForms() (f []shape) {
	for i, name := range []string{"ADD", "OR", "ADC", "SBB", "AND", "SUB", "XOR", "CMP"} {
		op := byte(i << 3)
		s := shape{name: name, ext: -1, lock: name != "CMP"}
		switch name {
		case "OR", "AND", "XOR":
			s.undefined = logicFlags
		}
		f = append(f, s.with(string([]byte{op}), bytes1), s.with(string([]byte{op + 1}), words))
		load := s
		load.lock = false
		f = append(f, load.with(string([]byte{op + 2}), bytes1), load.with(string([]byte{op + 3}), words))
		s.ext = i
		s.imm = 1
		f = append(f, s.with("\x80", bytes1), s.with("\x83", words))
		s.imm = -1
		f = append(f, s.with("\x81", words))
	}
	for i, name := range []string{"BT", "BTS", "BTR", "BTC"} {
		s := shape{name: name, ext: -1, lock: i > 0, undefined: bitFlags, bitString: true}
		f = append(f, s.with("\x0f"+string([]byte{byte(0xa3 + 8*i)}), words))
		s.ext, s.imm, s.bitString = 4+i, 1, false
		f = append(f, s.with("\x0f\xba", words))
	}
	for i, name := range []string{"INC", "DEC"} {
		s := shape{name: name, ext: i, lock: true}
		f = append(f, s.with("\xfe", bytes1), s.with("\xff", words))
	}
	for i, name := range []string{"NOT", "NEG"} {
		s := shape{name: name, ext: 2 + i, lock: true}
		f = append(f, s.with("\xf6", bytes1), s.with("\xf7", words))
	}
	for i, name := range []string{"ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SAL", "SAR"} {
		s := shape{name: name, ext: i, imm: 1, undefined: x86.FlagAF | x86.FlagOF}
		f = append(f, s.with("\xc0", bytes1), s.with("\xc1", words))
		s.imm = 0
		f = append(f, s.with("\xd2", bytes1), s.with("\xd3", words))
		s.undefined = x86.FlagAF
		f = append(f, s.with("\xd0", bytes1), s.with("\xd1", words))
	}
	for i := range 16 {
		s := shape{name: fmt.Sprintf("condition %d", i), ext: -1}
		f = append(f, s.with("\x0f"+string([]byte{byte(0x40 + i)}), words))
		s.memory = 1
		f = append(f, s.with("\x0f"+string([]byte{byte(0x90 + i)}), fixed))
	}
	for _, opcode := range []string{"\xa4", "\xa6", "\xaa", "\xac", "\xae"} {
		s := shape{name: fmt.Sprintf("string %x", opcode), noModRM: true, repeat: true}
		f = append(f, s.with(opcode, bytes1), s.with(string([]byte{opcode[0] + 1}), words))
	}
	return append(f, plainForms...)
}

func (s shape) with(opcode string, z sizes) shape {
	s.opcode, s.sizes = opcode, z
	return s
}

var plainForms = []shape{
	{name: "MOV store", opcode: "\x88", ext: -1, sizes: bytes1},
	{name: "MOV store", opcode: "\x89", ext: -1, sizes: words},
	{name: "MOV load", opcode: "\x8a", ext: -1, sizes: bytes1},
	{name: "MOV load", opcode: "\x8b", ext: -1, sizes: words},
	{name: "MOV immediate", opcode: "\xc6", imm: 1, sizes: bytes1},
	{name: "MOV immediate", opcode: "\xc7", imm: -1, sizes: words},
	{name: "MOV load absolute", opcode: "\xa0", noModRM: true, sizes: bytes1},
	{name: "MOV load absolute", opcode: "\xa1", noModRM: true, sizes: words},
	{name: "MOV store absolute", opcode: "\xa2", noModRM: true, sizes: bytes1},
	{name: "MOV store absolute", opcode: "\xa3", noModRM: true, sizes: words},
	{name: "MOVZX", opcode: "\x0f\xb6", ext: -1, sizes: words, memory: 1},
	{name: "MOVZX", opcode: "\x0f\xb7", ext: -1, sizes: words, memory: 2},
	{name: "MOVSX", opcode: "\x0f\xbe", ext: -1, sizes: words, memory: 1},
	{name: "MOVSX", opcode: "\x0f\xbf", ext: -1, sizes: words, memory: 2},
	{name: "MOVSXD", opcode: "\x63", ext: -1, sizes: byREXW, memory: 4},
	{name: "MOVNTI", opcode: "\x0f\xc3", ext: -1, sizes: byREXW},
	{name: "TEST", opcode: "\x84", ext: -1, sizes: bytes1, undefined: logicFlags},
	{name: "TEST", opcode: "\x85", ext: -1, sizes: words, undefined: logicFlags},
	{name: "TEST immediate", opcode: "\xf6", imm: 1, sizes: bytes1, undefined: logicFlags},
	{name: "TEST immediate", opcode: "\xf7", imm: -1, sizes: words, undefined: logicFlags},
	{name: "XCHG", opcode: "\x86", ext: -1, sizes: bytes1, lock: true},
	{name: "XCHG", opcode: "\x87", ext: -1, sizes: words, lock: true},
	{name: "CMPXCHG", opcode: "\x0f\xb0", ext: -1, sizes: bytes1, lock: true},
	{name: "CMPXCHG", opcode: "\x0f\xb1", ext: -1, sizes: words, lock: true},
	{name: "XADD", opcode: "\x0f\xc0", ext: -1, sizes: bytes1, lock: true},
	{name: "XADD", opcode: "\x0f\xc1", ext: -1, sizes: words, lock: true},
	{name: "IMUL", opcode: "\x0f\xaf", ext: -1, sizes: words, undefined: multiplyFlags},
	{name: "IMUL immediate", opcode: "\x6b", ext: -1, imm: 1, sizes: words, undefined: multiplyFlags},
	{name: "IMUL immediate", opcode: "\x69", ext: -1, imm: -1, sizes: words, undefined: multiplyFlags},
	{name: "CLFLUSH", opcode: "\x0f\xae", ext: 7, sizes: fixed, memory: 1},
	{name: "PUSH", opcode: "\xff", ext: 6, sizes: stack},
	{name: "POP", opcode: "\x8f", ext: 0, sizes: stack},
	{name: "MOVUPS", opcode: "\x0f\x10", ext: -1, sizes: fixed, memory: 16},
	{name: "MOVUPS", opcode: "\x0f\x11", ext: -1, sizes: fixed, memory: 16},
	{name: "MOVUPD", prefix: "\x66", opcode: "\x0f\x10", ext: -1, sizes: fixed, memory: 16},
	{name: "MOVSS", prefix: "\xf3", opcode: "\x0f\x10", ext: -1, sizes: fixed, memory: 4},
	{name: "MOVSS", prefix: "\xf3", opcode: "\x0f\x11", ext: -1, sizes: fixed, memory: 4},
	{name: "MOVSD", prefix: "\xf2", opcode: "\x0f\x10", ext: -1, sizes: fixed, memory: 8},
	{name: "MOVSD", prefix: "\xf2", opcode: "\x0f\x11", ext: -1, sizes: fixed, memory: 8},
	{name: "MOVLPS", opcode: "\x0f\x12", ext: -1, sizes: fixed, memory: 8},
	{name: "MOVLPD", prefix: "\x66", opcode: "\x0f\x13", ext: -1, sizes: fixed, memory: 8},
	{name: "MOVHPS", opcode: "\x0f\x16", ext: -1, sizes: fixed, memory: 8},
	{name: "MOVHPD", prefix: "\x66", opcode: "\x0f\x17", ext: -1, sizes: fixed, memory: 8},
	{name: "MOVAPS", opcode: "\x0f\x28", ext: -1, sizes: fixed, memory: 16},
	{name: "MOVAPS", opcode: "\x0f\x29", ext: -1, sizes: fixed, memory: 16},
	{name: "MOVNTPS", opcode: "\x0f\x2b", ext: -1, sizes: fixed, memory: 16},
	{name: "MOVD", prefix: "\x66", opcode: "\x0f\x6e", ext: -1, sizes: byREXW},
	{name: "MOVD", prefix: "\x66", opcode: "\x0f\x7e", ext: -1, sizes: byREXW},
	{name: "MOVDQA", prefix: "\x66", opcode: "\x0f\x6f", ext: -1, sizes: fixed, memory: 16},
	{name: "MOVDQA", prefix: "\x66", opcode: "\x0f\x7f", ext: -1, sizes: fixed, memory: 16},
	{name: "MOVDQU", prefix: "\xf3", opcode: "\x0f\x6f", ext: -1, sizes: fixed, memory: 16},
	{name: "MOVDQU", prefix: "\xf3", opcode: "\x0f\x7f", ext: -1, sizes: fixed, memory: 16},
	{name: "MOVQ", prefix: "\xf3", opcode: "\x0f\x7e", ext: -1, sizes: fixed, memory: 8},
	{name: "MOVQ", prefix: "\x66", opcode: "\x0f\xd6", ext: -1, sizes: fixed, memory: 8},
	{name: "MOVNTDQ", prefix: "\x66", opcode: "\x0f\xe7", ext: -1, sizes: fixed, memory: 16},
	{name: "LDDQU", prefix: "\xf2", opcode: "\x0f\xf0", ext: -1, sizes: fixed, memory: 16},
	{name: "MOVNTDQA", prefix: "\x66", opcode: "\x0f\x38\x2a", ext: -1, sizes: fixed, memory: 16},
}
