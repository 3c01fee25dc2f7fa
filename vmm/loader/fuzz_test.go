package loader

import (
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

// fuzzImage loads an image by each of the protocols that it may be meant for
// and checks what comes back.
func fuzzImage(t *testing.T, m *ram.RAM, image []byte, line string, size uint16, protocols ...Protocol) {
	for _, p := range protocols {
		c := Config{RAM: m, Kernel: Image{"k", image}, Protocol: p, CommandLine: line}
		if p != ELF && size != 0 {
			c.Modules = []Module{module("m", int(size), line)}
		}
		e, err := Load(c)
		if err != nil {
			oneLine(t, err)
			continue
		}
		if at := e.CS.Base + e.RIP; !m.Contains(at, 1) {
			t.Errorf("%v: entry point at %#x, where there is no memory", p, at)
		}
		for name, at := range map[string]uint64{"RSI": e.RSI, "RBX": e.RBX, "GDT": e.GDT.Base, "CR3": e.CR3} {
			if !m.Contains(at, 1) {
				t.Errorf("%v: %s is %#x, where there is no memory", p, name, at)
			}
		}
	}
}

// small is an image of two sectors of real-mode code and little of the rest:
// the smaller the seeds, the further the fuzzer comes.
func small(change func(b []byte)) []byte {
	const code = 0x210
	return makeBzImage(func(b []byte) {
		b[hdrSetupSects] = 1
		put32(hdrSysSize, code/16)(b)
		if change != nil {
			change(b)
		}
	})[:2*sector+code]
}

// smallSegments are text and data with cleared memory, from the file's header.
var smallSegments = []segment{
	{segmentLoad, 0, 0x40, 0xc0100000, 0x100000, 0x40},
	{segmentLoad, 0x20, 0x20, 0xc0200000, 0x200000, 0x1000},
}

func FuzzBzImage(f *testing.F) {
	m := memory(f, 4*mib)
	f.Add(small(nil), "console=ttyS0", uint16(5000))
	f.Add(small(func(b []byte) { b[hdrLoadFlags] = 0 }), "", uint16(0))
	f.Add(small(func(b []byte) { b[hdrRelocatable] = 0 }), "a", uint16(1))
	f.Add(small(put16(hdrVersion, 0x202)), "", uint16(0xffff))
	f.Fuzz(func(t *testing.T, image []byte, line string, size uint16) {
		fuzzImage(t, m, image, line, size, Auto, Linux64, Linux32, Linux16)
	})
}

func FuzzELF(f *testing.F) {
	m := memory(f, 4*mib)
	for _, class := range []byte{elfClass32, elfClass64} {
		f.Add(makeELF(class, 0xc0100000, smallSegments...), "", uint16(0))
		n := uint64(len(makeELF(class, 0, make([]segment, 3)...)))
		notes := segment{kind: segmentNote, offset: n, fileSize: uint64(len(pvhNotes))}
		image := makeELF(class, 0xc0100000, append(slices.Clone(smallSegments), notes)...)
		f.Add(append(image, pvhNotes...), "console=ttyS0", uint16(5000))
	}
	f.Fuzz(func(t *testing.T, image []byte, line string, size uint16) {
		if size == 0 {
			fuzzImage(t, m, image, "", 0, ELF)
		}
		fuzzImage(t, m, image, line, size, Auto, PVH)
	})
}

func FuzzMultiboot(f *testing.F) {
	m := memory(f, 4*mib)
	f.Add(append(makeELF(elfClass32, 0xc0100020, smallSegments...), mbHeader(3)...), "root=hd0", uint16(5000))
	f.Add(mbKernel(0x60, 0x20, mbHeader(mbHasAddress, 0x100020, 0x100000, 0x100060, 0x102000, 0x100000)), "", uint16(1))
	f.Add(mbKernel(0x40, 0, mbHeader(mbHasAddress, 0x100000, 0x100000, 0, 0, 0x100000)), "", uint16(0))
	f.Add(mbKernel(0x60, 0, mb2Header(mb2Tag(mb2TagAddress, 0, 0x100000, 0x100000, 0, 0), mb2Tag(mb2TagEntry, 0, 0x100000), mb2End)), "x", uint16(10))
	f.Fuzz(func(t *testing.T, image []byte, line string, size uint16) {
		fuzzImage(t, m, image, line, size, Auto, Multiboot, Multiboot2)
	})
}
