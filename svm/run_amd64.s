//go:build tamago

#include "go_asm.h"
#include "textflag.h"

// The switch to a guest and back. APM vol. 2 §15.5.
//
// #VMEXIT restores the host's RIP, RSP, RAX, RFLAGS, control registers, CS, SS,
// DS, ES and descriptor tables. FS, GS, TR, LDTR and the MSRs of SYSCALL and
// SYSENTER take VMLOAD; general registers and SSE state are ours to move. The
// x87 and AVX state stays in the processor until another guest wants it: the
// host's Go code uses neither.

#define VMRUN	BYTE $0x0f; BYTE $0x01; BYTE $0xd8
#define VMLOAD	BYTE $0x0f; BYTE $0x01; BYTE $0xda
#define VMSAVE	BYTE $0x0f; BYTE $0x01; BYTE $0xdb
#define STGI	BYTE $0x0f; BYTE $0x01; BYTE $0xdc
#define CLGI	BYTE $0x0f; BYTE $0x01; BYTE $0xdd
#define AX_TO_DR1	BYTE $0x0f; BYTE $0x23; BYTE $0xc8	// the assembler has no DR1
#define DR1_TO_AX	BYTE $0x0f; BYTE $0x21; BYTE $0xc8
#define XGETBV	BYTE $0x0f; BYTE $0x01; BYTE $0xd0
#define XSETBV	BYTE $0x0f; BYTE $0x01; BYTE $0xd1
#define XSAVE_R9	BYTE $0x49; BYTE $0x0f; BYTE $0xae; BYTE $0x21	// XSAVE64 [R9]
#define XRSTOR_R8	BYTE $0x49; BYTE $0x0f; BYTE $0xae; BYTE $0x28	// XRSTOR64 [R8]

#define RAX	(context_state+0)
#define RCX	(context_state+8)
#define RDX	(context_state+16)
#define RBX	(context_state+24)
#define RSP	(context_state+32)
#define RBP	(context_state+40)
#define RSI	(context_state+48)
#define RDI	(context_state+56)
#define REG(n)	(context_state+8*n)
#define XMM(n)	(context_xmm+16*n)

// The host's MXCSR: all exceptions masked, round to nearest.
DATA hostMXCSR<>+0(SB)/4, $0x1f80
GLOBL hostMXCSR<>(SB), RODATA|NOPTR, $4

#define MSR_SPEC_CTRL	0x48
#define MSR_PRED_CMD	0x49
#define MSR_TSC_AUX	0xc0000103
#define IBPB	1		// a bit of PRED_CMD
#define MC	18		// vector of #MC

// func run(c *context)
TEXT ·run(SB),NOSPLIT|NOFRAME,$0-8
	MOVQ	c+0(FP), DI
	PUSHQ	BP
	RDTSC
	MOVL	AX, context_entered(DI)
	MOVL	DX, (context_entered+4)(DI)
	MOVQ	context_vmcb(DI), AX
	MOVQ	RAX(DI), BX
	MOVQ	BX, VMCB_RAX(AX)
	MOVQ	RSP(DI), BX
	MOVQ	BX, VMCB_RSP(AX)

	// No interrupt, not even an NMI, from here to STGI. The processor's
	// own page for VMLOAD was filled when the engine was enabled; FS base
	// is the thread's, which may be another one each time.
	CLGI
	MOVQ	context_bell(DI), R8
	CMPQ	(R8), $0
	JEQ	enter
	// The bell rings: back, as if an interrupt had come before the guest's
	// first instruction. What has been prepared for this entry alone, a
	// flush say, is not given up for it.
	CMPL	VMCB_TLBControl(AX), $0
	JNE	enter
	CMPL	context_extra(DI), $0
	JNE	enter
	STGI
	MOVQ	$0x60, VMCB_ExitCode(AX)	// ExitINTR
	MOVQ	VMCB_EventInj(AX), BX
	MOVQ	BX, VMCB_ExitIntInfo(AX)
	MOVQ	context_entered(DI), BX
	MOVQ	BX, context_left(DI)
	JMP	out
enter:
	MOVQ	context_fpu(DI), R8
	CMPQ	R8, const_gsFPUOwner(GS)
	JEQ	owned
	CALL	·switchFPU<>(SB)
owned:
	CMPL	context_extra(DI), $0
	JEQ	plain
	CALL	·loadExtra<>(SB)
