package emulate

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// encoded is an instruction, with registers that put its operand in the data.
type encoded struct {
	name      string
	bytes     []byte
	regs      registers
	gpa       uint64 // what the exit says
	undefined uint64
	ripAt     int // index of a displacement that depends on RIP
	ripTarget uint64
}

func (c *encoded) String() string {
	text, _ := Disassemble(c.bytes, 64, 0)
	return fmt.Sprintf("%s: % x (%s)", c.name, c.bytes, text)
}

// encoder makes one.
type encoder struct {
	*shape
	*encoded
	r    *rand.Rand
	n    *native
	size int  // operand size in bytes
	rex  byte // 0: none yet
	// legacy prefixes, and what follows the opcode
	prefixes, tail []byte
	target         uint64 // address of the operand
	at             int    // its offset in the data
	reg            byte   // the register operand
}

// encode makes an instruction of a form with random operands.
func (s *shape) encode(r *rand.Rand, n *native) *encoded {
	e := &encoder{shape: s, encoded: &encoded{name: s.name, undefined: s.undefined}, r: r, n: n}
	e.fill()
	e.pickSize()
	e.pickTarget()
	if r.IntN(4) == 0 {
		e.prefixes = append(e.prefixes, "\x26\x2e\x36\x3e"[r.IntN(4)]) // means nothing in 64-bit mode
	}
	if s.lock && r.IntN(4) == 0 {
		e.prefixes = append(e.prefixes, prefixLock)
	}
	switch {
	case s.repeat:
		e.stringOperands()
	case s.noModRM:
		e.absolute()
	default:
		e.modRM()
	}
	e.assemble()
	return e.encoded
}

// fill puts random numbers everywhere.
func (e *encoder) fill() {
	for i := range e.regs.gpr {
		e.regs.gpr[i] = e.number()
	}
	for i := range e.regs.xmm {
		e.regs.xmm[i] = x86.XMM{e.r.Uint64(), e.r.Uint64()}
	}
	for i := 0; i < len(e.n.data); i += 8 {
		binary.LittleEndian.PutUint64(e.n.data[i:], e.r.Uint64())
	}
	e.regs.rflags = 0x202 | e.r.Uint64()&arithFlags
	e.regs.gpr[x86.RSP] = e.n.address(dataAt) + 3000 + uint64(e.r.IntN(64))
}

// number is a random number, often one at an edge.
func (e *encoder) number() uint64 {
	edges := [...]uint64{0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 63, 1<<63 - 1, ^uint64(0)}
	if e.r.IntN(3) == 0 {
		return edges[e.r.IntN(len(edges))]
	}
	return e.r.Uint64()
}

func (e *encoder) pickSize() {
	choices := map[sizes][]int{bytes1: {1}, words: {2, 4, 8}, fixed: {4}, byREXW: {4, 8}, stack: {2, 8}}[e.sizes]
	e.size = choices[e.r.IntN(len(choices))]
	switch {
	case e.size == 2:
		e.prefixes = append(e.prefixes, prefixOperand)
	case e.size == 8 && (e.sizes != stack || e.r.IntN(2) == 0):
		e.rex |= 0x40 | rexW
	}
}

// pickTarget chooses where the operand is: anywhere, in two pages too, except
// where the processor wants it aligned.
func (e *encoder) pickTarget() {
	e.at = 1024 + e.r.IntN(256)
	if e.r.IntN(4) == 0 {
		e.at = pageSize - 1 - e.r.IntN(16)
	}
	switch e.shape.name {
	case "MOVAPS", "MOVDQA", "MOVNTPS", "MOVNTDQ", "MOVNTDQA":
		e.at &^= 15
	}
	copy(e.n.data[e.at:], binary.LittleEndian.AppendUint64(nil, e.number()))
	e.target = e.n.address(dataAt) + uint64(e.at)
	e.gpa = e.target
	if e.r.IntN(4) == 0 {
		e.gpa ^= 8 // as if the access had stopped elsewhere
	}
}

// pick chooses a register for an address.
func (e *encoder) pick() byte {
	for {
		n := byte(e.r.IntN(16))
		switch {
		case n == x86.RSP && e.sizes == stack: // the stack must be in the data
		case n == x86.RAX && e.shape.name == "CMPXCHG": // is the operand to compare
		case n == e.reg && e.bitString:
		default:
			return n
		}
	}
}

