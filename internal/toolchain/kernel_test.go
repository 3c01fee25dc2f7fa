package toolchain

import (
	"debug/elf"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

// What the tests that look at the built kernel share.

// repository is the root of the source tree.
const repository = "../.."

// watchSources looks at every source file, so that go test does not give the
// result of an earlier run when the kernel has changed: it sees which files a
// test reads, and not those that its children do.
func watchSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(repository, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (e.Name() == "build" || e.Name() == ".git") {
			return filepath.SkipDir
		}
		if ext := filepath.Ext(name); ext == ".go" || ext == ".s" || ext == ".mod" {
			_, err = os.Stat(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// code is the symbols and the machine code of a program.
type code struct {
	symbols map[string]elf.Symbol
	names   map[uint64]string // of functions, by address
	text    []byte
	start   uint64 // address of text
}

// buildKernel builds the kernel and reads its code.
func buildKernel(t *testing.T) *code {
	t.Helper()
	watchSources(t)
	var log strings.Builder
	r, err := Build(t.Context(), Options{Root: repository, Out: t.TempDir(), Log: &log})
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	f, err := elf.Open(r.ELF)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	section := f.Section(".text")
	text, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	c := &code{map[string]elf.Symbol{}, map[uint64]string{}, text, section.Addr}
	for _, s := range symbols {
		c.symbols[s.Name] = s
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			c.names[s.Value] = s.Name
		}
	}
	return c
}

// function is the symbol and the machine code of a function.
func (c *code) function(t *testing.T, name string) (elf.Symbol, []byte) {
	t.Helper()
	s, ok := c.symbols[name]
	if !ok {
		t.Fatalf("the kernel has no function %s", name)
	}
	return s, c.text[s.Value-c.start:][:s.Size]
}

// calls lists the functions that a function calls or jumps to by name.
func (c *code) calls(t *testing.T, name string) (list []string) {
	t.Helper()
	s, b := c.function(t, name)
	for at := s.Value; len(b) > 0; {
		in, err := x86asm.Decode(b, 64)
		if err != nil && strings.HasSuffix(name, ".abi0") {
			return list // assembly with instructions that x86asm does not know
		}
		if err != nil {
			t.Fatalf("%s+%#x: %v", name, at-s.Value, err)
		}
		at, b = at+uint64(in.Len), b[in.Len:]
		distance, ok := in.Args[0].(x86asm.Rel)
		if to := at + uint64(int64(distance)); ok && (to < s.Value || to >= s.Value+s.Size) {
			list = append(list, c.names[to])
		}
	}
	return list
}
