//go:build tamago && linux

#include "go_asm.h"
#include "textflag.h"

#define MSR_FS_BASE	0xc0000100

// startNext is where boot's trampoline arrives in 64-bit mode, on the first
// page tables and without a stack. The memory that waits is for one processor;
// if another one took it, there is nothing to do.
TEXT ·startNext(SB),NOSPLIT|NOFRAME,$0
	MOVL	$0x10, AX
	MOVW	AX, DS
	MOVW	AX, ES
	MOVW	AX, SS
	XORL	AX, AX
	MOVW	AX, FS
	MOVW	AX, GS
	LLDT	AX
	XCHGQ	AX, ·nextArea(SB)
	TESTQ	AX, AX
	JEQ	late
	MOVQ	AX, DI
	MOVQ	·nextRoot(SB), AX
	MOVQ	AX, CR3
	LEAQ	(const_kernelStack*4096-64)(DI), SP
	LEAQ	·bootG+8(SB), R14
	MOVQ	R14, -8(R14)
	MOVQ	R14, AX
	MOVQ	AX, DX
	SHRQ	$32, DX
	MOVL	$MSR_FS_BASE, CX
	WRMSR
	PUSHQ	$0
	POPQ	BP		// the back trace ends here
	PXOR	X15, X15
	MOVQ	DI, AX
	MOVQ	·startedFunc(SB), DX
	MOVQ	(DX), R12
	CALL	R12
	JMP	thread·resume(SB)
late:
	CLI
	HLT
	JMP	late

// func startAddresses() (entry, root uint64)
TEXT ·startAddresses(SB),NOSPLIT,$0-16
	LEAQ	·startNext(SB), AX
	MOVQ	AX, entry+0(FP)
	LEAQ	boot·tables+4095(SB), AX
	ANDQ	$~4095, AX
	MOVQ	AX, root+8(FP)
	RET
