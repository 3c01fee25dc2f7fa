//go:build tamago

#include "go_asm.h"
#include "textflag.h"

#define MSR_FS_BASE	0xc0000100
#define WRFSBASE_AX	BYTE $0xf3; BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0xd0

// func setFSBase(p *processor, base uint64)
TEXT ·setFSBase(SB),NOSPLIT,$0-16
	MOVQ	p+0(FP), BX
	MOVQ	base+8(FP), AX
	MOVQ	AX, processor_fsbase(BX)
	CMPQ	processor_fsgsbase(BX), $0
	JEQ	slow
	WRFSBASE_AX
	RET
slow:
	MOVQ	AX, DX
	SHRQ	$32, DX
	MOVL	$MSR_FS_BASE, CX
	WRMSR
	RET

// func this() *processor
TEXT ·this(SB),NOSPLIT,$0-8
	MOVQ	processor_self(GS), AX
	MOVQ	AX, ret+0(FP)
	RET
