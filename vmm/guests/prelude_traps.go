package guests

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/guests/asm"
)

// Exceptions. APM vol. 2 §8.2.
const (
	DE  = 0  // divide error
	DB  = 1  // debug
	NMI = 2  // not maskable interrupt
	BP  = 3  // breakpoint
	OF  = 4  // overflow
	BR  = 5  // bound range
	UD  = 6  // invalid opcode
	NM  = 7  // device not available
	DF  = 8  // double fault
	TS  = 10 // invalid TSS
	NP  = 11 // segment not present
	SS  = 12 // stack
	GP  = 13 // general protection
	PF  = 14 // page fault
	MF  = 16 // x87
	AC  = 17 // alignment check
	XM  = 19 // SIMD
)

// hasErrorCode are the exceptions that push an error code.
var hasErrorCode = map[int]bool{DF: true, TS: true, NP: true, SS: true, GP: true, PF: true, AC: true}

// What the prelude's handler records of the last exception.
var (
	TrapVector = asm.Mem{Label: "trap.vector", Size: 4}
	TrapCode   = asm.Mem{Label: "trap.code", Size: 4}
	TrapCount  = asm.Mem{Label: "trap.count", Size: 4}
	// TrapAddress is the instruction pointer that was saved, and TrapCR2
	// is CR2: 4 bytes in 32-bit code.
	TrapAddress = asm.Mem{Label: "trap.address"}
	TrapCR2     = asm.Mem{Label: "trap.cr2"}
	// TrapResume is where the handler goes on if it is not 0, in place of
	// where the exception came from. It is 0 after that. 0 says that an
	// exception is a failure, which ends the guest.
	TrapResume = asm.Mem{Label: "trap.resume"}
)

// handlerKey is a vector in the IDT of 32- or 64-bit code.
type handlerKey struct{ bits, vector int }

// Handle makes the code at a label the handler of a vector in this mode's IDT,
// in place of the prelude's.
func (p *Prog) Handle(vector int, label string) {
	key := handlerKey{p.Mode(), vector}
	if old, ok := p.handlers[key]; ok && old != label {
		p.Errorf("vector %#x has a handler, %s", vector, old)
	}
	p.handlers[key] = label
}

// LoadIDT loads the IDT register with an IDT for 32- or 64-bit code whose
// handlers record the exception.
func (p *Prog) LoadIDT() {
	bits := p.Mode()
	if bits == 16 {
		p.Errorf("the prelude has no IDT for 16-bit code")
		return
	}
	idt := p.routine("idt", func() {
		for vector := range 256 {
			p.gate(vector)
		}
	})
	register := p.routine("idtr", func() {
		p.Word(uint16(256*bits/4 - 1))
		p.QwordRef(idt)
	})
	for _, m := range []asm.Mem{TrapVector, TrapCode, TrapCount, TrapAddress, TrapCR2, TrapResume} {
		p.Var(m.Label, 8)
	}
	p.Lidt(asm.Mem{Label: register})
}

// Gate is the gate of a vector in the IDT of 64-bit code. Its byte 4 is the
// number of its stack in the TSS, and bit 7 of byte 5 says that it is present.
func Gate(vector int) asm.Mem {
	return asm.Mem{Label: "idt.64", Disp: int64(vector) * 16}
}

// gate emits an interrupt gate of the IDT. APM vol. 2 §4.8.4.
func (p *Prog) gate(vector int) {
	const present, interrupt = 0x8000, 0x0e00
	label, ok := p.handlers[handlerKey{p.Mode(), vector}]
	if !ok {
		label = p.routine(fmt.Sprintf("vector%d", vector), func() { p.stub(vector) })
	}
	p.WordRef(label) // the code is below 64 KiB
	selector := uint16(Code32)
	if p.Mode() == 64 {
		selector = Code64
	}
	p.Word(selector, present|interrupt, 0)
	if p.Mode() == 64 {
		p.Dword(0, 0)
	}
}

// stub is where a gate leads: it makes all exceptions look alike on the stack.
func (p *Prog) stub(vector int) {
	if !hasErrorCode[vector] {
		p.Push(asm.Imm(0))
	}
	p.Push(asm.Imm(vector))
	p.Jmp(asm.Ref(p.routine("trap", p.trapRoutine)))
}

// trapRoutine records an exception and goes on at TrapResume.
func (p *Prog) trapRoutine() {
	ax, sp, word := p.reg(asm.RAX), p.reg(asm.RSP), p.Mode()/8
	at := func(n int) asm.Mem { return asm.Mem{Base: sp, Disp: int64(n * word)} }
	unexpected := p.Unique("unexpected")
	p.Push(ax)
	p.Mov(ax, at(1))
	p.Mov(TrapVector, asm.EAX)
	p.Mov(ax, at(2))
	p.Mov(TrapCode, asm.EAX)
	p.Mov(ax, at(3))
	p.Mov(TrapAddress, ax)
	p.Mov(ax, asm.CR2)
	p.Mov(TrapCR2, ax)
	p.Inc(TrapCount)
	p.Xor(ax, ax)
	p.Xchg(TrapResume, ax)
	p.Test(ax, ax)
	p.J(asm.Z, unexpected)
	p.Mov(at(3), ax)
	p.Pop(ax)
	p.Lea(sp, at(2))
	p.Iret()

	p.Label(unexpected)
	p.Print("FAIL " + p.guest.Name + " exception ")
	p.PrintHex(TrapVector)
	p.Print(" code ")
	p.PrintHex(TrapCode)
	p.Print(" at ")
	p.PrintHex(TrapAddress)
	p.Print(" cr2 ")
	p.PrintHex(TrapCR2)
	// An invalid opcode where there is a valid one: somebody has written to it,
	// or the exception is not the processor's.
	known := p.Unique("known")
	p.Cmp(TrapVector, asm.Imm(UD))
	p.J(asm.NE, known)
	p.Print(" where there is ")
	p.Mov(ax, TrapAddress)
	p.Mov(ax, asm.Mem{Base: ax})
	p.Mov(TrapAddress, ax)
	p.PrintHex(TrapAddress)
	p.Label(known)
	p.Print("\n")
	p.Exit(2)
}

// Fault checks that what emit emits raises an exception with an error code at
// its first instruction, and goes on behind it.
func (p *Prog) Fault(what string, vector, code int, emit func()) {
	p.Helper()
	at := p.Unique("fault")
	p.Trap(func() {
		p.Label(at)
		emit()
	})
	p.Quiet(what+": address", TrapAddress, asm.Ref(at))
	p.Quiet(what+": error code", TrapCode, asm.Imm(code))
	p.Check(what, TrapVector, asm.Imm(vector))
}

// Trap expects that what emit emits may raise an exception, and goes on behind
// it. TrapVector is then the exception, and all ones if there was none.
func (p *Prog) Trap(emit func()) {
	p.Helper()
	after := p.Unique("after")
	resume := TrapResume
	resume.Size = p.Mode() / 8
	p.Mov(TrapVector, asm.Imm(-1))
	p.Mov(resume, asm.Ref(after))
	emit()
	p.Label(after)
	p.Mov(resume, asm.Imm(0))
}
