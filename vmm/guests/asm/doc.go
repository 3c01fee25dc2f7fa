// Package asm is a small assembler for the micro-guests of package guests. A
// program is Go code that calls a method for each instruction:
//
//	a := asm.New(0x8000, 16)
//	a.Mov(asm.CX, asm.Imm(5))
//	a.Label("again")
//	a.Out(asm.Imm(0xe9), asm.AL)
//	a.Loop("again")
//	a.Hlt()
//	code, err := a.Assemble()
//
// Methods are named after the mnemonics of the manuals (AMD APM vol. 3, Intel
// SDM vol. 2), and operands stand in Intel's order, destination first. An
// operand is a Reg, an Imm, a Mem, or a Ref, which is the address of a label.
// Labels may be used before they are defined.
//
// Instructions are encoded for 16-, 32- or 64-bit code segments, and Bits
// changes that within a program. Where there are several encodings, the choice
// is that of the GNU assembler, save that a jump to a label further down is
// always a near one.
//
// Mistakes do not stop the program that makes them. Assemble returns them all,
// each with the file and line of the call.
package asm
