package loader

import (
	"bytes"
	"encoding/binary"
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
	return Module{Image{name, pattern(n)}, line}
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

// wantError fails unless Load fails with exactly this line.
func wantError(t *testing.T, name string, c Config, want string) {
	t.Helper()
	if _, err := Load(c); err == nil || err.Error() != want {
		t.Errorf("%s:\n got %v\nwant %s", name, err, want)
	}
}

// bzImage makes a relocatable kernel image with a 64-bit entry point, 5 sectors
// of real-mode code and 8 KiB of the rest, and lets change modify it.
func makeBzImage(change func(b []byte)) []byte {
	const setup, code = 5 * sector, 8192
	b := pattern(setup + code)
	clear(b[hdrSetupSects:hdrEnd])
	b[hdrSetupSects] = setup/sector - 1
	le.PutUint32(b[hdrSysSize:], code/16)
	le.PutUint16(b[hdrBootFlag:], bootFlag)
	copy(b[hdrJump:], []byte{0xeb, hdrEnd - hdrMagic})
	copy(b[hdrMagic:], headerMagic)
	le.PutUint16(b[hdrVersion:], 0x20f)
	b[hdrLoadFlags] = loadedHigh
	le.PutUint32(b[hdrCode32Start:], defaultLoad)
	le.PutUint32(b[hdrInitrdAddrMax:], 0x7fffffff)
	le.PutUint32(b[hdrAlignment:], 0x10000)
	b[hdrRelocatable] = 1
	le.PutUint16(b[hdrXLoadFlags:], xlfKernel64)
	le.PutUint32(b[hdrCmdLineSize:], 100)
	le.PutUint64(b[hdrPrefAddress:], 0x200000)
	le.PutUint32(b[hdrInitSize:], 0x20000)
	if change != nil {
		change(b)
	}
	return b
}

// makeELF makes an ELF image with a page of the file for each segment, whose
// contents are its pattern, and lets change modify the segments first.
func makeELF(class byte, entry uint64, segments ...segment) []byte {
	x := elfLayouts[class]
	word := func(b []byte, v uint64) {
		if class == elfClass32 {
			le.PutUint32(b, uint32(v))
		} else {
			le.PutUint64(b, v)
		}
	}
	b := make([]byte, x.headerSize+len(segments)*x.phSize)
	copy(b, elfMagic)
	b[elfClass], b[elfData] = class, elfLittle
	le.PutUint16(b[elfMachine:], x.machine)
	word(b[x.entry:], entry)
	word(b[x.phoff:], uint64(x.headerSize))
	le.PutUint16(b[x.phentsize:], uint16(x.phSize))
	le.PutUint16(b[x.phnum:], uint16(len(segments)))
	for i, s := range segments {
		h := b[x.headerSize+i*x.phSize:]
		le.PutUint32(h, s.kind)
		word(h[x.offset:], s.offset)
		word(h[x.virtual:], s.virtual)
		word(h[x.physical:], s.physical)
		word(h[x.fileSize:], s.fileSize)
		word(h[x.memSize:], s.size)
	}
	return b
}

// kernelSegments is a segment of text at 1 MiB and one of data with cleared
// memory at 2 MiB, both linked 0xc0000000 higher.
var kernelSegments = []segment{
	{segmentLoad, 0x1000, 0x800, 0xc0100000, 0x100000, 0x800},
	{segmentLoad, 0x2000, 0x400, 0xc0200000, 0x200000, 0x3000},
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
