package emulate

import (
	"fmt"

	"golang.org/x/arch/x86/x86asm"
)

// Length is the number of bytes of the first instruction in code, as code of
// 16, 32 or 64 bits (x86.State.CodeBits). The error says why there is none.
func Length(code []byte, bits int) (int, error) {
	var in inst
	if err := in.parse(code, bits); err != nil {
		return 0, err
	}
	return int(in.length), nil
}

// Disassemble is the first instruction in code, which is at rip, in GNU syntax
// and its length in bytes. What is no instruction is shown as ".byte" with
// length 1.
func Disassemble(code []byte, bits int, rip uint64) (text string, length int) {
	if len(code) == 0 {
		return "", 0
	}
	length, err := Length(code, bits)
	if err != nil {
		return fmt.Sprintf(".byte %#02x", code[0]), 1
	}
	i, err := x86asm.Decode(code[:length], bits)
	if err != nil {
		return fmt.Sprintf("(not known) % x", code[:length]), length
	}
	return x86asm.GNUSyntax(i, rip, nil), length
}
