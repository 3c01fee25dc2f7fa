package emulate

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLengthOfInstructionsThatExit(t *testing.T) {
	for _, tc := range []struct {
		name, code string
		bits, want int
	}{
		{"CPUID", "0fa2", 64, 2},
		{"CPUID with prefixes", "66f30fa2", 64, 4},
		{"HLT", "f4", 16, 1},
		{"RDMSR", "0f32", 32, 2},
		{"WRMSR", "0f30", 64, 2},
		{"RDTSC", "0f31", 64, 2},
		{"RDTSCP", "0f01f9", 64, 3},
		{"RDPMC", "0f33", 64, 2},
		{"IN imm", "e460", 16, 2},
		{"OUT imm", "e680", 64, 2},
		{"IN DX", "66ed", 64, 2},
		{"REP INSW", "f366 6d", 32, 3},
		{"OUTS with segment", "2e6e", 16, 2},
		{"INVLPG", "0f0138", 64, 3},
		{"INVLPG with displacement", "410f01bc2400100000", 64, 9},
		{"MOV to CR0", "0f22c0", 64, 3},
		{"MOV to CR8", "440f22c0", 64, 4},
		{"MOV from CR3, mod bits do not count", "0f2018", 32, 3},
		{"MOV to DR7", "0f23f8", 64, 3},
		{"CLTS", "0f06", 64, 2},
		{"LMSW register", "0f01f0", 16, 3},
		{"LMSW memory", "0f01360010", 16, 5},
		{"SMSW", "0f01e0", 32, 3},
		{"INT n", "cd80", 32, 2},
		{"INT3", "cc", 32, 1},
		{"VMMCALL", "0f01d9", 64, 3},
		{"VMCALL", "0f01c1", 64, 3},
		{"XSETBV", "0f01d1", 64, 3},
		{"PAUSE", "f390", 64, 2},
		{"MONITOR", "0f01c8", 64, 3},
		{"MWAIT", "0f01c9", 64, 3},
		{"WBINVD", "0f09", 64, 2},
		{"INVD", "0f08", 64, 2},
		{"INVPCID", "660f38820f", 64, 5},
		{"LGDT", "0f0114252034bb01", 64, 8},
		{"LIDT 16-bit addressing", "0f011e1234", 16, 5},
		{"LTR", "0f00d8", 64, 3},
		{"IRETQ", "48cf", 64, 2},
		{"XSAVE", "480fae21", 64, 4},
		{"RSM", "0faa", 64, 2},
		{"VMRUN", "0f01d8", 64, 3},
		{"CLGI", "0f01dd", 64, 3},
		{"far JMP", "ea00000000 0800", 32, 7},
		{"far JMP with operand prefix", "66ea00000000 0800", 16, 8},
		{"ENTER", "c8100001", 64, 4},
		{"MOV imm64", "48b81122334455667788", 64, 10},
		{"MOV imm16", "66b81122", 64, 4},
		{"moffs 64", "a11122334455667788", 64, 9},
		{"moffs 16", "a11122", 16, 3},
		{"TEST imm", "f7c078563412", 64, 6},
		{"NEG has no immediate", "f7d8", 64, 2},
		{"VZEROUPPER", "c5f877", 64, 3},
		{"VMOVDQU", "c5fe6f442420", 64, 6},
		{"VPALIGNR", "c4e3750fc108", 64, 6},
		{"LDS", "c507", 32, 2},
		{"EVEX VMOVDQU64", "62f1fe486f4101", 64, 7},
		{"BOUND", "6203", 32, 2},
		{"XOP VPROTB", "8fe878c0c103", 64, 6},
		{"EXTRQ", "660f78c10204", 64, 6},
		{"fifteen bytes", "6666666666666666666666666666 90", 64, 15},
	} {
		code := append(unhex(t, tc.code), make([]byte, 5)...)
		if n, err := Length(code, tc.bits); n != tc.want || err != nil {
			t.Errorf("%s: %d, %v, want %d", tc.name, n, err, tc.want)
		}
		if _, err := Length(code[:tc.want-1], tc.bits); !errors.Is(err, errTruncated) {
			t.Errorf("%s without its last byte: %v", tc.name, err)
		}
	}
}

