//go:build tamago

#include "textflag.h"

// func takeDR6() uint64
TEXT ·takeDR6(SB),NOSPLIT,$0-8
	BYTE $0x0f; BYTE $0x21; BYTE $0xf0	// MOVQ DR6, AX
	MOVQ	AX, ret+0(FP)
	MOVL	$0xffff0ff0, AX	// APM vol. 2 §13.1.1.3: the bits that read as 1
	BYTE $0x0f; BYTE $0x23; BYTE $0xf0	// MOVQ AX, DR6
	RET

// func loadDR(dr *[4]uint64, dr7 uint64)
TEXT ·loadDR(SB),NOSPLIT,$0-16
	MOVQ	dr+0(FP), CX
	MOVQ	0(CX), AX
	BYTE $0x0f; BYTE $0x23; BYTE $0xc0	// MOVQ AX, DR0
	MOVQ	8(CX), AX
	BYTE $0x0f; BYTE $0x23; BYTE $0xc8	// MOVQ AX, DR1
	MOVQ	16(CX), AX
	BYTE $0x0f; BYTE $0x23; BYTE $0xd0	// MOVQ AX, DR2
	MOVQ	24(CX), AX
	BYTE $0x0f; BYTE $0x23; BYTE $0xd8	// MOVQ AX, DR3
	MOVQ	dr7+8(FP), AX
	ORQ	$0x400, AX	// a bit that reads as 1
	BYTE $0x0f; BYTE $0x23; BYTE $0xf8	// MOVQ AX, DR7
	RET
