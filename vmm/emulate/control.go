package emulate

// Move is a MOV between a general register and a control or debug register.
// APM vol. 3, MOV CRn and MOV DRn.
type Move struct {
	Length   int   // bytes of the instruction
	Debug    bool  // a debug register, not a control register
	Number   uint8 // of the control or debug register
	Register uint8 // of the general register
	Write    bool  // the control or debug register is written
}

// The opcodes behind 0F.
const (
	readControl  = 0x20
	writeDebug   = 0x23
	moveDebug    = 1 << 0
	moveWrite    = 1 << 1
	lockedNumber = 8 // what LOCK adds to the number, so that CR8 has a name outside of 64-bit mode
)

// ControlMove decodes the instruction at RIP for a processor that does not say
// which registers it moves. An error is as MMIO's.
func (e *Emulator) ControlMove() (Move, error) {
	in, err := e.fetch()
	if err != nil {
		return Move{}, err
	}
	if in.table != secondary || in.opcode < readControl || in.opcode > writeDebug {
		return Move{}, e.fail(in, "is no move of a control register")
	}
	m := Move{
		Length: int(in.length), Number: in.reg & 15, Register: in.rm & 15,
		Debug: in.opcode&moveDebug != 0, Write: in.opcode&moveWrite != 0,
	}
	if in.lock {
		m.Number |= lockedNumber
	}
	return m, nil
}