plain:
	LDMXCSR	context_mxcsr(DI)
	MOVUPS	XMM(0)(DI), X0
	MOVUPS	XMM(1)(DI), X1
	MOVUPS	XMM(2)(DI), X2
	MOVUPS	XMM(3)(DI), X3
	MOVUPS	XMM(4)(DI), X4
	MOVUPS	XMM(5)(DI), X5
	MOVUPS	XMM(6)(DI), X6
	MOVUPS	XMM(7)(DI), X7
	MOVUPS	XMM(8)(DI), X8
	MOVUPS	XMM(9)(DI), X9
	MOVUPS	XMM(10)(DI), X10
	MOVUPS	XMM(11)(DI), X11
	MOVUPS	XMM(12)(DI), X12
	MOVUPS	XMM(13)(DI), X13
	MOVUPS	XMM(14)(DI), X14
	MOVUPS	XMM(15)(DI), X15
	MOVQ	context_vmcb(DI), AX
	MOVQ	const_gsEngine(GS), BX
	MOVQ	const_gsFSBase(GS), CX
	MOVQ	CX, (VMCB_FS+Segment_Base)(BX)
	MOVQ	BX, context_host(DI)
	VMLOAD
	MOVQ	RCX(DI), CX
	MOVQ	RDX(DI), DX
	MOVQ	RBX(DI), BX
	MOVQ	RBP(DI), BP
	MOVQ	RSI(DI), SI
	MOVQ	REG(8)(DI), R8
	MOVQ	REG(9)(DI), R9
	MOVQ	REG(10)(DI), R10
	MOVQ	REG(11)(DI), R11
	MOVQ	REG(12)(DI), R12
	MOVQ	REG(13)(DI), R13
	MOVQ	REG(14)(DI), R14
	MOVQ	REG(15)(DI), R15
	MOVQ	RDI(DI), DI
	VMRUN
	VMSAVE
	// RAX and RSP are the host's again, and lead to the context; the other
	// registers are the guest's.
	MOVQ	c+0(FP), AX
	MOVQ	CX, RCX(AX)
	MOVQ	DX, RDX(AX)
	MOVQ	BX, RBX(AX)
	MOVQ	BP, RBP(AX)
	MOVQ	SI, RSI(AX)
	MOVQ	DI, RDI(AX)
	MOVQ	R8, REG(8)(AX)
	MOVQ	R9, REG(9)(AX)
	MOVQ	R10, REG(10)(AX)
	MOVQ	R11, REG(11)(AX)
	MOVQ	R12, REG(12)(AX)
	MOVQ	R13, REG(13)(AX)
	MOVQ	R14, REG(14)(AX)
	MOVQ	R15, REG(15)(AX)
	MOVQ	AX, DI
	MOVQ	context_vmcb(DI), BX
	MOVQ	VMCB_RAX(BX), CX
	MOVQ	CX, RAX(DI)
	MOVQ	VMCB_RSP(BX), CX
	MOVQ	CX, RSP(DI)
	CMPL	context_extra(DI), $0
	JEQ	done
	CALL	·saveExtra<>(SB)
done:
	STMXCSR	context_mxcsr(DI)
	LDMXCSR	hostMXCSR<>(SB)
	MOVQ	context_host(DI), AX	// GS is still the guest's
	VMLOAD
	STGI
	RDTSC
	MOVL	AX, context_left(DI)
	MOVL	DX, (context_left+4)(DI)

	// An interrupt that ended the guest's run is taken here. It keeps the
	// SSE registers, which still hold the guest's.
	MOVUPS	X0, XMM(0)(DI)
	MOVUPS	X1, XMM(1)(DI)
	MOVUPS	X2, XMM(2)(DI)
	MOVUPS	X3, XMM(3)(DI)
	MOVUPS	X4, XMM(4)(DI)
	MOVUPS	X5, XMM(5)(DI)
	MOVUPS	X6, XMM(6)(DI)
	MOVUPS	X7, XMM(7)(DI)
	MOVUPS	X8, XMM(8)(DI)
	MOVUPS	X9, XMM(9)(DI)
	MOVUPS	X10, XMM(10)(DI)
	MOVUPS	X11, XMM(11)(DI)
	MOVUPS	X12, XMM(12)(DI)
	MOVUPS	X13, XMM(13)(DI)
	MOVUPS	X14, XMM(14)(DI)
	MOVUPS	X15, XMM(15)(DI)
out:
	POPQ	BP
	RET

// loadExtra moves what few guests need, as context.extra says, from the context
// in DI to the processor. DR7 has all breakpoints off until VMRUN.
TEXT ·loadExtra<>(SB),NOSPLIT|NOFRAME,$0
	TESTL	$const_extraLoadDR, context_extra(DI)
	JEQ	spec
	MOVQ	(context_dr+0)(DI), AX
	MOVQ	AX, DR0
	MOVQ	(context_dr+8)(DI), AX
	AX_TO_DR1
	MOVQ	(context_dr+16)(DI), AX
	MOVQ	AX, DR2
	MOVQ	(context_dr+24)(DI), AX
	MOVQ	AX, DR3
	TESTL	$const_extraArm, context_extra(DI)
	JEQ	spec
	MOVQ	context_vmcb(DI), AX
	MOVQ	VMCB_DR7(AX), AX
	MOVQ	AX, DR7
