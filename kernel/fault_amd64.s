//go:build tamago

#include "textflag.h"

// func corruptRuntime()
// A fault on the stack of the Go scheduler, which no goroutine can recover.
TEXT ·corruptRuntime(SB),NOSPLIT,$0
	MOVQ	$0, R14		// g, which the runtime trusts
	MOVQ	48(R14), AX	// g.m
	RET
