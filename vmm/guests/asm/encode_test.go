package asm_test

import (
	"encoding/hex"
	"regexp"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/guests/asm"
	"golang.org/x/arch/x86/x86asm"
)

// assemble is the code of one call, with a label end behind it.
func assemble(bits int, emit func(*asm.Assembler)) ([]byte, error) {
	a := asm.New(0x8000, bits)
	emit(a)
	a.Label("end")
	return a.Assemble()
}

func TestEncodingIsThatOfTheGNUAssembler(t *testing.T) {
	for _, in := range instructions {
		for i, bits := range []int{16, 32, 64} {
			if in.code[i] == "" {
				continue
			}
			code, err := assemble(bits, in.emit)
			if err != nil {
				t.Errorf("%s (%d bits): %v", in.text, bits, err)
				continue
			}
			if got := strings.ReplaceAll(hex.EncodeToString(code), " ", ""); got != strings.ReplaceAll(in.code[i], " ", "") {
				t.Errorf("%s (%d bits): % x, not %s", in.text, bits, code, in.code[i])
			}
		}
	}
}

// undecoded is what x86asm does not know, or prints in a way of its own.
var undecoded = regexp.MustCompile(`^(syscall|sysret|vm|stgi|clgi|skinit|invlpga|fs |addr)`)

// canonical rewrites x86asm's text: without the operands that string and x87
// instructions always have, and without prefixes that the mnemonic says.
func canonical(text string) string {
	text = regexp.MustCompile(`((movs|cmps|stos|lods|scas)[bwdq]) .*`).ReplaceAllString(text, "$1")
	text = strings.NewReplacer("data16 ", "", "data32 ", "", "st1, st0", "st1, st0",
		" st0, ", " ", ", st0", "", " st0", "").Replace(text)
	return strings.NewReplacer("rex.W ", "", "tbyte ptr", "ptr").Replace(text)
}

func TestDisassemblyIsWhatWasMeant(t *testing.T) {
	for _, in := range instructions {
		for i, bits := range []int{16, 32, 64} {
			if in.code[i] == "" || undecoded.MatchString(in.text) {
				continue
			}
			code, _ := assemble(bits, in.emit)
			d, err := x86asm.Decode(code, bits)
			if err != nil {
				t.Errorf("%s (%d bits): %v", in.text, bits, err)
				continue
			}
			got := canonical(x86asm.IntelSyntax(d, 0, nil))
			if want := canonical(in.text); got != want || d.Len != len(code) {
				t.Errorf("%d bits: %q, not %q, in %d of the %d bytes % x", bits, got, want, d.Len, len(code), code)
			}
		}
	}
}
