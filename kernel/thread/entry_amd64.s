//go:build tamago

#include "go_asm.h"
#include "textflag.h"

// How the layer is entered and left. Every entry stores the processor's state
// in the current thread, moves to the processor's own stack and g, and calls
// Go. Every exit loads whatever thread is current by then. So a switch of
// threads is nothing but a change of processor.current in between, and a
// thread may stop at any instruction.
//
// All code here runs with interrupts off: SYSCALL clears RFLAGS.IF through MSR
// SFMASK, the gates are interrupt gates.

#define MSR_FS_BASE	0xc0000100

#define WRFSBASE_AX	BYTE $0xf3; BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0xd0

// SAVE stores the general registers but RSP in the current thread and leaves
// its address in DX.
#define SAVE \
	MOVQ	DX, processor_scratch(GS) \
	MOVQ	processor_current(GS), DX \
	MOVQ	AX, thread_rax(DX) \
	MOVQ	BX, thread_rbx(DX) \
	MOVQ	CX, thread_rcx(DX) \
	MOVQ	SI, thread_rsi(DX) \
	MOVQ	DI, thread_rdi(DX) \
	MOVQ	BP, thread_rbp(DX) \
	MOVQ	R8, thread_r8(DX) \
	MOVQ	R9, thread_r9(DX) \
	MOVQ	R10, thread_r10(DX) \
	MOVQ	R11, thread_r11(DX) \
	MOVQ	R12, thread_r12(DX) \
	MOVQ	R13, thread_r13(DX) \
	MOVQ	R14, thread_r14(DX) \
	MOVQ	R15, thread_r15(DX) \
	MOVQ	processor_scratch(GS), AX \
	MOVQ	AX, thread_rdx(DX)

// TO_GO gives Go what it needs: the processor's stack with room for spilled
// arguments, its g in R14 and in thread-local storage, no frame to walk past
// and X15 zero (Go's internal ABI). The thread's own slot for g is not for the
// layer: a thread that is about to exit has none any more. It costs AX, CX, DX.
#define TO_GO \
	MOVQ	processor_stackTop(GS), SP \
	SUBQ	$64, SP \
	MOVQ	processor_tls(GS), AX \
	MOVQ	AX, processor_fsbase(GS) \
	CMPQ	processor_fsgsbase(GS), $0 \
	JNE	fast \
	CALL	·writeFS<>(SB) \
	JMP	own \
fast: \
	WRFSBASE_AX \
own: \
	MOVQ	processor_g(GS), R14 \
	XORL	BP, BP \
	PXOR	X15, X15 \
	MOVQ	processor_self(GS), AX

// writeFS loads FS base from AX on a processor without WRFSBASE.
TEXT ·writeFS<>(SB),NOSPLIT|NOFRAME,$0
	MOVQ	AX, DX
	SHRQ	$32, DX
	MOVL	$MSR_FS_BASE, CX
	WRMSR
	RET

// CALL_GO calls a func value; its arguments are in AX, BX, CX.
#define CALL_GO(f) \
	MOVQ	f(SB), DX \
	MOVQ	(DX), R12 \
	CALL	R12

// syscallEntry is where SYSCALL arrives: CX is the caller's RIP, R11 its
// RFLAGS, and the stack still the caller's (AMD APM vol. 2 §6.1.1).
TEXT ·syscallEntry(SB),NOSPLIT|NOFRAME,$0
	SAVE
	MOVQ	CX, thread_rip(DX)
	MOVQ	R11, thread_rflags(DX)
	MOVQ	SP, thread_rsp(DX)
	MOVQ	$0, thread_full(DX)
	TO_GO
	CALL_GO(·systemCallFunc)
	JMP	thread·resume(SB)

// A vector's gate points at its CALL, 5 bytes long, so the address that the
// CALL pushes tells the vector. The stack is then: that address, the error
// code if the exception has one, and RIP, CS, RFLAGS, RSP, SS.

#define CALL4(f)	CALL f(SB); CALL f(SB); CALL f(SB); CALL f(SB)
#define CALL16(f)	CALL4(f); CALL4(f); CALL4(f); CALL4(f)

TEXT ·exceptionGates(SB),NOSPLIT|NOFRAME,$0
	CALL16(·exception)
	CALL16(·exception)

TEXT ·interruptGates(SB),NOSPLIT|NOFRAME,$0
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)
	CALL16(·interrupt)

