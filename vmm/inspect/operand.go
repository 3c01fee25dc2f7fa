package inspect

import (
	"fmt"
	"strings"

	"golang.org/x/arch/x86/x86asm"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// accesses is what an instruction does with its memory operands.
func accesses(i *x86asm.Inst, operand int) (read, write bool) {
	switch op := i.Op; op {
	case x86asm.LEA, x86asm.NOP, x86asm.INVLPG, x86asm.PREFETCHNTA, x86asm.PREFETCHT0, x86asm.PREFETCHT1, x86asm.PREFETCHT2, x86asm.PREFETCHW:
		return false, false
	case x86asm.CMP, x86asm.TEST, x86asm.BT, x86asm.PUSH, x86asm.CALL, x86asm.JMP, x86asm.LCALL, x86asm.LJMP,
		x86asm.DIV, x86asm.IDIV, x86asm.MUL, x86asm.LGDT, x86asm.LIDT, x86asm.LLDT, x86asm.LTR, x86asm.LMSW, x86asm.VERR, x86asm.VERW,
		x86asm.LDMXCSR, x86asm.FXRSTOR, x86asm.FXRSTOR64, x86asm.XRSTOR, x86asm.XRSTOR64, x86asm.CLFLUSH,
		x86asm.CMPSB, x86asm.CMPSW, x86asm.CMPSD, x86asm.CMPSQ, x86asm.SCASB, x86asm.SCASW, x86asm.SCASD, x86asm.SCASQ,
		x86asm.UCOMISS, x86asm.UCOMISD, x86asm.COMISS, x86asm.COMISD:
		return true, false
	case x86asm.IMUL:
		return true, false
	default:
		name := op.String()
		stores := strings.HasPrefix(name, "FST") || strings.HasPrefix(name, "FIST") || strings.HasPrefix(name, "FNST") || strings.HasPrefix(name, "FNS") ||
			strings.HasPrefix(name, "FXSAVE") || name == "FBSTP"
		if strings.HasPrefix(name, "F") && !stores {
			return true, false
		}
	}
	// The destination is written; whether it is read as well makes no
	// difference to which access faults.
	return operand != 0, operand == 0
}

// operands are the faults of an instruction's memory operands.
func (a *analysis) operands(i *x86asm.Inst) *fault {
	if repeats(i) && a.s.GPR[x86.RCX]&addressMask(i) == 0 {
		return nil
	}
	for n, arg := range i.Args {
		m, ok := arg.(x86asm.Mem)
		if !ok {
			continue
		}
		read, write := accesses(i, n)
		if !read && !write {
			continue
		}
		if f := a.operand(i, &m, write); f != nil {
			return f
		}
	}
	return nil
}

// repeats tells whether a string instruction is repeated by RCX.
func repeats(i *x86asm.Inst) bool {
	for _, p := range i.Prefix {
		if p&0xff == x86asm.PrefixREP || p&0xff == x86asm.PrefixREPN {
			return stringSize(i.Op) != 0
		}
	}
	return false
}

// stringSize is the bytes of a string instruction's operands, 0 for others.
func stringSize(op x86asm.Op) int {
	switch op {
	case x86asm.MOVSB, x86asm.CMPSB, x86asm.STOSB, x86asm.LODSB, x86asm.SCASB, x86asm.INSB, x86asm.OUTSB:
		return 1
	case x86asm.MOVSW, x86asm.CMPSW, x86asm.STOSW, x86asm.LODSW, x86asm.SCASW, x86asm.INSW, x86asm.OUTSW:
		return 2
	case x86asm.MOVSD, x86asm.CMPSD, x86asm.STOSD, x86asm.LODSD, x86asm.SCASD, x86asm.INSD, x86asm.OUTSD:
		return 4
	case x86asm.MOVSQ, x86asm.CMPSQ, x86asm.STOSQ, x86asm.LODSQ, x86asm.SCASQ:
		return 8
	}
	return 0
}

func addressMask(i *x86asm.Inst) uint64 {
	if bits := i.AddrSize; bits == 16 || bits == 32 {
		return 1<<bits - 1
	}
	return ^uint64(0)
}

// operand is the fault of one memory operand.
func (a *analysis) operand(i *x86asm.Inst, m *x86asm.Mem, write bool) *fault {
	n := max(i.MemBytes, stringSize(i.Op), 1)
	offset := uint64(m.Disp) + a.register(m.Base, i) + a.register(m.Index, i)*uint64(m.Scale)
	offset &= addressMask(i)
	segment := segmentOf(m)
	name, acc := "read", a.user()
	if write {
		name, acc = "write", acc|x86.Write
	}
	linear, exception := a.s.Linear(segment, offset, n, write)
	if exception != nil {
		why := fmt.Sprintf("%s of %d bytes at %s:%#x, outside of the segment (%s)", name, n, segmentNames[segment], offset, a.s.Seg[segment])
		if a.s.CodeBits() == 64 {
			why = fmt.Sprintf("%s of %d bytes at %#x, which is not canonical", name, n, offset)
		}
		return &fault{vector: exception.Vector, why: why}
	}
	return a.access(&a.s, fmt.Sprintf("%s of %d bytes", name, n), linear, n, acc)
}

// segmentOf is the number of the segment that a memory operand is in. APM vol.
// 1 §2.1.5.
func segmentOf(m *x86asm.Mem) int {
	switch m.Segment {
	case x86asm.ES:
		return x86.ES
	case x86asm.CS:
		return x86.CS
	case x86asm.SS:
		return x86.SS
	case x86asm.FS:
		return x86.FS
	case x86asm.GS:
		return x86.GS
	case x86asm.DS:
		return x86.DS
	}
	switch m.Base {
	case x86asm.SP, x86asm.BP, x86asm.ESP, x86asm.EBP, x86asm.RSP, x86asm.RBP:
		return x86.SS
	}
	return x86.DS
}

// register is the value of a general register, of RIP behind the instruction,
// or 0.
func (a *analysis) register(r x86asm.Reg, i *x86asm.Inst) uint64 {
	switch {
	case r == 0:
		return 0
	case r >= x86asm.AL && r <= x86asm.BL:
		return a.s.GPR[r-x86asm.AL] & 0xff
	case r >= x86asm.AH && r <= x86asm.BH:
		return a.s.GPR[r-x86asm.AH] >> 8 & 0xff
	case r >= x86asm.SPB && r <= x86asm.R15B:
		return a.s.GPR[4+r-x86asm.SPB] & 0xff
	case r >= x86asm.AX && r <= x86asm.R15W:
		return a.s.GPR[r-x86asm.AX] & 0xffff
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return a.s.GPR[r-x86asm.EAX] & 0xffff_ffff
	case r >= x86asm.RAX && r <= x86asm.R15:
		return a.s.GPR[r-x86asm.RAX]
	case r == x86asm.RIP || r == x86asm.EIP || r == x86asm.IP:
		return a.s.RIP + uint64(i.Len)
	}
	return 0
}
