package toolchain

import (
	"debug/elf"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

// entryListing is what package boot's entry code must be when it is read as
// 32-bit code, in Intel's syntax; a jump names the line "label:" it leads to.
const entryListing = `
cli
cld
mov esp, 0x1010000
push eax
push ebx
mov eax, 0x80000000
cpuid
cmp eax, 0x80000001
jb nolong
mov eax, 0x80000001
cpuid
bt edx, 0x1d
jae nolong
lea edi, boot.tables-here
call boot.next
lea edi, ptr [edi+eax-0x5]
add edi, 0xfff
and edi, 0xfffff000
mov cr3, edi
mov ebx, edi
xor eax, eax
mov ecx, 0x1800
rep stosd dword ptr [edi]
lea eax, ptr [ebx+0x1003]
mov dword ptr [ebx], eax
mov ecx, 0x4
lea edi, ptr [ebx+0x1000]
directories:
add eax, 0x1000
mov dword ptr [edi], eax
add edi, 0x8
sub ecx, 0x1
jne directories
lea edi, ptr [ebx+0x2000]
mov eax, 0x83
mov ecx, 0x800
pages:
mov dword ptr [edi], eax
add eax, 0x200000
add edi, 0x8
sub ecx, 0x1
jne pages
mov eax, 0x620
mov cr4, eax
mov ecx, 0xc0000080
rdmsr
or eax, 0x901
wrmsr
mov eax, 0x80010023
mov cr0, eax
lea edi, boot.gdt-here
call boot.next
lea edi, ptr [edi+eax-0x5]
push edi
sub esp, 0x4
mov ax, 0x17
mov word ptr [esp+0x2], ax
lea ebx, ptr [esp+0x2]
lgdt ptr [ebx]
add esp, 0x8
lea edi, boot.long-here
call boot.next
lea edi, ptr [edi+eax-0x5]
push 0x8
push edi
ret far
nolong:
lea edi, boot.nolongmode-here
call boot.next
lea edi, ptr [edi+eax-0x5]
mov esi, edi
mov edi, 0xb8000
mov edx, 0x3f8
nextchar:
movzx eax, byte ptr [esi]
test eax, eax
je dead
out dx, al
or eax, 0x4f00
mov word ptr [edi], ax
add esi, 0x1
add edi, 0x2
jmp nextchar
dead:
hlt
jmp dead
`

// entryLabels are the labels of the listing, in order of address.
var entryLabels = []string{"directories", "pages", "nolong", "nextchar", "dead"}

// TestEntryDecodes reads the code that a boot loader enters in 32-bit mode as
// such, although an assembler for 64-bit code wrote it.
func TestEntryDecodes(t *testing.T) {
	c := buildKernel(t)
	s, b := c.function(t, "ringo_entry")
	_, next := c.function(t, "boot.next")
	got := c.listing(t, s, b)
	want := strings.Split(strings.TrimSpace(entryListing), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("line %d differs; the code is\n%s", i+1, strings.Join(got, "\n"))
		}
	}
	if got := c.listing(t, c.symbols["boot.next"], next); !slices.Equal(got, []string{"mov eax, dword ptr [esp]", "ret"}) {
		t.Errorf("boot.next is %q", got)
	}
	for _, code := range [][]byte{b, next} {
		expectSameIn64(t, code)
	}
}

// expectSameIn64 expects each instruction to be as long and of the same kind
// in 32-bit and in 64-bit mode, without a REX prefix, which is INC or DEC in
// 32-bit mode.
func expectSameIn64(t *testing.T, b []byte) {
	t.Helper()
	for at := 0; at < len(b); {
		in32, err := x86asm.Decode(b[at:], 32)
		if err != nil {
			t.Fatalf("at %#x: %v", at, err)
		}
		in64, err := x86asm.Decode(b[at:], 64)
		if err != nil || in32.Op != in64.Op || in32.Len != in64.Len {
			t.Errorf("at %#x: % x is %s in 32-bit mode and %s in 64-bit mode: %v", at, b[at:at+in32.Len], in32, in64, err)
		}
		for _, p := range in64.Prefix {
			if p.IsREX() {
				t.Errorf("at %#x: % x has a REX prefix", at, b[at:at+in32.Len])
			}
		}
		at += in32.Len
	}
}

// listing disassembles a function as 32-bit code.
func (c *code) listing(t *testing.T, s elf.Symbol, b []byte) (lines []string) {
	t.Helper()
	type line struct {
		at, target uint64 // target is 0 but for a jump in the function
		text       string
	}
	var code []line
	targets := map[uint64]bool{}
	for at := s.Value; len(b) > 0; {
		in, err := x86asm.Decode(b, 32)
		if err != nil {
			t.Fatalf("ringo_entry+%#x: %v", at-s.Value, err)
		}
		l := line{at: at, text: x86asm.IntelSyntax(in, at, nil)}
		at, b = at+uint64(in.Len), b[in.Len:]
		if d, ok := in.Args[0].(x86asm.Rel); ok {
			to := at + uint64(int64(d))
			if to >= s.Value && to < s.Value+s.Size {
				l.target, targets[to] = to, true
			}
			l.text = strings.ToLower(in.Op.String()) + " " + c.names[to]
		}
		if m, ok := in.Args[1].(x86asm.Mem); ok && in.Op == x86asm.LEA && m.Base == 0 && m.Index == 0 {
			// The distance to a symbol, to be added to what CALL pushes.
			l.text = fmt.Sprintf("lea %s, %s-here", strings.ToLower(in.Args[0].String()), c.symbolAt(at+uint64(m.Disp)))
		}
		code = append(code, l)
	}
	labels := map[uint64]string{}
	for _, l := range code {
		if targets[l.at] {
			labels[l.at] = fmt.Sprintf("label%d", len(labels))
			if len(labels) <= len(entryLabels) {
				labels[l.at] = entryLabels[len(labels)-1]
			}
		}
	}
	for _, l := range code {
		if name := labels[l.at]; name != "" {
			lines = append(lines, name+":")
		}
		lines = append(lines, strings.TrimSpace(l.text+labels[l.target]))
	}
	return lines
}

// symbolAt names the symbol at an address.
func (c *code) symbolAt(addr uint64) string {
	for name, s := range c.symbols {
		if s.Value == addr && strings.HasPrefix(name, "boot.") {
			return name
		}
	}
	return fmt.Sprintf("%#x", addr)
}
