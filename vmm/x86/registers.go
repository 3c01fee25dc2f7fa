package x86

// Numbers of the general registers, as instructions encode them. APM vol. 1
// §3.1.1, vol. 3 §1.4.
const (
	RAX = iota
	RCX
	RDX
	RBX
	RSP
	RBP
	RSI
	RDI
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
)

var gprNames = [16]string{
	"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
	"R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
}

// Registers are what every instruction may touch.
type Registers struct {
	GPR    [16]uint64 // by register number
	RIP    uint64     // offset in the code segment
	RFLAGS uint64
}

// Write stores the low size bytes (1, 2, 4 or 8) of v in general register n,
// as an instruction with that operand size does: 32-bit results clear the
// upper half, 8 and 16-bit results keep the rest. APM vol. 1 §3.1.2.
func (r *Registers) Write(n, size int, v uint64) {
	p := &r.GPR[n&15]
	switch size {
	case 1:
		*p = *p&^0xff | v&0xff
	case 2:
		*p = *p&^0xffff | v&0xffff
	case 4:
		*p = v & 0xffff_ffff
	default:
		*p = v
	}
}

// XMM is one of the 128-bit media registers, low half first.
type XMM [2]uint64
