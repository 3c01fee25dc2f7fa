//go:build tamago

#include "textflag.h"

// The entry from the boot loader, in 32-bit protected mode without paging, and
// the way from there to 64-bit Go (AMD APM vol. 2 §14.6, Intel SDM vol. 3
// §10.8.5).
//
// Go's assembler writes 64-bit code. The instructions below, up to ringo_long,
// are those whose bytes mean the same in 32-bit mode, with two exceptions to
// know when reading:
//   - LEAL symbol(SB) is RIP-relative in 64-bit mode. In 32-bit mode the same
//     bytes load only the distance, so BASED adds the instruction pointer.
//   - PUSHQ, POPQ and CALL move 4 bytes in 32-bit mode, not 8.
// TestEntryDecodes in internal/toolchain reads the built image as 32-bit code
// and holds it against this list.

#define TEXT_ADDRESS	0x01010000	// toolchain.TextAddress
#define PAGE_TABLES	7		// PML4, PDPT, 4 page directories, room to align

#define PRESENT		(1<<0)
#define WRITABLE	(1<<1)
#define LARGE		(1<<7)

#define CR0_PE		(1<<0)
#define CR0_MP		(1<<1)
#define CR0_NE		(1<<5)
#define CR0_WP		(1<<16)
#define CR0_PG		(1<<31)
#define CR4_PAE		(1<<5)
#define CR4_OSFXSR	(1<<9)
#define CR4_OSXMMEXCPT	(1<<10)

#define MSR_EFER	0xc0000080
#define EFER_SCE	(1<<0)
#define EFER_LME	(1<<8)
#define EFER_NXE	(1<<11)
#define LME_NX_BITS	(EFER_SCE|EFER_LME|EFER_NXE)

#define CPUID_EXTENDED	0x80000001
#define EDX_LM_BIT	29

// ADDRESS_OF puts the address of a symbol into DI. It costs AX.
#define ADDRESS_OF(symbol) \
	LEAL	symbol(SB), DI	\
	CALL	boot·next(SB)	\
	LEAL	-5(DI)(AX*1), DI	// the CALL is 5 bytes long

// boot·next returns its return address in AX.
TEXT boot·next(SB),NOSPLIT|NOFRAME,$0
	MOVL	(SP), AX
	RET

// ringo_entry is the ELF entry point. AX holds the loader's magic number
// (multiboot 1 §3.2, multiboot 2 §3.3) or nothing (PVH); BX holds the
// host-physical address of the boot information.
TEXT ringo_entry(SB),NOSPLIT|NOFRAME,$0
	CLI
	CLD
	// No protocol gives a stack. Use the end of the page of ELF headers,
	// which is in memory because it carries the boot headers.
	MOVL	$TEXT_ADDRESS, SP
	PUSHQ	AX
	PUSHQ	BX

	// Without long mode say so on the screen and the serial line.
	MOVL	$0x80000000, AX
	CPUID
	CMPL	AX, $CPUID_EXTENDED
	JCS	nolong
	MOVL	$CPUID_EXTENDED, AX
	CPUID
	BTL	$EDX_LM_BIT, DX
	JCC	nolong

	// Map the low 4 GiB onto themselves in 2 MiB pages.
	ADDRESS_OF(boot·tables)
	ADDL	$4095, DI
	ANDL	$~4095, DI
	MOVL	DI, CR3		// the PML4 is the first page
	MOVL	DI, BX
	XORL	AX, AX
	MOVL	$(6*4096/4), CX
	REP; STOSL
	LEAL	(4096+PRESENT+WRITABLE)(BX), AX
	MOVL	AX, (BX)	// PML4[0] = PDPT
	MOVL	$4, CX
	LEAL	4096(BX), DI
directories:
	ADDL	$4096, AX
	MOVL	AX, (DI)	// PDPT[i] = page directory i
	ADDL	$8, DI
	SUBL	$1, CX
	JNE	directories
	LEAL	(2*4096)(BX), DI
	MOVL	$(PRESENT|WRITABLE|LARGE), AX
	MOVL	$2048, CX
pages:
	MOVL	AX, (DI)
	ADDL	$(2<<20), AX
	ADDL	$8, DI
	SUBL	$1, CX
	JNE	pages

	// Long mode: CR4.PAE, EFER.LME, CR0.PG, in this order. Bits are named
	// rather than kept: the loader's settings are not ours.
	MOVL	$(CR4_PAE|CR4_OSFXSR|CR4_OSXMMEXCPT), AX
	MOVL	AX, CR4
	MOVL	$MSR_EFER, CX
	RDMSR
	ORL	$LME_NX_BITS, AX
	WRMSR
	MOVL	$(CR0_PG|CR0_WP|CR0_NE|CR0_MP|CR0_PE), AX
	MOVL	AX, CR0

	// A 64-bit code segment ends compatibility mode. The pointer operand
	// of LGDT is 2 bytes of limit and, in 32-bit mode, 4 bytes of address.
	ADDRESS_OF(boot·gdt)
	PUSHQ	DI
	SUBL	$4, SP
	MOVW	$(3*8-1), AX
	MOVW	AX, 2(SP)
	LEAL	2(SP), BX
	LGDT	(BX)
	ADDL	$8, SP
	ADDRESS_OF(boot·long)
	PUSHQ	$8
	PUSHQ	DI
	RETFL
nolong:
	ADDRESS_OF(boot·nolongmode)
	MOVL	DI, SI
	MOVL	$0xb8000, DI	// VGA text, white on red
	MOVL	$0x3f8, DX	// the first serial port
nextchar:
	MOVBLZX	(SI), AX
	TESTL	AX, AX
	JEQ	dead
	OUTB
	ORL	$0x4f00, AX
	MOVW	AX, (DI)
	ADDL	$1, SI
	ADDL	$2, DI
	JMP	nextchar
dead:
	HLT
	JMP	dead

// boot·long is 64-bit code.
TEXT boot·long(SB),NOSPLIT|NOFRAME,$0
	MOVL	$0x10, AX
	MOVW	AX, DS
	MOVW	AX, ES
	MOVW	AX, SS		// the loader's would make IRETQ fault
	XORL	AX, AX
	MOVW	AX, FS
	MOVW	AX, GS
	LLDT	AX
	MOVL	$(TEXT_ADDRESS-8), SP
	MOVL	4(SP), AX	// magic
	MOVL	0(SP), BX	// address, zero-extended
	JMP	main·start(SB)

DATA boot·gdt+0(SB)/8, $0
DATA boot·gdt+8(SB)/8, $0x00af9b000000ffff	// 64-bit code, ring 0
DATA boot·gdt+16(SB)/8, $0x00cf93000000ffff	// data, ring 0
GLOBL boot·gdt(SB), NOPTR|RODATA, $24

DATA boot·nolongmode+0(SB)/8, $"Ringo ne"
DATA boot·nolongmode+8(SB)/8, $"eds a 64"
DATA boot·nolongmode+16(SB)/8, $"-bit pro"
DATA boot·nolongmode+24(SB)/8, $"cessor\r\n"
DATA boot·nolongmode+32(SB)/8, $0
GLOBL boot·nolongmode(SB), NOPTR|RODATA, $40

// The first page tables, which serve until the kernel has built its own.
GLOBL boot·tables(SB), NOPTR, $(PAGE_TABLES*4096)
