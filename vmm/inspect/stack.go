package inspect

import (
	"fmt"

	"golang.org/x/arch/x86/x86asm"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// stacked is the fault of an instruction's use of the stack.
func (a *analysis) stacked(i *x86asm.Inst) *fault {
	n, push := a.stackUse(i)
	if n == 0 {
		return nil
	}
	sp := a.s.GPR[x86.RSP]
	name, acc := "pop", a.user()
	switch {
	case i.Op == x86asm.LEAVE:
		sp = a.s.GPR[x86.RBP]
	case push:
		sp -= uint64(n)
		name, acc = "push", acc|x86.Write
	}
	sp &= stackMask(&a.s)
	linear, exception := a.s.Linear(x86.SS, sp, n, push)
	if exception != nil {
		return &fault{vector: x86.StackFault, why: fmt.Sprintf("%s of %d bytes at SS:%#x, which the stack segment has not", name, n, sp)}
	}
	return a.access(&a.s, fmt.Sprintf("%s of %d bytes", name, n), linear, n, acc)
}

// stackUse is how many bytes an instruction pushes or pops, 0 for none. APM
// vol. 3 App. B.2: in 64-bit mode the size is 8 unless a prefix makes it 2.
func (a *analysis) stackUse(i *x86asm.Inst) (n int, push bool) {
	n = i.DataSize / 8
	if i.Mode == 64 && n == 4 {
		n = 8
	}
	switch i.Op {
	case x86asm.PUSH, x86asm.CALL, x86asm.PUSHF, x86asm.PUSHFD, x86asm.PUSHFQ, x86asm.ENTER:
		return n, true
	case x86asm.PUSHA, x86asm.PUSHAD:
		return 8 * n, true
	case x86asm.LCALL:
		return 2 * i.DataSize / 8, true
	case x86asm.POP, x86asm.RET, x86asm.POPF, x86asm.POPFD, x86asm.POPFQ, x86asm.LEAVE:
		return n, false
	case x86asm.POPA, x86asm.POPAD:
		return 8 * n, false
	case x86asm.LRET:
		return 2 * i.DataSize / 8, false
	case x86asm.IRET, x86asm.IRETD, x86asm.IRETQ:
		if i.Mode == 64 {
			return 5 * i.DataSize / 8, false
		}
		return 3 * i.DataSize / 8, false
	}
	return 0, false
}

// segments is the fault of a selector that an instruction loads.
func (a *analysis) segments(i *x86asm.Inst) *fault {
	if a.s.CR0&x86.CR0PE == 0 || a.s.Mode() == x86.Virtual8086 {
		return nil
	}
	switch i.Op {
	case x86asm.MOV:
		to, ok := i.Args[0].(x86asm.Reg)
		from, fromRegister := i.Args[1].(x86asm.Reg)
		if !ok || !fromRegister || to < x86asm.ES || to > x86asm.GS || to == x86asm.CS {
			return nil
		}
		return a.data(int(to-x86asm.ES), uint16(a.register(from, i)))
	case x86asm.LTR:
		from, ok := i.Args[0].(x86asm.Reg)
		if !ok {
			return nil
		}
		return a.task(uint16(a.register(from, i)))
	case x86asm.LJMP, x86asm.LCALL:
		if v, ok := i.Args[0].(x86asm.Imm); ok {
			return a.target(uint16(v), "the far address")
		}
	case x86asm.LRET, x86asm.IRET, x86asm.IRETD, x86asm.IRETQ:
		n := i.DataSize / 8
		var p [2]byte
		linear := stackPointer(&a.s) + uint64(n)
		if a.read.read(linear, p[:]) == len(p) {
			return a.target(uint16(p[0])|uint16(p[1])<<8, "the address on the stack")
		}
	}
	return nil
}

// target checks the code selector of a far jump or return. What is no code
// segment may be a gate or a TSS, which are beyond this.
func (a *analysis) target(selector uint16, what string) *fault {
	if selector&^selectorRPL != 0 {
		if d, f := a.descriptor(selector, x86.GeneralProtection, 0); f == nil && d.has(x86.AttrPresent) && !d.has(x86.AttrUser) {
			return nil
		}
	}
	_, f := a.code(selector, what, 0)
	return f
}

// task checks the selector of LTR. APM vol. 3, LTR.
func (a *analysis) task(selector uint16) *fault {
	bad := func(v x86.Vector, is string) *fault {
		return selectorFault(v, selector, 0, fmt.Sprintf("selector %#x for TR %s", selector, is))
	}
	if selector&^selectorRPL == 0 || selector&selectorTable != 0 {
		return bad(x86.GeneralProtection, "is null or in the LDT")
	}
	d, f := a.descriptor(selector, x86.GeneralProtection, 0)
	if f != nil {
		return f
	}
	const available16, available = 1, 9
	long := a.s.EFER&x86.EFERLMA != 0
	switch kind := d.attributes().Type(); {
	case d.has(x86.AttrUser) || kind != available && (long || kind != available16):
		return bad(x86.GeneralProtection, fmt.Sprintf("is %s, no available TSS", d.attributes()))
	case !d.has(x86.AttrPresent):
		return bad(segmentNotThere, "is not present")
	}
	return nil
}
