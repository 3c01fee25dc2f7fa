package boot

import (
	"encoding/binary"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

// The trampoline is read as the processor reads it, in 16-bit mode.
func TestTrampolineDecodes(t *testing.T) {
	const page, root, entry = 0x9b000, 0x1234000, 0x1056780
	p := make([]byte, TrampolineSize)
	Trampoline(p, page, root, entry)
	var got []string
	at := 0
	for {
		i, err := x86asm.Decode(p[at:], 16)
		if err != nil {
			t.Fatalf("offset %#x: %v", at, err)
		}
		got = append(got, i.String())
		at += i.Len
		if i.Op == x86asm.LJMP {
			break
		}
	}
	want := []string{
		"CLI", "CLD", "MOV AX, CS", "MOV DS, AX",
		"MOV EAX, 0x1234000", "MOV CR3, EAX", "MOV EAX, 0x620", "MOV CR4, EAX",
		"MOV ECX, -0x3fffff80", "MOV EAX, 0x901", "XOR EDX, EDX", "WRMSR",
		"DATA32 LGDT [+0x40]", "MOV EAX, -0x7ffeffdd", "MOV CR0, EAX", "LJMP 0x8, 0x1056780",
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
	if at > 0x40 {
		t.Errorf("the code ends at %#x, in the operand of LGDT", at)
	}
	if limit, base := binary.LittleEndian.Uint16(p[0x40:]), binary.LittleEndian.Uint32(p[0x42:]); limit != 23 || base != page+72 {
		t.Errorf("the descriptor table is at %#x, limit %d", base, limit)
	}
	if code := binary.LittleEndian.Uint64(p[72+8:]); code>>53&1 != 1 || code>>54&1 != 0 {
		t.Errorf("descriptor %#x is not of 64-bit code", code)
	}
}
