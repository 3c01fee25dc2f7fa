package x86

// Table is GDTR or IDTR.
type Table struct {
	Base  uint64 // linear address
	Limit uint16 // last byte's offset
}

// State is a guest processor's state, apart from its FPU's.
type State struct {
	Registers
	CPL    uint8 // current privilege level, 0 to 3; in real mode 0
	Shadow bool  // interrupts are held off for one instruction: APM vol. 2 §15.21.5

	Seg        [Segments]Segment // by segment register number
	GDTR, IDTR Table

	CR0, CR2, CR3, CR4, CR8 uint64
	EFER                    uint64
	XCR0                    uint64

	DR       [4]uint64 // linear addresses
	DR6, DR7 uint64

	STAR, LSTAR, CSTAR, SFMASK, KernelGSBase uint64
	SysenterCS, SysenterESP, SysenterEIP     uint64
	PAT                                      uint64
	TSCAux                                   uint64 // APM vol. 3, RDTSCP; 0 on a processor that has no such register
	SpecCtrl                                 uint64 // APM vol. 2 §3.2.9; 0 on a processor that has no such register
}

// Mode is how the processor reads instructions and addresses. APM vol. 2 §1.3.
type Mode uint8

// The modes. Real and virtual-8086 mode have 16-bit code, except that code
// keeps a 32-bit segment after CR0.PE is cleared until it loads CS: see
// CodeBits.
const (
	Real Mode = iota
	Virtual8086
	Protected16
	Protected32
	Compatibility16
	Compatibility32
	Long64
)

var modeNames = [...]string{
	Real: "real mode", Virtual8086: "virtual-8086 mode", Protected16: "16-bit protected mode", Protected32: "32-bit protected mode",
	Compatibility16: "16-bit compatibility mode", Compatibility32: "32-bit compatibility mode", Long64: "64-bit mode",
}

// String is the mode's name.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return "unknown mode"
}

// Mode is the mode the processor is in.
func (s *State) Mode() Mode {
	code := s.Seg[CS].Attributes
	switch {
	case s.CR0&CR0PE == 0:
		return Real
	case s.EFER&EFERLMA != 0:
		switch {
		case code&AttrLong != 0:
			return Long64
		case code&AttrBig != 0:
			return Compatibility32
		}
		return Compatibility16
	case s.RFLAGS&FlagVM != 0:
		return Virtual8086
	case code&AttrBig != 0:
		return Protected32
	}
	return Protected16
}

// CodeBits is the size that operands and addresses have by default: 16, 32,
// or 64 in 64-bit mode. APM vol. 1 §2.2.
func (s *State) CodeBits() int {
	code := s.Seg[CS].Attributes
	switch {
	case s.EFER&EFERLMA != 0 && code&AttrLong != 0:
		return 64
	case code&AttrBig != 0:
		return 32
	}
	return 16
}

// LinearRIP is the linear address of the next instruction.
func (s *State) LinearRIP() uint64 {
	if s.EFER&EFERLMA != 0 && s.Seg[CS].Attributes&AttrLong != 0 {
		return s.RIP
	}
	return uint64(uint32(s.Seg[CS].Base + s.RIP))
}

// user is whether an access is made with CPL 3.
func (s *State) user() bool { return s.CPL == 3 }
