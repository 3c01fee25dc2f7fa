//go:build tamago

#include "go_asm.h"
#include "textflag.h"

#define CLOCK_REALTIME	0

#define SEQUENCE	·clockPage+0(SB)
#define BASE		·clockPage+8(SB)
#define MUL		·clockPage+16(SB)
#define OFFSET		·clockPage+24(SB)
#define WALL		·clockPage+32(SB)

// int clock_gettime(int clock, struct timespec *to), by the System V ABI: DI
// and SI are the arguments, AX the result, and BX, BP and R12 to R15 stay.
// A caller that was preempted while the clock's parameters changed starts
// again.
TEXT ·clockGettimeUser(SB),NOSPLIT|NOFRAME,$0
again:
	MOVQ	SEQUENCE, R8
	LFENCE
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	SUBQ	BASE, AX
	MULQ	MUL
	SHRQ	$const_ClockShift, DX, AX
	ADDQ	OFFSET, AX
	CMPL	DI, $CLOCK_REALTIME
	JNE	monotonic
	ADDQ	WALL, AX
monotonic:
	CMPQ	R8, SEQUENCE
	JNE	again
	XORL	DX, DX
	MOVL	$1000000000, CX
	DIVQ	CX
	MOVQ	AX, 0(SI)	// tv_sec
	MOVQ	DX, 8(SI)	// tv_nsec
	XORL	AX, AX
	RET

// func clockEntry() uintptr
TEXT ·clockEntry(SB),NOSPLIT,$0-8
	LEAQ	·clockGettimeUser(SB), AX
	MOVQ	AX, ret+0(FP)
	RET
