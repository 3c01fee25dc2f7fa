//go:build tamago

#include "go_asm.h"
#include "textflag.h"
#include "fields_amd64.h"

// Which VMCS is current, and access to its fields. SDM vol. 3 §24.1, §24.11.

#define VMREAD_BX	BYTE $0x0f; BYTE $0x78; BYTE $0xc3	// to BX
#define VMWRITE_BX	BYTE $0x0f; BYTE $0x79; BYTE $0xc3
#define VMCLEAR_SP	BYTE $0x66; BYTE $0x0f; BYTE $0xc7; BYTE $0x34; BYTE $0x24	// (SP) has the address
#define VMCLEAR(off)	BYTE $0x66; BYTE $0x0f; BYTE $0xc7; BYTE $0xb7; LONG $off	// off(DI) has it
#define VMPTRLD(off)	BYTE $0x0f; BYTE $0xc7; BYTE $0xb7; LONG $off

// makeCurrent makes the VMCS of the context in DI, AX too, the current one of the
// processor whose page is in R8. One that was never here wants the host state.
TEXT ·makeCurrent(SB),NOSPLIT|NOFRAME,$0
	MOVQ	AX, processor_current(R8)
	CMPQ	context_host(DI), $0
	JNE	known
	VMCLEAR(context_vmcs)
known:
	VMPTRLD(context_vmcs)
	CMPQ	R8, context_host(DI)
	JEQ	done
	MOVQ	R8, context_host(DI)
	LEAQ	·hostFields(SB), SI
	LEAQ	processor_host(R8), R9
	MOVL	$const_nHost, CX
	JMP	·writeList<>(SB)
done:
	RET

// writeDirty writes what the VMCS does not have yet.
TEXT ·writeDirty(SB),NOSPLIT|NOFRAME,$0
	TESTQ	$const_dirtyPrimary, context_dirty(DI)
	JEQ	guest
	WRITE(const_fieldPrimary, context_primary)
guest:
	TESTQ	$const_dirtyGuest, context_dirty(DI)
	JEQ	controls
	LEAQ	·guestFields(SB), SI
	LEAQ	context_guest(DI), R9
	MOVL	$const_nGuest, CX
	CALL	·writeList<>(SB)
controls:
	TESTQ	$const_dirtyControls, context_dirty(DI)
	JEQ	out
	LEAQ	·controlFields(SB), SI
	LEAQ	context_controls(DI), R9
	MOVL	$const_nControls, CX
	CALL	·writeList<>(SB)
out:
	MOVQ	$0, context_dirty(DI)
	RET

// writeList writes CX words from R9 on to the fields that the list at SI names.
TEXT ·writeList<>(SB),NOSPLIT|NOFRAME,$0
again:
	MOVQ	(SI), AX
	MOVQ	(R9), BX
	VMWRITE_BX
	ADDQ	$8, SI
	ADDQ	$8, R9
	DECL	CX
	JNE	again
	RET

// readList is the reverse.
TEXT ·readList<>(SB),NOSPLIT|NOFRAME,$0
again:
	MOVQ	(SI), AX
	VMREAD_BX
	MOVQ	BX, (R9)
	ADDQ	$8, SI
	ADDQ	$8, R9
	DECL	CX
	JNE	again
	RET

// ensure makes the VMCS of the context in DI current. Interrupts are off.
TEXT ·ensure<>(SB),NOSPLIT|NOFRAME,$0
	MOVQ	const_gsEngine(GS), R8
	MOVQ	context_vmcs(DI), AX
	CMPQ	AX, processor_current(R8)
	JEQ	done
	JMP	·makeCurrent(SB)
done:
	RET

// func readLook(c *context)
TEXT ·readLook(SB),NOSPLIT,$0-8
	MOVQ	c+0(FP), DI
	PUSHFQ
	CLI
	CALL	·ensure<>(SB)
	READ(const_fieldCR0, (context_look+look_CR0))
	READ(const_fieldCR3, (context_state+const_stateCR3))
	READ(const_fieldCR4, (context_look+look_CR4))
	READ(const_fieldEFER, (context_state+const_stateEFER))
	READ((const_fieldBase+2*1), (context_state+const_stateCSBase))
	READ((const_fieldAccess+2*1), (context_look+look_CSAccess))
	READ((const_fieldAccess+2*2), (context_look+look_SSAccess))
	POPFQ
	RET

// func readGuest(c *context, n uint64)
TEXT ·readGuest(SB),NOSPLIT,$0-16
	MOVQ	c+0(FP), DI
	MOVQ	n+8(FP), DX
	PUSHFQ
	CLI
	CALL	·ensure<>(SB)
	LEAQ	·guestFields(SB), SI
	LEAQ	context_guest(DI), R9
	MOVL	DX, CX
	CALL	·readList<>(SB)
	POPFQ
	RET

// func vmread(c *context, f Field) uint64
TEXT ·vmread(SB),NOSPLIT,$0-24
	MOVQ	c+0(FP), DI
	MOVQ	f+8(FP), DX
	PUSHFQ
	CLI
	CALL	·ensure<>(SB)
	MOVQ	DX, AX
	VMREAD_BX
	POPFQ
	MOVQ	BX, ret+16(FP)
	RET

// func vmwrite(c *context, f Field, v uint64)
TEXT ·vmwrite(SB),NOSPLIT,$0-24
	MOVQ	c+0(FP), DI
	MOVQ	f+8(FP), DX
	MOVQ	v+16(FP), R10
	PUSHFQ
	CLI
	CALL	·ensure<>(SB)
	MOVQ	DX, AX
	MOVQ	R10, BX
	VMWRITE_BX
	POPFQ
	RET

// func vmclear(pa uint64)
TEXT ·vmclear(SB),NOSPLIT,$0-8
	MOVQ	pa+0(FP), AX
	MOVQ	const_gsEngine(GS), R8
	CMPQ	AX, processor_current(R8)
	JNE	other
	MOVQ	$0, processor_current(R8)
other:
	PUSHQ	AX
	VMCLEAR_SP
	POPQ	AX
	RET
