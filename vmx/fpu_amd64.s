//go:build tamago

#include "go_asm.h"
#include "textflag.h"

// The x87 and AVX state, which stays in the processor until another guest wants
// it: the host's Go code uses neither. SDM vol. 1 ch. 13.

#define XSETBV	BYTE $0x0f; BYTE $0x01; BYTE $0xd1
#define XSAVE_R9	BYTE $0x49; BYTE $0x0f; BYTE $0xae; BYTE $0x21	// XSAVE64 [R9]
#define XRSTOR_R8	BYTE $0x49; BYTE $0x0f; BYTE $0xae; BYTE $0x28	// XRSTOR64 [R8]

#define MSR_PRED_CMD	0x49
#define MSR_KERNEL_GS	0xc0000102
#define MSR_TSC_AUX	0xc0000103
#define IBPB	1		// a bit of PRED_CMD

// switchFPU makes the x87 and AVX state, and the registers that go with it, those
// of the guest whose area is in R8 and whose context is in DI. The SSE state is
// not in either area. Another guest has run here, so its branches must not steer
// this one's.
TEXT ·switchFPU(SB),NOSPLIT|NOFRAME,$0
	CMPL	context_barrier(DI), $0
	JEQ	registers
	MOVL	$MSR_PRED_CMD, CX
	MOVL	$IBPB, AX
	XORL	DX, DX
	WRMSR
registers:
	CMPL	context_hasAux(DI), $0
	JEQ	area
	MOVL	$MSR_TSC_AUX, CX
	MOVL	context_tscAux(DI), AX
	XORL	DX, DX
	WRMSR
area:
	MOVQ	const_gsFPUOwner(GS), R9
	MOVQ	R8, const_gsFPUOwner(GS)
	TESTQ	R9, R9
	JEQ	nobody
	CALL	·putAway<>(SB)
nobody:
	MOVL	$MSR_KERNEL_GS, CX
	MOVL	const_areaKernelGS(R8), AX
	MOVL	(const_areaKernelGS+4)(R8), DX
	WRMSR
	CMPQ	const_areaXCR0(R8), $0
	JEQ	legacy
	MOVQ	R8, R9
	CALL	·allXCR0<>(SB)
	MOVL	$~2, AX
	MOVL	$~0, DX
	XRSTOR_R8
	XORL	CX, CX
	MOVL	const_areaXCR0(R8), AX
	MOVL	(const_areaXCR0+4)(R8), DX
	XSETBV
	RET
legacy:
	FXRSTOR64	(R8)
	RET

// putAway stores what the processor has for a guest in the area in R9. All of
// the state moves, what the guest has off in XCR0 too: else the next guest would
// find it, PKRU for one.
TEXT ·putAway<>(SB),NOSPLIT|NOFRAME,$0
	CMPQ	const_areaXCR0(R9), $0
	JEQ	legacy
	CALL	·allXCR0<>(SB)
	MOVL	$~2, AX		// all but SSE
	MOVL	$~0, DX
	XSAVE_R9
	JMP	gs
legacy:
	FXSAVE64	(R9)
gs:
	MOVL	$MSR_KERNEL_GS, CX
	RDMSR
	MOVL	AX, const_areaKernelGS(R9)
	MOVL	DX, (const_areaKernelGS+4)(R9)
	RET

// allXCR0 turns all parts of the state on that the area in R9 has room for.
TEXT ·allXCR0<>(SB),NOSPLIT|NOFRAME,$0
	XORL	CX, CX
	MOVL	const_areaAllXCR0(R9), AX
	MOVL	(const_areaAllXCR0+4)(R9), DX
	XSETBV
	RET

// func saveFPU(area uint64)
TEXT ·saveFPU(SB),NOSPLIT,$0-8
	MOVQ	area+0(FP), R9
	CMPQ	R9, const_gsFPUOwner(GS)
	JNE	other
	MOVQ	$0, const_gsFPUOwner(GS)
	CALL	·putAway<>(SB)
other:
	RET