// modRM chooses a register, and registers and a displacement that add up to
// the target.
func (e *encoder) modRM() {
	r := e.r
	e.reg = byte(r.IntN(16))
	if e.ext >= 0 {
		e.reg = byte(e.ext)
	}
	e.rexBit(rexR, e.reg)
	if e.bitString {
		// The bit may be outside the operand, but not outside the data.
		e.regs.gpr[e.reg] = uint64(int64(r.IntN(4096) - 2048))
	}
	reg := e.reg & 7 << 3
	if r.IntN(8) == 0 {
		e.ripTarget = e.target
		e.tail = []byte{reg | 5, 0, 0, 0, 0}
		return
	}
	base, mod := e.pick(), byte(r.IntN(3))
	if mod == 0 && base&7 == 5 {
		mod = 1
	}
	disp := signExtend(r.Uint64(), [3]int{8, 1, 4}[mod])
	if mod == 0 {
		disp = 0
	}
	e.rexBit(rexB, base)
	at := e.target - disp
	e.tail = []byte{mod<<6 | reg | base&7}
	if base&7 == 4 || r.IntN(2) == 0 {
		index, scale := e.pick(), byte(r.IntN(4))
		for index == base {
			index = e.pick()
		}
		if index != x86.RSP { // which means no index
			e.regs.gpr[index] = e.number()
			if e.bitString {
				e.regs.gpr[index] &= 0xffff
			}
			at -= e.regs.gpr[index] << scale
		}
		e.rexBit(rexX, index)
		e.tail = []byte{mod<<6 | reg | 4, scale<<6 | index&7<<3 | base&7}
	}
	e.regs.gpr[base] = at
	e.tail = append(e.tail, binary.LittleEndian.AppendUint64(nil, disp)[:[3]int{0, 1, 4}[mod]]...)
}

// rexBit sets a bit of REX if a register needs it.
func (e *encoder) rexBit(bit, register byte) {
	if register >= 8 {
		e.rex |= 0x40 | bit
	}
}

// absolute makes the address of the forms A0 to A3.
func (e *encoder) absolute() {
	e.tail = binary.LittleEndian.AppendUint64(nil, e.target)
	if e.r.IntN(2) == 0 {
		e.prefixes = append(e.prefixes, prefixAddress)
		e.tail = e.tail[:4]
	}
}

// stringOperands chooses the registers of a string instruction.
func (e *encoder) stringOperands() {
	g := &e.regs.gpr
	g[x86.RCX] = uint64(e.r.IntN(40))
	data := e.n.address(dataAt)
	g[x86.RSI] = data + 1000 + uint64(e.r.IntN(dataSize-2000))
	g[x86.RDI] = data + 1000 + uint64(e.r.IntN(dataSize-2000))
	if e.r.IntN(2) == 0 { // let comparisons go on for a while
		for i := range e.n.data {
			e.n.data[i] = byte(i / 64)
		}
		g[x86.RAX] = binary.LittleEndian.Uint64(e.n.data[g[x86.RDI]-data:])
	}
	e.regs.rflags |= e.r.Uint64() & x86.FlagDF
	switch e.r.IntN(4) {
	case 0:
	case 1:
		e.prefixes = append(e.prefixes, prefixRepne)
	default:
		e.prefixes = append(e.prefixes, prefixRep)
	}
	if e.r.IntN(2) == 0 {
		e.prefixes = append(e.prefixes, prefixAddress)
		for _, n := range []int{x86.RCX, x86.RSI, x86.RDI} {
			if n != x86.RCX || g[n] != 0 { // processors differ in what ECX = 0 leaves above it
				g[n] |= e.r.Uint64() << 32
			}
		}
	}
	e.gpa = 0
}

// assemble puts the parts together.
func (e *encoder) assemble() {
	b := append([]byte(nil), e.prefixes...)
	b = append(b, e.prefix...)
	if e.rex != 0 {
		b = append(b, e.rex)
	}
	b = append(b, e.opcode...)
	e.ripAt = len(b) + 1
	b = append(b, e.tail...)
	n := e.imm
	if n < 0 {
		n = min(e.size, 4)
	}
	e.bytes = append(b, binary.LittleEndian.AppendUint64(nil, e.number())[:n]...)
}