TEXT ·abortGates(SB),NOSPLIT|NOFRAME,$0
	CALL16(·abort)
	CALL16(·abort)

// SSE moves the SSE registers and MXCSR between the processor and a thread, in
// the places that they have in FXSAVE's format (APM vol. 2 §11.4.4). The x87
// and AVX state is not the layer's: Go uses neither, and between two entries
// of a guest it is the guest's.
#define MXCSR(t)	(thread_fx+24)(t)
#define XMM(n, t)	(thread_fx+160+16*n)(t)

#define SAVE_SSE(t) \
	STMXCSR	MXCSR(t) \
	MOVUPS	X0, XMM(0, t) \
	MOVUPS	X1, XMM(1, t) \
	MOVUPS	X2, XMM(2, t) \
	MOVUPS	X3, XMM(3, t) \
	MOVUPS	X4, XMM(4, t) \
	MOVUPS	X5, XMM(5, t) \
	MOVUPS	X6, XMM(6, t) \
	MOVUPS	X7, XMM(7, t) \
	MOVUPS	X8, XMM(8, t) \
	MOVUPS	X9, XMM(9, t) \
	MOVUPS	X10, XMM(10, t) \
	MOVUPS	X11, XMM(11, t) \
	MOVUPS	X12, XMM(12, t) \
	MOVUPS	X13, XMM(13, t) \
	MOVUPS	X14, XMM(14, t) \
	MOVUPS	X15, XMM(15, t)

#define LOAD_SSE(t) \
	LDMXCSR	MXCSR(t) \
	MOVUPS	XMM(0, t), X0 \
	MOVUPS	XMM(1, t), X1 \
	MOVUPS	XMM(2, t), X2 \
	MOVUPS	XMM(3, t), X3 \
	MOVUPS	XMM(4, t), X4 \
	MOVUPS	XMM(5, t), X5 \
	MOVUPS	XMM(6, t), X6 \
	MOVUPS	XMM(7, t), X7 \
	MOVUPS	XMM(8, t), X8 \
	MOVUPS	XMM(9, t), X9 \
	MOVUPS	XMM(10, t), X10 \
	MOVUPS	XMM(11, t), X11 \
	MOVUPS	XMM(12, t), X12 \
	MOVUPS	XMM(13, t), X13 \
	MOVUPS	XMM(14, t), X14 \
	MOVUPS	XMM(15, t), X15

// SAVE_FRAME stores what the processor pushed, with the frame at offset off of
// the stack, and the SSE state, which an interrupt must not touch. A guest's
// MXCSR may be loaded; the layer wants its own.
#define SAVE_FRAME(off) \
	MOVQ	(off+0)(SP), AX \
	MOVQ	AX, thread_rip(DX) \
	MOVQ	(off+16)(SP), AX \
	MOVQ	AX, thread_rflags(DX) \
	MOVQ	(off+24)(SP), AX \
	MOVQ	AX, thread_rsp(DX) \
	MOVQ	$1, thread_full(DX) \
	SAVE_SSE(DX)

// interrupt: the vector is in BX for Go.
TEXT ·interrupt(SB),NOSPLIT|NOFRAME,$0
	SAVE
	SAVE_FRAME(8)
	CLD
	MOVQ	0(SP), SI
	LEAQ	·interruptGates+5(SB), CX
	SUBQ	CX, SI
	TO_GO
	MOVQ	SI, BX
	CALL_GO(·interruptFunc)
	JMP	thread·resume(SB)

// exception: one in a thread is that thread's business, a signal or a missing
// page. One in the layer itself is the end.
TEXT ·exception(SB),NOSPLIT|NOFRAME,$0
	PUSHQ	AX
	PUSHQ	BX
	MOVQ	16(SP), AX
	LEAQ	·exceptionGates+5(SB), BX
	SUBQ	BX, AX		// 5 times the vector
	CMPQ	AX, $(8*5)	// which of them push an error code: APM table 8-1
	JEQ	pushed
	CMPQ	AX, $(10*5)
	JCS	none
	CMPQ	AX, $(15*5)
	JCS	pushed
	CMPQ	AX, $(17*5)
	JEQ	pushed
	CMPQ	AX, $(21*5)
	JEQ	pushed
	CMPQ	AX, $(29*5)
	JEQ	pushed
	CMPQ	AX, $(30*5)
	JEQ	pushed
