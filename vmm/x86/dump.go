package x86

import (
	"fmt"
	"strings"
)

// gprsPerLine is how many general registers Lines puts in a line.
const gprsPerLine = 4

// Lines is the state as text for people, a line a string: general registers,
// segments, tables, control registers with their bits named.
func (s *State) Lines() []string {
	lines := []string{
		fmt.Sprintf("%s, CPL %d", s.Mode(), s.CPL),
		fmt.Sprintf("RIP    %016x  RFLAGS %08x %s", s.RIP, s.RFLAGS, RFLAGSBits(s.RFLAGS)),
	}
	if s.Shadow {
		lines[0] += ", in an interrupt shadow"
	}
	for i := 0; i < len(s.GPR); i += gprsPerLine {
		var b strings.Builder
		for j := i; j < i+gprsPerLine; j++ {
			fmt.Fprintf(&b, "%-3s %016x  ", gprNames[j], s.GPR[j])
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	for i, seg := range s.Seg {
		lines = append(lines, fmt.Sprintf("%-6s %s", segmentNames[i], seg))
	}
	return append(lines,
		fmt.Sprintf("GDTR   base %016x limit %04x", s.GDTR.Base, s.GDTR.Limit),
		fmt.Sprintf("IDTR   base %016x limit %04x", s.IDTR.Base, s.IDTR.Limit),
		fmt.Sprintf("CR0    %016x %s", s.CR0, CR0Bits(s.CR0)),
		fmt.Sprintf("CR2    %016x  CR3 %016x  CR8 %x", s.CR2, s.CR3, s.CR8),
		fmt.Sprintf("CR4    %016x %s", s.CR4, CR4Bits(s.CR4)),
		fmt.Sprintf("EFER   %016x %s", s.EFER, EFERBits(s.EFER)),
		fmt.Sprintf("XCR0   %016x  PAT %016x", s.XCR0, s.PAT),
		fmt.Sprintf("DR0-3  %016x %016x %016x %016x", s.DR[0], s.DR[1], s.DR[2], s.DR[3]),
		fmt.Sprintf("DR6    %08x  DR7 %08x", s.DR6, s.DR7),
		fmt.Sprintf("STAR   %016x  LSTAR %016x  CSTAR %016x  SFMASK %08x", s.STAR, s.LSTAR, s.CSTAR, s.SFMASK),
		fmt.Sprintf("SYSENTER CS %x  ESP %016x  EIP %016x  KERNEL_GS_BASE %016x", s.SysenterCS, s.SysenterESP, s.SysenterEIP, s.KernelGSBase),
	)
}
