//go:build tamago

#include "go_asm.h"
#include "textflag.h"

#define VMXON_SP	BYTE $0xf3; BYTE $0x0f; BYTE $0xc7; BYTE $0x34; BYTE $0x24	// (SP) has the address

// func vmxon(pa uint64) bool
TEXT ·vmxon(SB),NOSPLIT,$0-9
	MOVQ	pa+0(FP), AX
	PUSHQ	AX
	VMXON_SP
	SETHI	BX	// neither CF nor ZF: SDM vol. 3 §30.2
	POPQ	AX
	MOVB	BX, ret+8(FP)
	RET

// func tables() (gdt, idt uint64)
TEXT ·tables(SB),NOSPLIT,$16-16
	BYTE $0x0f; BYTE $0x01; BYTE $0x04; BYTE $0x24	// SGDT (SP): 2 bytes of limit, 8 of base
	MOVQ	2(SP), AX
	MOVQ	AX, gdt+0(FP)
	BYTE $0x0f; BYTE $0x01; BYTE $0x0c; BYTE $0x24	// SIDT (SP)
	MOVQ	2(SP), AX
	MOVQ	AX, idt+8(FP)
	RET

// func setEngine(page uint64)
TEXT ·setEngine(SB),NOSPLIT,$0-8
	MOVQ	page+0(FP), AX
	MOVQ	AX, const_gsEngine(GS)
	RET