spec:
	TESTL	$const_extraSpecCtrl, context_extra(DI)
	JEQ	page
	MOVL	$MSR_SPEC_CTRL, CX
	MOVL	context_specCtrl(DI), AX
	XORL	DX, DX
	WRMSR
page:
	TESTL	$const_extraCR2, context_extra(DI)
	JEQ	out
	ANDL	$~const_extraCR2, context_extra(DI)
	MOVQ	context_vmcb(DI), AX
	MOVQ	VMCB_CR2(AX), AX
	MOVQ	AX, CR2
out:
	RET

// saveExtra moves it back. The host's SPEC_CTRL is 0.
TEXT ·saveExtra<>(SB),NOSPLIT|NOFRAME,$0
	TESTL	$const_extraSpecCtrl, context_extra(DI)
	JEQ	debug
	MOVL	$MSR_SPEC_CTRL, CX
	XORL	AX, AX
	XORL	DX, DX
	WRMSR
debug:
	TESTL	$const_extraArm, context_extra(DI)
	JEQ	addresses
	MOVQ	context_vmcb(DI), AX
	MOVQ	VMCB_DR7(AX), AX
	ANDQ	$~const_dr7On, AX	// for QEMU, which forgets by kind: dr7None
	MOVQ	AX, DR7
	MOVQ	$const_dr7None, AX
	MOVQ	AX, DR7
addresses:
	TESTL	$const_extraSaveDR, context_extra(DI)
	JEQ	out
	MOVQ	DR0, AX
	MOVQ	AX, (context_dr+0)(DI)
	DR1_TO_AX
	MOVQ	AX, (context_dr+8)(DI)
	MOVQ	DR2, AX
	MOVQ	AX, (context_dr+16)(DI)
	MOVQ	DR3, AX
	MOVQ	AX, (context_dr+24)(DI)
out:
	RET

#define FNCLEX	BYTE $0xdb; BYTE $0xe2
#define EMMS	BYTE $0x0f; BYTE $0x77
#define FILD_R8	BYTE $0x41; BYTE $0xdb; BYTE $0x00	// FILD dword [R8]

// switchFPU makes the x87 and AVX state that of the guest whose area is in R8 and
// whose context is in DI. The SSE state is not in either area. A processor
// without XSAVE has no AVX, and FXSAVE for the rest. Another guest has run here,
// so its branches must not steer this one's.
TEXT ·switchFPU<>(SB),NOSPLIT|NOFRAME,$0
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
	// Older processors restore the address of the last x87 instruction only
	// with an exception that is pending: an instruction of the host's takes
	// the place of the other guest's. APM vol. 2 §11.4.4.
	FNCLEX
	EMMS
	FILD_R8
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

// putAway stores the x87 and AVX state, and XCR0, in the area in R9. All of the
// state moves, what the guest has off in XCR0 too: else the next guest would
// find it, PKRU for one.
TEXT ·putAway<>(SB),NOSPLIT|NOFRAME,$0
	CMPQ	const_areaXCR0(R9), $0
	JEQ	legacy
	XORL	CX, CX
	XGETBV
	MOVL	AX, const_areaXCR0(R9)
	MOVL	DX, (const_areaXCR0+4)(R9)
	CALL	·allXCR0<>(SB)
	MOVL	$~2, AX		// all but SSE
	MOVL	$~0, DX
	XSAVE_R9
	RET
legacy:
	FXSAVE64	(R9)
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

// func vmsave(pa uint64)
TEXT ·vmsave(SB),NOSPLIT,$0-8
	MOVQ	pa+0(FP), AX
	VMSAVE
	RET

// func flushedFor() *uint64
TEXT ·flushedFor(SB),NOSPLIT,$0-8
	MOVQ	const_gsSelf(GS), AX
	ADDQ	$const_gsGeneration, AX
	MOVQ	AX, ret+0(FP)
	RET

// func setEngine(page uint64)
TEXT ·setEngine(SB),NOSPLIT,$0-8
	MOVQ	page+0(FP), AX
	MOVQ	AX, const_gsEngine(GS)
	RET

// func machineCheck()
TEXT ·machineCheck(SB),NOSPLIT,$0-0
	INT	$MC
	RET
