package loader

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/boot"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

const mib = 1 << 20

// poison is what a guest's memory is full of, so that nothing can rely on zero.
const poison = 0xcc

// memory is a guest's memory of size bytes.
func memory(t testing.TB, size int) *ram.RAM {
	t.Helper()
	var blocks []ram.Block
	for range size / ram.BlockSize {
		blocks = append(blocks, ram.Block{Data: bytes.Repeat([]byte{poison}, ram.BlockSize)})
	}
	m, err := ram.New(blocks)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// read is n bytes at gpa.
func read(t testing.TB, m *ram.RAM, gpa uint64, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if err := m.Read(gpa, b); err != nil {
		t.Fatal(err)
	}
	return b
}

// text is the string at gpa.
func text(t testing.TB, m *ram.RAM, gpa uint64) string {
	t.Helper()
	s, _, ok := strings.Cut(string(read(t, m, gpa, 0x1000)), "\x00")
	if !ok {
		t.Fatalf("no end to the string at %#x", gpa)
	}
	return s
}

// pattern is n bytes that do not repeat soon.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// module is a module of n bytes.
func module(name string, n int, line string) Module {
	return Module{Image{name, pattern(n)}, "modules[0]", line}
}

// mustLoad is Load, which must succeed.
func mustLoad(t *testing.T, c Config) Entry {
	t.Helper()
	e, err := Load(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// keyed is an error behind the key that it is about.
func keyed(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.ConfigKey() + ": " + e.Error()
	}
	return fmt.Sprint("not an Error: ", err)
}

// wantError fails unless Load fails with exactly this line, behind its key.
func wantError(t *testing.T, name string, c Config, want string) {
	t.Helper()
	if _, err := Load(c); keyed(err) != want {
		t.Errorf("%s:\n got %s\nwant %s", name, keyed(err), want)
	}
}

// makeBzImage makes a relocatable kernel image with a 64-bit entry point, five
// sectors of real-mode code and 8 KiB of the rest, and lets change modify it.
// The offsets are those of boot.rst, on purpose not this package's constants.
func makeBzImage(change func(b []byte)) []byte {
	const setup, code = 5 * 512, 8192
	b := pattern(setup + code)
	clear(b[0x1f1:0x26c])
	b[0x1f1] = 4
	put32(0x1f4, code/16)(b)
	put16(0x1fe, 0xaa55)(b)
	copy(b[0x200:], "\xeb\x6aHdrS")
	put16(0x206, 0x20f)(b)
	b[0x211] = 1
	put32(0x214, 0x100000)(b)
	put32(0x22c, 0x7fffffff)(b)
	put32(0x230, 0x10000)(b)
	b[0x234] = 1
	put16(0x236, 1)(b)
	put32(0x238, 100)(b)
	put32(0x258, 0x200000)(b)
	put32(0x260, 0x20000)(b)
	if change != nil {
		change(b)
	}
	return b
}

// makeELF makes the headers of an ELF image.
func makeELF(class byte, entry uint64, segments ...segment) []byte {
	var b bytes.Buffer
	var header any
	var headers []any
	ident := [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', class, 1}
	n := uint16(len(segments))
	if class == elfClass32 {
		header = elf.Header32{Ident: ident, Machine: 3, Entry: uint32(entry), Phoff: 52, Phentsize: 32, Phnum: n}
	} else {
		header = elf.Header64{Ident: ident, Machine: 62, Entry: entry, Phoff: 64, Phentsize: 56, Phnum: n}
	}
	for _, s := range segments {
		if class == elfClass32 {
			headers = append(headers, elf.Prog32{Type: s.kind, Off: uint32(s.offset), Vaddr: uint32(s.virtual), Paddr: uint32(s.physical),
				Filesz: uint32(s.fileSize), Memsz: uint32(s.size)})
		} else {
			headers = append(headers, elf.Prog64{Type: s.kind, Off: s.offset, Vaddr: s.virtual, Paddr: s.physical, Filesz: s.fileSize, Memsz: s.size})
		}
	}
	for _, h := range append([]any{header}, headers...) {
		if err := binary.Write(&b, binary.LittleEndian, h); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

// kernelSegments is a segment of text at 1 MiB and one of data with cleared
// memory at 2 MiB, both linked 0xc0000000 higher.
var kernelSegments = []segment{
	{1, 0x1000, 0x800, 0xc0100000, 0x100000, 0x800},
	{1, 0x2000, 0x400, 0xc0200000, 0x200000, 0x3000},
}

// withContents appends the pages that kernelSegments are in.
func withContents(b []byte) []byte {
	b = append(b, make([]byte, 0x1000-len(b))...)
	b = append(b, pattern(0x1000)...)
	return append(b, pattern(0x400)...)
}

// wantKernelSegments fails unless kernelSegments are in memory.
func wantKernelSegments(t *testing.T, m *ram.RAM) {
	t.Helper()
	if !bytes.Equal(read(t, m, 0x100000, 0x800), pattern(0x1000)[:0x800]) || read(t, m, 0x100800, 1)[0] != poison {
		t.Error("text is not as in the file")
	}
	want := append(pattern(0x400), make([]byte, 0x2c00)...)
	if !bytes.Equal(read(t, m, 0x200000, 0x3000), want) || read(t, m, 0x203000, 1)[0] != poison {
		t.Error("data is not as in the file, with cleared memory behind")
	}
}

// hostMemory is a guest's memory as the boot package sees it.
type hostMemory struct {
	t *testing.T
	m *ram.RAM
}

func (h hostMemory) Bytes(pa uint64, n int) []byte {
	if !h.m.Contains(pa, uint64(n)) {
		return nil
	}
	return read(h.t, h.m, pa, n)
}

// handover is what a guest finds: our own kernel's parser reads it.
func handover(t *testing.T, m *ram.RAM, e Entry) *boot.Info {
	t.Helper()
	i := new(boot.Info)
	if err := i.Parse(uint32(e.RAX), e.RBX, hostMemory{t, m}); err != nil {
		t.Fatal(err)
	}
	for _, p := range i.Problems() {
		t.Error(p)
	}
	return i
}

func put16(off int, v uint16) func([]byte) {
	return func(b []byte) { binary.LittleEndian.PutUint16(b[off:], v) }
}

func put32(off int, v uint32) func([]byte) {
	return func(b []byte) { binary.LittleEndian.PutUint32(b[off:], v) }
}
