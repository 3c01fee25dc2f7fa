//go:build tamago

#include "go_asm.h"
#include "textflag.h"
#include "fields_amd64.h"

// The switch to a guest and back. SDM vol. 3 ch. 26 and 27.
//
// An exit loads the host's control registers, segments with their bases,
// descriptor tables, RSP and RIP from the VMCS, and the MSRs of SYSCALL from a
// list; general registers and SSE state are ours to move. The x87 and AVX state
// stays in the processor until another guest wants it: see fpu_amd64.s.

#define VMLAUNCH	BYTE $0x0f; BYTE $0x01; BYTE $0xc2
#define VMRESUME	BYTE $0x0f; BYTE $0x01; BYTE $0xc3
#define INVEPT(off)	BYTE $0x66; BYTE $0x0f; BYTE $0x38; BYTE $0x80; BYTE $0x87; LONG $off	// type in AX, off(DI)
#define INVVPID(off)	BYTE $0x66; BYTE $0x0f; BYTE $0x38; BYTE $0x81; BYTE $0x87; LONG $off
#define AX_TO_DR1	BYTE $0x0f; BYTE $0x23; BYTE $0xc8	// the assembler has no DR1
#define DR1_TO_AX	BYTE $0x0f; BYTE $0x21; BYTE $0xc8

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
#define NMI	2		// vectors
#define MC	18

// func run(c *context)
TEXT ·run(SB),NOSPLIT|NOFRAME,$0-8
	MOVQ	c+0(FP), DI
	PUSHQ	BP
	RDTSC
	MOVL	AX, context_entered(DI)
	MOVL	DX, (context_entered+4)(DI)

	// No interrupt from here to STI. Who rings the bell from now on comes
	// with one that ends the guest's run. FS base is the thread's, which may
	// be another one each time.
	CLI
	MOVQ	$const_resultBell, context_result(DI)
	MOVQ	context_bell(DI), R8
	CMPQ	(R8), $0
	JNE	ringing
	MOVQ	const_gsEngine(GS), R8
	MOVQ	context_vmcs(DI), AX
	CMPQ	AX, processor_current(R8)
	JEQ	current
	CALL	·makeCurrent(SB)
current:
	MOVQ	const_gsFSBase(GS), BX
	CMPQ	BX, context_hostFS(DI)
	JEQ	sameFS
	MOVQ	BX, context_hostFS(DI)
	WRITE(const_fieldHostFSBase, context_hostFS)
sameFS:
	MOVQ	context_fpu(DI), R8
	CMPQ	R8, const_gsFPUOwner(GS)
	JEQ	owned
	CALL	·switchFPU(SB)
owned:
	CMPQ	context_extra(DI), $0
	JEQ	plain
	CALL	·loadExtra<>(SB)
plain:
	CMPQ	context_dirty(DI), $0
	JEQ	clean
	CALL	·writeDirty(SB)
clean:
	CMPQ	context_event(DI), $0
	JEQ	quiet
	WRITE(const_fieldEntryInterrupt, context_event)
	WRITE(const_fieldEntryErrorCode, context_eventCode)
	WRITE(const_fieldEntryLength, context_eventLength)
quiet:
	WRITE(const_fieldRIP, context_rip)
	WRITE(const_fieldRSP, RSP)
	WRITE(const_fieldRFLAGS, context_flags)
	WRITE(const_fieldShadow, context_shadow)
	MOVQ	context_cr2(DI), BX
	MOVQ	CR2, AX
	CMPQ	AX, BX
	JEQ	sameCR2
	MOVQ	BX, CR2
sameCR2:
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
	MOVQ	$const_resultRefused, context_result(DI)
	CALL	·enter<>(SB)
	// The host's registers are the exit's or unknown, but DI is the context.
	MOVQ	CR2, AX
	MOVQ	AX, context_cr2(DI)
	READ(const_fieldReason, context_reason)
	READ(const_fieldQualification, context_qualification)
	READ(const_fieldLength, context_length)
	READ(const_fieldVectoringInfo, context_vectoring)
	CMPL	context_reason(DI), $const_ReasonEPT
	JCS	noAddress	// some of those from here on have one
	READ(const_fieldGPA, context_gpa)