none:
	// Make room for an error code of 0: move the three words down.
	POPQ	BX
	POPQ	AX
	PUSHQ	(SP)
	MOVQ	$0, 8(SP)
	JMP	uniform
pushed:
	POPQ	BX
	POPQ	AX
uniform:
	// 0 gate, 8 error code, 16 RIP, 24 CS, 32 RFLAGS, 40 RSP, 48 SS
	PUSHQ	AX
	MOVQ	48(SP), AX
	CMPQ	AX, processor_self(GS)
	JCS	ofthread
	CMPQ	AX, processor_end(GS)
	JHI	ofthread
	POPQ	AX
	JMP	·abort1<>(SB)
ofthread:
	POPQ	AX
	SAVE
	SAVE_FRAME(16)
	CLD
	MOVQ	0(SP), SI
	LEAQ	·exceptionGates+5(SB), CX
	SUBQ	CX, SI
	MOVQ	8(SP), DI
	TO_GO
	MOVQ	SI, BX
	MOVQ	DI, CX
	CALL_GO(·exceptionFunc)
	JMP	thread·resume(SB)

// abort takes NMI, double fault and machine check, which can come at any
// instruction, in the layer too. It keeps its own copy of the registers on its
// stack and disturbs nothing.
TEXT ·abort(SB),NOSPLIT|NOFRAME,$0
	PUSHQ	AX
	LEAQ	·abortGates+5(SB), AX
	SUBQ	8(SP), AX
	CMPQ	AX, $(-8*5)	// of these only a double fault has an error code
	POPQ	AX
	JEQ	pushed
	PUSHQ	(SP)
	MOVQ	$0, 8(SP)
pushed:
	JMP	·abort2<>(SB)

// abort1 comes from ·exception, abort2 from ·abort; both with the stack
// uniform. They turn the gate's address into a vector.
TEXT ·abort1<>(SB),NOSPLIT|NOFRAME,$0
	PUSHQ	AX
	LEAQ	·exceptionGates+5(SB), AX
	SUBQ	AX, 8(SP)
	POPQ	AX
	JMP	·abort3<>(SB)

TEXT ·abort2<>(SB),NOSPLIT|NOFRAME,$0
	PUSHQ	AX
	LEAQ	·abortGates+5(SB), AX
	SUBQ	AX, 8(SP)
	POPQ	AX
	JMP	·abort3<>(SB)

// abort3 builds an abortFrame and calls Go with its address. Go returns only
// from an NMI.
TEXT ·abort3<>(SB),NOSPLIT|NOFRAME,$0
	SUBQ	$(15*8), SP
	MOVQ	AX, abortFrame_rax(SP)
	MOVQ	BX, abortFrame_rbx(SP)
	MOVQ	CX, abortFrame_rcx(SP)
	MOVQ	DX, abortFrame_rdx(SP)
	MOVQ	SI, abortFrame_rsi(SP)
	MOVQ	DI, abortFrame_rdi(SP)
	MOVQ	BP, abortFrame_rbp(SP)
	MOVQ	R8, abortFrame_r8(SP)
	MOVQ	R9, abortFrame_r9(SP)
	MOVQ	R10, abortFrame_r10(SP)
	MOVQ	R11, abortFrame_r11(SP)
	MOVQ	R12, abortFrame_r12(SP)
	MOVQ	R13, abortFrame_r13(SP)
	MOVQ	R14, abortFrame_r14(SP)
	MOVQ	R15, abortFrame_r15(SP)
	CLD
	MOVQ	SP, BX
	ANDQ	$~15, SP
	SUBQ	$512, SP
	FXSAVE64	(SP)
	MOVQ	SP, R12
	MOVQ	BX, R13
	SUBQ	$96, SP
	MOVQ	-8(FS), AX
	MOVQ	AX, 80(SP)	// whoever's g it was
	MOVQ	R12, 72(SP)
	MOVQ	R13, 64(SP)
	MOVQ	processor_g(GS), R14
	MOVQ	R14, -8(FS)
	XORL	BP, BP
	PXOR	X15, X15
	MOVQ	processor_self(GS), AX
	CALL_GO(·abortFunc)
	MOVQ	80(SP), AX
	MOVQ	AX, -8(FS)
	MOVQ	72(SP), R12
	MOVQ	64(SP), R13
	FXRSTOR64	(R12)
	MOVQ	R13, SP
	MOVQ	abortFrame_rax(SP), AX
	MOVQ	abortFrame_rbx(SP), BX
	MOVQ	abortFrame_rcx(SP), CX
	MOVQ	abortFrame_rdx(SP), DX
	MOVQ	abortFrame_rsi(SP), SI
	MOVQ	abortFrame_rdi(SP), DI
	MOVQ	abortFrame_rbp(SP), BP
	MOVQ	abortFrame_r8(SP), R8
	MOVQ	abortFrame_r9(SP), R9
	MOVQ	abortFrame_r10(SP), R10
	MOVQ	abortFrame_r11(SP), R11
	MOVQ	abortFrame_r12(SP), R12
	MOVQ	abortFrame_r13(SP), R13
	MOVQ	abortFrame_r14(SP), R14
	MOVQ	abortFrame_r15(SP), R15
	ADDQ	$(15*8+16), SP
	IRETQ

