package emulate

import "github.com/ringo-vmm/ringo/vmm/x86"

// AtPUSHF tells whether the instruction at RIP is PUSHF, which shows the guest
// a trap flag that is not its own.
func (e *Emulator) AtPUSHF() bool {
	const pushf = 0x9c // APM vol. 3, PUSHF
	in, err := e.fetch()
	return err == nil && in.table == primary && in.opcode == pushf
}

// PushedTrap makes the trap flag on top of the stack, where PUSHF has put it,
// what it is for the guest.
func PushedTrap(s *x86.State, mem Memory, set bool) {
	const flagByte, flag = 1, byte(x86.FlagTF >> 8)
	mask := sizeMask(2)
	switch {
	case s.CodeBits() == 64:
		mask = ^uint64(0)
	case s.Seg[x86.SS].Attributes&x86.AttrBig != 0:
		mask = sizeMask(4)
	}
	linear, exc := s.Linear(x86.SS, (s.GPR[x86.RSP]+flagByte)&mask, 1, true)
	if exc != nil {
		return
	}
	gpa, err := s.TranslateFor(mem, linear, x86.Write)
	if err != nil {
		return
	}
	if b := mem.RAM(gpa); len(b) > 0 {
		b[0] &^= flag
		if set {
			b[0] |= flag
		}
	}
}
