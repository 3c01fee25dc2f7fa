package inspect

import (
	"fmt"
	"strings"

	"golang.org/x/arch/x86/x86asm"

	"github.com/ringo-vmm/ringo/vmm/emulate"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// instruction says what the instruction at RIP is, and which fault or trap it
// raises, nil if none can be seen.
func (a *analysis) instruction() (text string, f *fault) {
	s, rip := &a.s, a.s.LinearRIP()
	text = fmt.Sprintf("the instruction at RIP %#x", s.RIP)
	bits := s.CodeBits()
	if bits != 64 && s.RIP > uint64(s.Seg[x86.CS].Limit) {
		return text, &fault{vector: x86.GeneralProtection, why: fmt.Sprintf("lies beyond the limit %#x of CS", s.Seg[x86.CS].Limit)}
	}
	var code [maxInstruction]byte
	n := 0
	for n < len(code) {
		at := rip + uint64(n)
		if f = a.access(s, "fetch", at, 1, x86.Fetch|a.user()); f != nil {
			break
		}
		k := min(len(code)-n, int(pageSize-at&pageMask))
		if k = a.read.read(at, code[n:n+k]); k == 0 {
			f = &fault{unknown: true, why: fmt.Sprintf("the code at linear %#x is not in memory", at)}
			break
		}
		n += k
	}
	if n == 0 {
		return text, f
	}
	length, err := emulate.Length(code[:n], bits)
	if err != nil && f != nil {
		return text, f
	}
	if err != nil {
		return text, &fault{vector: x86.InvalidOpcode, why: fmt.Sprintf("% x: %v", code[:n], err)}
	}
	name, _ := emulate.Disassemble(code[:length], bits, s.RIP)
	text = fmt.Sprintf("%s, %s", text, name)
	i, err := x86asm.Decode(code[:length], bits)
	if err != nil {
		return text, &fault{unknown: true, why: "what it does is not known"}
	}
	for _, look := range [...]func(*x86asm.Inst) *fault{a.traps, a.privileged, a.media, a.operands, a.stacked, a.segments, a.divides} {
		if f := look(&i); f != nil {
			return text, f
		}
	}
	if s.RFLAGS&x86.FlagTF != 0 {
		return text, &fault{vector: debug, why: "RFLAGS.TF is set: the trap of a single step"}
	}
	return text, nil
}

// traps are the instructions that are there to raise an exception.
func (a *analysis) traps(i *x86asm.Inst) *fault {
	switch i.Op {
	case x86asm.UD0, x86asm.UD1, x86asm.UD2:
		return &fault{vector: x86.InvalidOpcode, why: "undefined on purpose"}
	case x86asm.ICEBP:
		return &fault{vector: debug, why: "a debug trap on purpose", event: true}
	case x86asm.INTO:
		if a.s.RFLAGS&x86.FlagOF != 0 {
			return &fault{vector: overflow, why: "RFLAGS.OF is set", event: true}
		}
	case x86asm.INT:
		if v, ok := i.Args[0].(x86asm.Imm); ok {
			why := "a software interrupt"
			if x86.Vector(v) == breakpoint {
				why = "a breakpoint; memory that a guest never wrote is full of them"
			}
			return &fault{vector: x86.Vector(v), why: why, event: true}
		}
	case x86asm.SYSCALL:
		if a.s.EFER&x86.EFERSCE == 0 {
			return &fault{vector: x86.InvalidOpcode, why: "EFER.SCE is not set"}
		}
	}
	return nil
}

// privileged are the instructions that only CPL 0, or IOPL, may execute. APM
// vol. 3 ch. 4.
func (a *analysis) privileged(i *x86asm.Inst) *fault {
	forbidden := &fault{vector: x86.GeneralProtection, why: fmt.Sprintf("is privileged, and CPL is %d", a.s.CPL)}
	switch i.Op {
	case x86asm.HLT, x86asm.LGDT, x86asm.LIDT, x86asm.LLDT, x86asm.LTR, x86asm.LMSW, x86asm.CLTS, x86asm.INVD, x86asm.WBINVD,
		x86asm.INVLPG, x86asm.RDMSR, x86asm.WRMSR, x86asm.SWAPGS, x86asm.SYSEXIT, x86asm.SYSRET, x86asm.XSETBV:
		if a.s.CPL != 0 {
			return forbidden
		}
	case x86asm.CLI, x86asm.STI:
		if iopl := uint8(a.s.RFLAGS & x86.FlagIOPL >> 12); a.s.CPL > iopl && a.s.CR0&x86.CR0PE != 0 && a.s.CR4&(x86.CR4VME|x86.CR4PVI) == 0 {
			return &fault{vector: x86.GeneralProtection, why: fmt.Sprintf("CPL is %d and IOPL %d", a.s.CPL, iopl)}
		}
	case x86asm.MOV:
		for _, arg := range i.Args {
			if r, ok := arg.(x86asm.Reg); ok && r >= x86asm.CR0 && r <= x86asm.DR15 && a.s.CPL != 0 {
				return forbidden
			}
		}
		return a.controlMove(i)
	}
	return nil
}

// controlMove checks what is written to a control register. APM vol. 2 §3.1.
func (a *analysis) controlMove(i *x86asm.Inst) *fault {
	to, _ := i.Args[0].(x86asm.Reg)
	from, _ := i.Args[1].(x86asm.Reg)
	v := a.register(from, i)
	why := ""
	switch {
	case to == x86asm.CR0 && v&x86.CR0PG != 0 && v&x86.CR0PE == 0:
		why = "CR0.PG without CR0.PE"
	case to == x86asm.CR0 && v&x86.CR0NW != 0 && v&x86.CR0CD == 0:
		why = "CR0.NW without CR0.CD"
	case to == x86asm.CR0 && v&x86.CR0PG != 0 && a.s.CR0&x86.CR0PG == 0 && a.s.EFER&x86.EFERLME != 0 && a.s.CR4&x86.CR4PAE == 0:
		why = "CR0.PG with EFER.LME and without CR4.PAE"
	case to == x86asm.CR0 && v>>32 != 0:
		why = "high bits of CR0"
	case to == x86asm.CR4 && v&x86.CR4PAE == 0 && a.s.EFER&x86.EFERLMA != 0:
		why = "CR4.PAE cleared in long mode"
	default:
		return nil
	}
	return &fault{vector: x86.GeneralProtection, why: fmt.Sprintf("%s (%#x)", why, v)}
}

// media checks that the x87, SSE and AVX registers can be used. APM vol. 2
// §11.2, SDM vol. 3 §13.1.
func (a *analysis) media(i *x86asm.Inst) *fault {
	vector, xmm, x87 := false, false, strings.HasPrefix(i.Op.String(), "F")
	for _, arg := range i.Args {
		r, ok := arg.(x86asm.Reg)
		if !ok {
			continue
		}
		xmm = xmm || r >= x86asm.X0 && r <= x86asm.X15
		vector = vector || r >= x86asm.Y0 && r <= x86asm.Y15
		x87 = x87 || r >= x86asm.F0 && r <= x86asm.F7 || r >= x86asm.M0 && r <= x86asm.M7
	}
	undefined := func(why string) *fault { return &fault{vector: x86.InvalidOpcode, why: why} }
	const xcr0SSE, xcr0AVX = 1 << 1, 1 << 2
	switch {
	case !vector && !xmm && !x87:
		return nil
	case vector && (a.s.CR4&x86.CR4OSXSAVE == 0 || a.s.XCR0&(xcr0SSE|xcr0AVX) != xcr0SSE|xcr0AVX):
		return undefined("AVX is not turned on in CR4.OSXSAVE and XCR0")
	case xmm && a.s.CR0&x86.CR0EM != 0:
		return undefined("CR0.EM is set")
	case xmm && a.s.CR4&x86.CR4OSFXSR == 0:
		return undefined("SSE is not turned on in CR4.OSFXSR")
	case x87 && a.s.CR0&x86.CR0EM != 0:
		return &fault{vector: deviceNotThere, why: "CR0.EM is set"}
	case a.s.CR0&x86.CR0TS != 0:
		return &fault{vector: deviceNotThere, why: "CR0.TS is set"}
	}
	return nil
}

// divides checks the operands of a division. Of a signed one, and of 64 bits,
// only 0 is found. APM vol. 3, DIV and AAM.
func (a *analysis) divides(i *x86asm.Inst) *fault {
	zero := &fault{vector: divideError, why: "division by 0"}
	if i.Op == x86asm.AAM {
		if v, ok := i.Args[0].(x86asm.Imm); ok && v == 0 {
			return zero
		}
		return nil
	}
	if i.Op != x86asm.DIV && i.Op != x86asm.IDIV {
		return nil
	}
	divisor, width, ok := a.value(i)
	switch {
	case !ok:
		return nil
	case divisor == 0:
		return zero
	case i.Op == x86asm.IDIV:
		return nil
	}
	high := a.s.GPR[x86.RDX] & mask(width)
	if width == 1 {
		high = a.s.GPR[x86.RAX] >> 8 & 0xff
	}
	if high >= divisor {
		return &fault{vector: divideError, why: fmt.Sprintf("the quotient of a division by %#x does not fit", divisor)}
	}
	return nil
}

// value is an instruction's first operand and its size in bytes; ok is false
// when it is neither a general register nor in memory.
func (a *analysis) value(i *x86asm.Inst) (v uint64, width int, ok bool) {
	switch arg := i.Args[0].(type) {
	case x86asm.Reg:
		return a.register(arg, i), registerSize(arg), registerSize(arg) != 0
	case x86asm.Mem:
		offset := uint64(arg.Disp) + a.register(arg.Base, i) + a.register(arg.Index, i)*uint64(arg.Scale)
		width = min(max(i.MemBytes, 1), 8)
		linear, exception := a.s.Linear(segmentOf(&arg), offset&addressMask(i), width, false)
		if exception != nil {
			return 0, 0, false
		}
		var p [8]byte
		if a.read.read(linear, p[:width]) < width {
			return 0, 0, false
		}
		for k := width - 1; k >= 0; k-- {
			v = v<<8 | uint64(p[k])
		}
		return v, width, true
	}
	return 0, 0, false
}

// registerSize is the bytes of a general register, 0 for others.
func registerSize(r x86asm.Reg) int {
	switch {
	case r >= x86asm.AL && r <= x86asm.R15B:
		return 1
	case r >= x86asm.AX && r <= x86asm.R15W:
		return 2
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return 4
	case r >= x86asm.RAX && r <= x86asm.R15:
		return 8
	}
	return 0
}
