package loader

import (
	"testing"

	"github.com/ringo-vmm/ringo/boot"
)

// mb2Header is a multiboot 2 header with these tags, each of which is padded.
func mb2Header(tags ...[]byte) []byte {
	size := mb2Size
	for _, t := range tags {
		size += int(alignUp(uint64(len(t)), mb2Align))
	}
	b := le.AppendUint32(nil, mb2Magic)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, uint32(size))
	b = le.AppendUint32(b, -(mb2Magic + uint32(size)))
	for _, t := range tags {
		b = append(b, t...)
		for len(b)%mb2Align != 0 {
			b = append(b, 0)
		}
	}
	return b
}

// mb2Tag is a tag with these fields.
func mb2Tag(kind, flags uint16, fields ...uint32) []byte {
	b := le.AppendUint16(nil, kind)
	b = le.AppendUint16(b, flags)
	b = le.AppendUint32(b, uint32(mb2TagSize+4*len(fields)))
	for _, f := range fields {
		b = le.AppendUint32(b, f)
	}
	return b
}

var mb2End = mb2Tag(mb2TagEnd, 0)

func TestMultiboot2ELF(t *testing.T) {
	image := withContents(makeELF(elfClass32, 0xc0100020, kernelSegments...))
	copy(image[0x1f00-0x1000:], mb2Header(mb2Tag(mb2TagRequest, 0, 6), mb2Tag(99, mb2Optional), mb2End))
	c := Config{
		RAM: memory(t, 16*mib), Kernel: Image{"k", image}, CommandLine: "root=hd0 -v",
		Modules: []Module{module("a", 5000, "first module"), module("b", 4096, ""), module("c", 1, "x")},
	}
	e := mustLoad(t, c)
	if e.Protocol != Multiboot2 || e.Mode != Protected || e.RIP != 0x100020 || e.RAX != mb2BootMagic {
		t.Errorf("%v, RIP %#x, RAX %#x, want multiboot2 at 0x100020", e, e.RIP, e.RAX)
	}
	wantKernelSegments(t, c.RAM)
	i := handover(t, c.RAM, e)
	if i.Protocol != boot.Multiboot2 || i.CommandLine() != c.CommandLine || i.Loader() != "Ringo" {
		t.Errorf("%v, command line %q, loader %q", i.Protocol, i.CommandLine(), i.Loader())
	}
	wantModules(t, c, i)
	wantMap(t, i, 16*mib)
}

func TestMultiboot2ByAddresses(t *testing.T) {
	address := mb2Tag(mb2TagAddress, 0, 0x100100, 0x100000, 0, 0)
	k := mbKernel(0x1000, 0x100, mb2Header(address, mb2Tag(mb2TagEntry, 0, 0x100010), mb2End))
	m := memory(t, 4*mib)
	e := mustLoad(t, Config{RAM: m, Kernel: Image{"k", k}})
	if e.Protocol != Multiboot2 || e.RIP != 0x100010 {
		t.Errorf("%v at %#x", e, e.RIP)
	}
	if got := read(t, m, 0x100000, len(k)); string(got) != string(k) {
		t.Error("the kernel is not where it belongs")
	}
}

func TestBadMultiboot2Images(t *testing.T) {
	other := mb2Header(mb2End)
	other[4], other[12] = 4, other[12]-4
	for name, tt := range map[string]struct {
		header []byte
		want   string
	}{
		"another architecture": {other, "is for multiboot 2 architecture 4, and this is a PC, 0"},
		"unknown tag":          {mb2Header(mb2Tag(99, 0), mb2End), "needs multiboot 2 features that do not exist: tag 99"},
		"tag without size":     {mb2Header([]byte{4, 0, 0, 0, 0, 0, 0, 0}), "is corrupt: a multiboot 2 tag of 0 bytes, 8 are left"},
		"tag too long":         {mb2Header([]byte{4, 0, 0, 0, 99, 0, 0, 0}), "is corrupt: a multiboot 2 tag of 99 bytes, 8 are left"},
		"short address tag":    {mb2Header(mb2Tag(mb2TagAddress, 0, 1), mb2End), "is corrupt: a multiboot 2 address tag of 12 bytes"},
		"short entry tag":      {mb2Header(mb2Tag(mb2TagEntry, 0), mb2End), "is corrupt: a multiboot 2 entry tag of 8 bytes"},
		"no entry":             {mb2Header(mb2Tag(mb2TagAddress, 0, 0x100100, 0x100000, 0, 0), mb2End), "is corrupt: its multiboot 2 header has an address tag and no entry tag"},
		"no ELF":               {mb2Header(mb2End), "is no ELF image"},
	} {
		c := Config{RAM: memory(t, 4*mib), Kernel: Image{"k", mbKernel(0x1000, 0x100, tt.header)}, Protocol: Multiboot2}
		wantError(t, name, c, "kernel: k: "+tt.want)
	}
	elf := withContents(makeELF(elfClass32, 0xc0100020, kernelSegments...))
	copy(elf[0x1f00-0x1000:], mb2Header(mb2Tag(mb2TagEntry, 0, 0xfffff), mb2End))
	wantError(t, "entry in no segment", Config{RAM: memory(t, 16*mib), Kernel: Image{"k", elf}}, "kernel: k: is corrupt: its multiboot entry point 0xfffff is in no segment")
	wantError(t, "no header", Config{RAM: memory(t, 4*mib), Kernel: Image{"k", pattern(40000)}, Protocol: Multiboot2}, "kernel: k: has no multiboot 2 header")
}
