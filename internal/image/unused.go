package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// What the kernel has in its image and never touches: scratch memory of the Go
// library's random source for a mode that the kernel is never in. It is 32 MiB of
// what a loader clears, and costs no room in the file.
const (
	unusedSymbol = "crypto/internal/fips140/drbg.memory"
	// unusedVariable is where the kernel finds its address and size, two words.
	unusedVariable = "main.unusedImage"
)

// Unused is how many bytes of a program's image the kernel may use for something
// else.
func Unused(f *elf.File) uint64 {
	symbols, _ := f.Symbols() // none are none
	size, asks := uint64(0), false
	for i := range symbols {
		switch symbols[i].Name {
		case unusedSymbol:
			size = symbols[i].Size
		case unusedVariable:
			asks = true
		}
	}
	if !asks {
		return 0
	}
	return size
}

// NoteUnused tells the kernel in b, a Go ELF64 executable, which part of its image
// it may use for something else. b is changed in place. A kernel that has no such
// part, or does not ask, is left as it is.
func NoteUnused(b []byte) error {
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("unused memory: %w", err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		return fmt.Errorf("unused memory: %w", err)
	}
	var unused, variable *elf.Symbol
	for i := range symbols {
		switch symbols[i].Name {
		case unusedSymbol:
			unused = &symbols[i]
		case unusedVariable:
			variable = &symbols[i]
		}
	}
	if unused == nil || variable == nil {
		return nil
	}
	for _, p := range f.Progs {
		if at := variable.Value - p.Vaddr; p.Type == elf.PT_LOAD && variable.Value >= p.Vaddr && at+16 <= p.Filesz && p.Off+at+16 <= uint64(len(b)) {
			binary.LittleEndian.PutUint64(b[p.Off+at:], unused.Value)
			binary.LittleEndian.PutUint64(b[p.Off+at+8:], unused.Size)
			return nil
		}
	}
	return fmt.Errorf("unused memory: %s is not in the file", unusedVariable)
}
