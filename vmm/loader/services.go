package loader

// instruction is one instruction of 16-bit code.
type instruction struct {
	label string
	code  string
	text  string // the code in Intel's syntax
}

// servicesData is the offset in the services' segment of what they return: the
// number of entries in the address map (32 bits), the KiB of memory from 1 MiB
// up to 16 MiB and the 64-KiB blocks from 16 MiB (16 bits each), and the map,
// 20 bytes an entry.
const servicesData = 0x100

// services is the few BIOS services without which no kernel starts in real
// mode: how much memory there is, and characters to COM1. What else is asked
// for fails, as on a machine that lacks it, by setting the carry flag in the
// flags on the stack. ACPI 6.4 §15.1 (E820h).
var services = []instruction{
	{"return", "\xcf", "iret"},

	{"fail", "\x55", "push bp"},
	{"", "\x89\xe5", "mov bp, sp"},
	{"", "\x80\x4e\x06\x01", "or byte ptr [bp+0x6], 0x1"},
	{"", "\x5d", "pop bp"},
	{"", "\xcf", "iret"},

	{"succeed", "\x55", "push bp"},
	{"", "\x89\xe5", "mov bp, sp"},
	{"", "\x80\x66\x06\xfe", "and byte ptr [bp+0x6], 0xfe"},
	{"", "\x5d", "pop bp"},
	{"", "\xcf", "iret"},

	// INT 10h, AH=0Eh: character AL to the screen, here COM1.
	{"video", "\x80\xfc\x0e", "cmp ah, 0xe"},
	{"", "\x75\xe8", "jnz return"},
	{"", "\x52", "push dx"},
	{"", "\xba\xf8\x03", "mov dx, 0x3f8"},
	{"", "\xee", "out dx, al"},
	{"", "\x5a", "pop dx"},
	{"", "\xcf", "iret"},

	// INT 12h: KiB of memory below the extended BIOS data area.
	{"size", "\xb8\x7f\x02", "mov ax, 0x27f"},
	{"", "\xcf", "iret"},

	// INT 16h: no key has been pressed (zero flag).
	{"keyboard", "\x31\xc0", "xor ax, ax"},
	{"", "\x55", "push bp"},
	{"", "\x89\xe5", "mov bp, sp"},
	{"", "\x80\x4e\x06\x40", "or byte ptr [bp+0x6], 0x40"},
	{"", "\x5d", "pop bp"},
	{"", "\xcf", "iret"},

	// INT 15h, AX=E820h, AX=E801h and AH=88h: how much memory there is.
	{"memory", "\x3d\x20\xe8", "cmp ax, -0x17e0"},
	{"", "\x74\x1f", "jz e820"},
	{"", "\x3d\x01\xe8", "cmp ax, -0x17ff"},
	{"", "\x74\x0b", "jz e801"},
	{"", "\x80\xfc\x88", "cmp ah, 0x88"},
	{"", "\x75\xc4", "jnz fail"},
	{"", "\x2e\xa1\x04\x01", "mov ax, word ptr cs:[0x104]"},
	{"", "\xeb\xc7", "jmp succeed"},

	{"e801", "\x2e\xa1\x04\x01", "mov ax, word ptr cs:[0x104]"},
	{"", "\x2e\x8b\x1e\x06\x01", "mov bx, word ptr cs:[0x106]"},
	{"", "\x89\xc1", "mov cx, ax"},
	{"", "\x89\xda", "mov dx, bx"},
	{"", "\xeb\xb8", "jmp succeed"},

	// EBX is the entry to return, then the next, 0 behind the last.
	{"e820", "\x66\x81\xfa\x50\x41\x4d\x53", "cmp edx, 0x534d4150"},
	{"", "\x75\xa6", "jnz fail"},
	{"", "\x66\x83\xf9\x14", "cmp ecx, 0x14"},
	{"", "\x72\xa0", "jb fail"},
	{"", "\x2e\x66\x3b\x1e\x00\x01", "cmp ebx, dword ptr cs:[0x100]"},
	{"", "\x73\x98", "jnb fail"},
	{"", "\x56", "push si"},
	{"", "\x57", "push di"},
	{"", "\x1e", "push ds"},
	{"", "\x0e", "push cs"},
	{"", "\x1f", "pop ds"},
	{"", "\x6b\xf3\x14", "imul si, bx, 0x14"},
	{"", "\x81\xc6\x08\x01", "add si, 0x108"},
	{"", "\xb9\x0a\x00", "mov cx, 0xa"},
	{"", "\xfc", "cld"},
	{"", "\xf3\xa5", "rep movsw word ptr [di], word ptr [si]"},
	{"", "\x1f", "pop ds"},
	{"", "\x5f", "pop di"},
	{"", "\x5e", "pop si"},
	{"", "\x66\xb9\x14\x00\x00\x00", "mov ecx, 0x14"},
	{"", "\x66\xb8\x50\x41\x4d\x53", "mov eax, 0x534d4150"},
	{"", "\x43", "inc bx"},
	{"", "\x2e\x3b\x1e\x00\x01", "cmp bx, word ptr cs:[0x100]"},
	{"", "\x0f\x82\x76\xff", "jb succeed"},
	{"", "\x66\x31\xdb", "xor ebx, ebx"},
	{"", "\xe9\x70\xff", "jmp succeed"},
}
