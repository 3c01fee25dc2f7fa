package boot

import "encoding/binary"

// TrampolineSize is the size of the trampoline in bytes. It needs a page below
// 1 MiB.
const TrampolineSize = trampolineGDT + 3*8

// Where the parts of the trampoline are that follow its code.
const (
	trampolinePointer = 64 // the operand of LGDT
	trampolineGDT     = 72
)

// What the trampoline sets: as the boot processor's entry does. AMD APM vol. 2
// §3.1.1, §3.1.3, §3.1.7.
const (
	trampolineCR0  = 1<<31 | 1<<16 | 1<<5 | 1<<1 | 1<<0 // PG, WP, NE, MP, PE; caches on
	trampolineCR4  = 1<<5 | 1<<9 | 1<<10                // PAE, OSFXSR, OSXMMEXCPT
	trampolineEFER = 1<<0 | 1<<8 | 1<<11                // SCE, LME, NXE
	msrEFER        = 0xc0000080
)

// Trampoline writes the code with which an application processor begins, in
// real mode, to p, which is at host-physical address page, a multiple of 4096
// below 1 MiB. It takes the processor straight to 64-bit mode, with the page
// tables at host-physical address root, and jumps to entry. DS, ES and SS still
// have to be loaded, with selector 0x10. Both addresses are below 4 GiB and
// mapped at themselves, and so is the page. AMD APM vol. 2 §14.6.
func Trampoline(p []byte, page, root, entry uint32) {
	code := p[:0]
	op := func(b ...byte) { code = append(code, b...) }
	word := func(v uint32) { code = binary.LittleEndian.AppendUint32(code, v) }
	op(0xfa, 0xfc)             // CLI; CLD
	op(0x8c, 0xc8, 0x8e, 0xd8) // MOV AX, CS; MOV DS, AX
	op(0x66, 0xb8)             // MOV EAX, root
	word(root)
	op(0x0f, 0x22, 0xd8) // MOV CR3, EAX
	op(0x66, 0xb8)       // MOV EAX, ...
	word(trampolineCR4)
	op(0x0f, 0x22, 0xe0) // MOV CR4, EAX
	op(0x66, 0xb9)       // MOV ECX, ...
	word(msrEFER)
	op(0x66, 0xb8) // MOV EAX, ...
	word(trampolineEFER)
	op(0x66, 0x31, 0xd2, 0x0f, 0x30)                    // XOR EDX, EDX; WRMSR
	op(0x66, 0x0f, 0x01, 0x16, trampolinePointer, 0x00) // LGDT [trampolinePointer], 32 bits of base
	op(0x66, 0xb8)                                      // MOV EAX, ...
	word(trampolineCR0)
	op(0x0f, 0x22, 0xc0) // MOV CR0, EAX
	op(0x66, 0xea)       // JMP 8:entry
	word(entry)
	op(8, 0)

	pointer := p[trampolinePointer:]
	binary.LittleEndian.PutUint16(pointer, 3*8-1)
	binary.LittleEndian.PutUint32(pointer[2:], page+trampolineGDT)
	gdt := p[trampolineGDT:]
	binary.LittleEndian.PutUint64(gdt, 0)
	binary.LittleEndian.PutUint64(gdt[8:], 0x00af9b000000ffff)  // 64-bit code, ring 0
	binary.LittleEndian.PutUint64(gdt[16:], 0x00cf93000000ffff) // data, ring 0
}
