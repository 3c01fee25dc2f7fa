//go:build tamago

#include "go_asm.h"
#include "textflag.h"

#define MSR_FS_BASE	0xc0000100

// start is where boot's entry code arrives in 64-bit mode: AX is the loader's
// magic number, BX the host-physical address of its information. It gives Go
// a stack and a g and calls early, then leaves for the first thread.
TEXT ·start(SB),NOSPLIT|NOFRAME,$0
	MOVQ	AX, R8
	MOVQ	BX, R9
	LEAQ	·bootArea+4095(SB), DI
	ANDQ	$~4095, DI
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
	MOVQ	R8, AX
	MOVQ	R9, BX
	MOVQ	DI, CX
	MOVQ	·earlyFunc(SB), DX
	MOVQ	(DX), R12
	CALL	R12
	JMP	thread·resume(SB)

// The first processor's own memory, one page more to align it in, and the g
// that serves until it is laid out.
GLOBL ·bootArea(SB), NOPTR, $((const_areaPages+1)*4096)
GLOBL ·bootG(SB), NOPTR, $512
