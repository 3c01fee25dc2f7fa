#include "textflag.h"

// func ReadMSR(msr uint32) uint64
TEXT ·ReadMSR(SB),NOSPLIT,$0-16
	MOVL	msr+0(FP), CX
	RDMSR
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+8(FP)
	RET

// func WriteMSR(msr uint32, v uint64)
TEXT ·WriteMSR(SB),NOSPLIT,$0-16
	MOVL	msr+0(FP), CX
	MOVQ	v+8(FP), AX
	MOVQ	AX, DX
	SHRQ	$32, DX
	WRMSR
	RET

// func CPUID(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
TEXT ·CPUID(SB),NOSPLIT,$0-24
	MOVL	leaf+0(FP), AX
	MOVL	sub+4(FP), CX
	CPUID
	MOVL	AX, eax+8(FP)
	MOVL	BX, ebx+12(FP)
	MOVL	CX, ecx+16(FP)
	MOVL	DX, edx+20(FP)
	RET

// func RDTSC() uint64
TEXT ·RDTSC(SB),NOSPLIT,$0-8
	LFENCE
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+0(FP)
	RET

// func TSC() uint64
TEXT ·TSC(SB),NOSPLIT,$0-8
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+0(FP)
	RET

// func RDRAND() (v uint64, ok bool)
TEXT ·RDRAND(SB),NOSPLIT,$0-9
	RDRANDQ	AX
	SETCS	ok+8(FP)
	MOVQ	AX, v+0(FP)
	RET

// func ReadCR0() uint64
TEXT ·ReadCR0(SB),NOSPLIT,$0-8
	MOVQ	CR0, AX
	MOVQ	AX, ret+0(FP)
	RET

// func WriteCR0(v uint64)
TEXT ·WriteCR0(SB),NOSPLIT,$0-8
	MOVQ	v+0(FP), AX
	MOVQ	AX, CR0
	RET

// func ReadCR2() uint64
TEXT ·ReadCR2(SB),NOSPLIT,$0-8
	MOVQ	CR2, AX
	MOVQ	AX, ret+0(FP)
	RET

// func ReadCR3() uint64
TEXT ·ReadCR3(SB),NOSPLIT,$0-8
	MOVQ	CR3, AX
	MOVQ	AX, ret+0(FP)
	RET

// func WriteCR3(v uint64)
TEXT ·WriteCR3(SB),NOSPLIT,$0-8
	MOVQ	v+0(FP), AX
	MOVQ	AX, CR3
	RET

// func ReadCR4() uint64
TEXT ·ReadCR4(SB),NOSPLIT,$0-8
	MOVQ	CR4, AX
	MOVQ	AX, ret+0(FP)
	RET

// func WriteCR4(v uint64)
TEXT ·WriteCR4(SB),NOSPLIT,$0-8
	MOVQ	v+0(FP), AX
	MOVQ	AX, CR4
	RET

// func INVLPG(va uintptr)
TEXT ·INVLPG(SB),NOSPLIT,$0-8
	MOVQ	va+0(FP), AX
	INVLPG	(AX)
	RET

// The operand of LGDT and LIDT: 2 bytes of limit, 8 of address.

// func LoadGDT(base uintptr, size int)
TEXT ·LoadGDT(SB),NOSPLIT,$16-16
	MOVQ	size+8(FP), AX
	DECQ	AX
	MOVW	AX, 6(SP)
	MOVQ	base+0(FP), AX
	MOVQ	AX, 8(SP)
	LEAQ	6(SP), AX
	LGDT	(AX)
	RET

// func LoadIDT(base uintptr, size int)
TEXT ·LoadIDT(SB),NOSPLIT,$16-16
	MOVQ	size+8(FP), AX
	DECQ	AX
	MOVW	AX, 6(SP)
	MOVQ	base+0(FP), AX
	MOVQ	AX, 8(SP)
	LEAQ	6(SP), AX
	LIDT	(AX)
	RET

// func LoadTR(sel uint16)
TEXT ·LoadTR(SB),NOSPLIT,$0-2
	MOVW	sel+0(FP), AX
	LTR	AX
	RET

// func Pause()
TEXT ·Pause(SB),NOSPLIT,$0
	PAUSE
	RET

// func Halt()
TEXT ·Halt(SB),NOSPLIT,$0
	CLI
again:
	HLT
	JMP	again

// func DisableInterrupts() (was bool)
TEXT ·DisableInterrupts(SB),NOSPLIT,$0-1
	PUSHFQ
	POPQ	AX
	CLI
	BTQ	$9, AX
	SETCS	was+0(FP)
	RET

// func EnableInterrupts()
TEXT ·EnableInterrupts(SB),NOSPLIT,$0
	STI
	RET

// func ZeroPage(va uintptr)
TEXT ·ZeroPage(SB),NOSPLIT,$0-8
	MOVQ	va+0(FP), DI
	PXOR	X0, X0
	MOVL	$(4096/128), CX
zero:
	MOVOU	X0, 0(DI)
	MOVOU	X0, 16(DI)
	MOVOU	X0, 32(DI)
	MOVOU	X0, 48(DI)
	MOVOU	X0, 64(DI)
	MOVOU	X0, 80(DI)
	MOVOU	X0, 96(DI)
	MOVOU	X0, 112(DI)
	ADDQ	$128, DI
	DECL	CX
	JNE	zero
	RET

// func UndefinedInstruction()
TEXT ·UndefinedInstruction(SB),NOSPLIT,$0
	UNDEF
	RET

// func SoftwareInterrupt()
TEXT ·SoftwareInterrupt(SB),NOSPLIT,$0
	INT	$0xEE
	RET