// thread·resume, which package kernel names too, leaves the layer for the current thread, or waits for an interrupt
// when that is the idle thread.
TEXT thread·resume(SB),NOSPLIT|NOFRAME,$0
	MOVQ	processor_stackTop(GS), SP
	MOVQ	processor_current(GS), DX
	CMPQ	DX, processor_idle(GS)
	JEQ	idle
	MOVQ	thread_fsbase(DX), AX
	CMPQ	AX, processor_fsbase(GS)
	JEQ	loaded
	MOVQ	AX, processor_fsbase(GS)
	CMPQ	processor_fsgsbase(GS), $0
	JEQ	slow
	WRFSBASE_AX
	JMP	loaded
slow:
	MOVQ	DX, SI
	CALL	·writeFS<>(SB)
	MOVQ	SI, DX
loaded:
	PXOR	X15, X15
	CMPQ	thread_full(DX), $0
	JEQ	nofx
	LOAD_SSE(DX)
nofx:
	PUSHQ	$0x10		// amd64.SelectorData
	PUSHQ	thread_rsp(DX)
	PUSHQ	thread_rflags(DX)
	PUSHQ	$0x08		// amd64.SelectorCode
	PUSHQ	thread_rip(DX)
	MOVQ	thread_rax(DX), AX
	MOVQ	thread_rbx(DX), BX
	MOVQ	thread_rcx(DX), CX
	MOVQ	thread_rsi(DX), SI
	MOVQ	thread_rdi(DX), DI
	MOVQ	thread_rbp(DX), BP
	MOVQ	thread_r8(DX), R8
	MOVQ	thread_r9(DX), R9
	MOVQ	thread_r10(DX), R10
	MOVQ	thread_r11(DX), R11
	MOVQ	thread_r12(DX), R12
	MOVQ	thread_r13(DX), R13
	MOVQ	thread_r14(DX), R14
	MOVQ	thread_r15(DX), R15
	MOVQ	thread_rdx(DX), DX
	IRETQ
idle:
	// STI takes effect after the next instruction, so an interrupt that is
	// pending ends the HLT. It never returns here: the layer resumes anew.
	STI
	HLT
	CLI
	JMP	idle

// func call(number, a, b, c uintptr) uintptr
// A system call of Ringo's own, without telling the Go scheduler.
TEXT ·call(SB),NOSPLIT,$0-40
	MOVQ	number+0(FP), AX
	MOVQ	a+8(FP), DI
	MOVQ	b+16(FP), SI
	MOVQ	c+24(FP), DX
	SYSCALL
	MOVQ	AX, ret+32(FP)
	RET

// func entries() (syscall, exceptions, interrupts, aborts, go0 uintptr)
TEXT ·entries(SB),NOSPLIT,$0-40
	LEAQ	·syscallEntry(SB), AX
	MOVQ	AX, syscall+0(FP)
	LEAQ	·exceptionGates(SB), AX
	MOVQ	AX, exceptions+8(FP)
	LEAQ	·interruptGates(SB), AX
	MOVQ	AX, interrupts+16(FP)
	LEAQ	·abortGates(SB), AX
	MOVQ	AX, aborts+24(FP)
#ifdef GOOS_linux
	LEAQ	_rt0_amd64_linux(SB), AX
#else
	LEAQ	_rt0_tamago_start(SB), AX
#endif
	MOVQ	AX, go0+32(FP)
	RET