func TestLengthOfWhatIsNoInstruction(t *testing.T) {
	for _, tc := range []struct {
		name, code string
		bits       int
		want       error
	}{
		{"nothing", "", 64, errTruncated},
		{"a prefix", "66", 64, errTruncated},
		{"PUSH ES in 64-bit mode", "06", 64, errInvalid},
		{"undefined after 0F", "0f04", 64, errInvalid},
		{"sixteen bytes", "666666666666666666666666666666 90", 64, errTooLong},
		{"fifteen prefixes", "666666666666666666666666666666", 64, errTooLong},
		{"immediate beyond fifteen bytes", "6666666666666666666666 48b8112233445566", 64, errTooLong},
	} {
		if n, err := Length(unhex(t, tc.code), tc.bits); err != tc.want {
			t.Errorf("%s: %d, %v, want %v", tc.name, n, err, tc.want)
		}
	}
}

func TestDisassemble(t *testing.T) {
	for _, tc := range []struct {
		code   string
		bits   int
		text   string
		length int
	}{
		{"8b80b0000000", 64, "mov 0xb0(%rax),%eax", 6},
		{"0f32", 64, "rdmsr", 2},
		{"0f01d9", 64, "(not known) 0f 01 d9", 3},
		{"06", 64, ".byte 0x06", 1},
		{"", 64, "", 0},
	} {
		if text, n := Disassemble(unhex(t, tc.code), tc.bits, 0x1000); text != tc.text || n != tc.length {
			t.Errorf("%s: %q, %d, want %q, %d", tc.code, text, n, tc.text, tc.length)
		}
	}
}

// FuzzLength compares with x86asm, where that knows the instruction.
func FuzzLength(f *testing.F) {
	for _, s := range []string{"8980b0000000", "f3a5", "660f7f07", "c4e3750fc108", "f0480fb10f", "a11122334455667788", "67668b07", "0fba2f11"} {
		for mode := range uint8(3) {
			f.Add(unhex(f, s), mode)
		}
	}
	f.Fuzz(func(t *testing.T, code []byte, mode uint8) {
		bits := 16 << (mode % 3)
		n, err := Length(code, bits)
		if err == nil && (n < 1 || n > maxLength || n > len(code)) {
			t.Fatalf("% x: length %d", code, n)
		}
		var in inst
		if in.decode(code, bits) == nil && in.op != opNone {
			checkDecoded(t, code, &in)
		}
		if text, n := Disassemble(code, bits, 0); len(code) > 0 && (text == "" || n < 1) {
			t.Fatalf("% x: %q, %d", code, text, n)
		}
		i, other := x86asm.Decode(code, bits)
		if other == nil && i.Op != 0 && knownSame(code, bits) && (err != nil || n != i.Len) {
			t.Fatalf("%d bits, % x: length %d, %v, but x86asm has %d for %s", bits, code, n, err, i.Len, i)
		}
	})
}

// checkDecoded checks what execution relies on.
func checkDecoded(t *testing.T, code []byte, in *inst) {
	t.Helper()
	switch in.size {
	case 1, 2, 4, 8, 16:
	default:
		t.Fatalf("% x: operand of %d bytes", code, in.size)
	}
	if in.op < opMovs && !in.memory || in.reg > 15 || in.segment > 5 || in.regSize > 8 || in.regSize == 0 {
		t.Fatalf("% x: %+v", code, in)
	}
}

// knownSame tells whether x86asm is to be believed about an instruction's
// length. It takes the mod bits of MOV CRn for an addressing mode, knows the
// test registers of the 486, and reads opcode maps of EVEX that there are not.
func knownSame(code []byte, bits int) bool {
	var in inst
	in.parse(code, bits)
	switch in.table {
	case secondary:
		return in.opcode < 0x20 || in.opcode > 0x27
	case vectorMaps:
		return false
	}
	return true
}