noAddress:
	READ(const_fieldRIP, context_rip)
	READ(const_fieldRSP, RSP)
	READ(const_fieldRFLAGS, context_flags)
	READ(const_fieldShadow, context_shadow)
	CMPQ	context_extra(DI), $0
	JEQ	done
	CALL	·saveExtra<>(SB)
done:
	STMXCSR	context_mxcsr(DI)
	LDMXCSR	hostMXCSR<>(SB)
	STI
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
ringing:
	STI
	JMP	out

// enter is the entry. The exit comes back in ·exited, with RSP as it is here
// and nothing else but the guest's registers, so the context is on the stack.
TEXT ·enter<>(SB),NOSPLIT|NOFRAME,$0
	PUSHQ	BP
	PUSHQ	DI
	CMPQ	SP, context_hostRSP(DI)
	JEQ	sameRSP
	MOVQ	SP, context_hostRSP(DI)
	WRITE(const_fieldHostRSP, context_hostRSP)
sameRSP:
	CMPQ	context_launched(DI), $0
	MOVQ	RAX(DI), AX
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
	JNE	resume
	VMLAUNCH
	JMP	failed
resume:
	VMRESUME
failed:
	// Only an instruction that the processor refuses comes here.
	POPQ	DI
	POPQ	BP
	RET

// exited is where an exit arrives. It returns for enter.
TEXT ·exited<>(SB),NOSPLIT|NOFRAME,$0
	PUSHQ	AX
	MOVQ	8(SP), AX
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
	POPQ	AX
	MOVQ	AX, RAX(DI)
	MOVQ	$1, context_launched(DI)
	MOVQ	$const_resultExit, context_result(DI)
	MOVQ	8(SP), BP
	ADDQ	$16, SP
	RET

// loadExtra moves what few guests need, as context.extra says, from the context
// in DI to the processor. DR7 has all breakpoints off until the entry.
TEXT ·loadExtra<>(SB),NOSPLIT|NOFRAME,$0
	TESTQ	$const_extraFlush, context_extra(DI)
	JEQ	debug
	ANDQ	$~const_extraFlush, context_extra(DI)
	MOVQ	context_invept(DI), AX
	INVEPT(context_eptDescriptor)
	MOVQ	context_invvpid(DI), AX
	TESTQ	AX, AX
	JEQ	debug
	INVVPID(context_vpidDescriptor)
debug:
	TESTQ	$const_extraLoadDR, context_extra(DI)
	JEQ	spec
	MOVQ	(context_dr+0)(DI), AX
	MOVQ	AX, DR0
	MOVQ	(context_dr+8)(DI), AX
	AX_TO_DR1
	MOVQ	(context_dr+16)(DI), AX
	MOVQ	AX, DR2
	MOVQ	(context_dr+24)(DI), AX
	MOVQ	AX, DR3
	MOVQ	context_dr6(DI), AX
	MOVQ	AX, DR6
spec:
	TESTQ	$const_extraSpecCtrl, context_extra(DI)
	JEQ	out
	MOVL	$MSR_SPEC_CTRL, CX
	MOVL	context_specCtrl(DI), AX
	XORL	DX, DX
	WRMSR
out:
	RET

// saveExtra moves it back. The host's SPEC_CTRL is 0.
TEXT ·saveExtra<>(SB),NOSPLIT|NOFRAME,$0
	TESTQ	$const_extraSpecCtrl, context_extra(DI)
	JEQ	debug
	MOVL	$MSR_SPEC_CTRL, CX
	XORL	AX, AX
	XORL	DX, DX
	WRMSR
debug:
	TESTQ	$const_extraSaveDR, context_extra(DI)
	JEQ	out
	MOVQ	DR0, AX
	MOVQ	AX, (context_dr+0)(DI)
	DR1_TO_AX
	MOVQ	AX, (context_dr+8)(DI)
	MOVQ	DR2, AX
	MOVQ	AX, (context_dr+16)(DI)
	MOVQ	DR3, AX
	MOVQ	AX, (context_dr+24)(DI)
	MOVQ	DR6, AX
	MOVQ	AX, context_dr6(DI)
out:
	RET

// func exitAddress() uint64
TEXT ·exitAddress(SB),NOSPLIT,$0-8
	LEAQ	·exited<>(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

// func hostNMI()
TEXT ·hostNMI(SB),NOSPLIT,$0-0
	INT	$NMI
	RET

// func machineCheck()
TEXT ·machineCheck(SB),NOSPLIT,$0-0
	INT	$MC
	RET
