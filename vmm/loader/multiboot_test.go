package loader

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/boot"
)

// mbHeader is a multiboot header with these flags and address fields.
func mbHeader(flags uint32, addresses ...uint32) []byte {
	b := le.AppendUint32(nil, mbMagic)
	b = le.AppendUint32(b, flags)
	b = le.AppendUint32(b, -(mbMagic + flags))
	for _, a := range addresses {
		b = le.AppendUint32(b, a)
	}
	return b
}

// mbKernel is a file with a multiboot header at an offset.
func mbKernel(size, offset int, header []byte) []byte {
	b := pattern(size)
	copy(b[offset:], header)
	return b
}

func TestMultibootELF(t *testing.T) {
	for name, class := range map[string]byte{"32-bit": elfClass32, "64-bit": elfClass64} {
		image := withContents(makeELF(class, 0xc0100020, kernelSegments...))
		copy(image[0x1ff4-0x1000:], mbHeader(3))
		c := Config{
			RAM:         memory(t, 16*mib),
			Kernel:      Image{"gnumach", image},
			CommandLine: "root=hd0 -v",
			Modules:     []Module{module("a", 5000, "first module"), module("b", 4096, ""), module("c", 1, "x")},
		}
		e := mustLoad(t, c)
		if e.Protocol != Multiboot || e.Mode != Protected || e.RIP != 0x100020 || e.RAX != 0x2badb002 {
			t.Errorf("%s: %v, RIP %#x, RAX %#x, want multiboot at 0x100020", name, e, e.RIP, e.RAX)
		}
		wantKernelSegments(t, c.RAM)
		i := handover(t, c.RAM, e)
		if i.Protocol != boot.Multiboot1 || i.CommandLine() != c.CommandLine || i.Loader() != "Ringo" {
			t.Errorf("%s: %v, command line %q, loader %q", name, i.Protocol, i.CommandLine(), i.Loader())
		}
		wantModules(t, c, i)
		wantMap(t, i, 16*mib)
		info := read(t, c.RAM, e.RBX, mbInfoSize)
		if lower, upper := le.Uint32(info[mbMemLower:]), le.Uint32(info[mbMemUpper:]); lower != 639 || upper != 15*1024 {
			t.Errorf("%s: %d KiB and %d KiB of memory, want 639 and 15360", name, lower, upper)
		}
	}
}

func TestMultibootByAddresses(t *testing.T) {
	const has = mbHasAddress | 3
	for name, tt := range map[string]struct {
		offset         int
		addresses      []uint32
		entry          uint64
		from, n, clear int // of the file
	}{
		"part of the file":       {0x400, []uint32{0x100400, 0x100000, 0x101000, 0x103000, 0x100500}, 0x100500, 0, 0x1000, 0x2000},
		"from the header on":     {0x400, []uint32{0x100000, 0x100000, 0x101000, 0x101000, 0x100020}, 0x100020, 0x400, 0x1000, 0},
		"to the end of the file": {0x100, []uint32{0x100100, 0x100000, 0, 0, 0x1017ff}, 0x1017ff, 0, 0x1800, 0},
		"to the end and cleared": {0x1fe0 - 0x800, []uint32{0x200000, 0x200000, 0, 0x201000, 0x200000}, 0x200000, 0x17e0, 0x20, 0xfe0},
	} {
		image := mbKernel(0x1800, tt.offset, mbHeader(has, tt.addresses...))
		c := Config{RAM: memory(t, 4*mib), Kernel: Image{"k", image}}
		e := mustLoad(t, c)
		if e.Protocol != Multiboot || e.RIP != tt.entry {
			t.Errorf("%s: %v, RIP %#x, want %#x", name, e, e.RIP, tt.entry)
		}
		want := append(slices.Clone(image[tt.from:][:tt.n]), make([]byte, tt.clear)...)
		want = append(want, poison)
		if !bytes.Equal(read(t, c.RAM, uint64(tt.addresses[1]), len(want)), want) {
			t.Errorf("%s: memory is not as the header says", name)
		}
	}
}

func TestModulesAreOutOfTheKernelsWay(t *testing.T) {
	image := mbKernel(0x1000, 0, mbHeader(mbHasAddress, 0x101800, 0x101800, 0, 0x103001, 0x101800))
	c := Config{RAM: memory(t, 4*mib), Kernel: Image{"k", image}, Modules: []Module{
		module("fits below", 0x1000, ""), module("does not", 0x1000, ""), module("follows", 1, ""),
	}}
	mods := handover(t, c.RAM, mustLoad(t, c)).Modules()
	for k, want := range []uint64{0x100000, 0x104000, 0x105000} {
		if mods[k].Start != want {
			t.Errorf("module %q at %#x, want %#x", c.Modules[k].Name, mods[k].Start, want)
		}
	}
}

func TestBadMultibootImages(t *testing.T) {
	const has = mbHasAddress
	at := func(addresses ...uint32) []byte { return mbKernel(0x1000, 0x100, mbHeader(has, addresses...)) }
	for name, tt := range map[string]struct {
		b    []byte
		want string
	}{
		"no header":              {pattern(9000), "has no multiboot header"},
		"header too far":         {mbKernel(9000, 8192-8, mbHeader(0)), "has no multiboot header"},
		"header not aligned":     {mbKernel(9000, 6, mbHeader(0)), "has no multiboot header"},
		"checksum":               {mbKernel(9000, 0, append(mbHeader(0)[:8], 1, 2, 3, 4)), "has no multiboot header"},
		"unknown features":       {mbKernel(9000, 0, mbHeader(0x18)), "needs multiboot features that do not exist: flags 0x18"},
		"header cut short":       {mbKernel(0x120, 0x108, mbHeader(has)), "is corrupt: its multiboot header at 0x108 is cut short"},
		"no ELF":                 {mbKernel(9000, 0, mbHeader(0)), "is no ELF image"},
		"header before the load": {at(0x100000, 0x100001, 0, 0, 0x100001), "is corrupt: multiboot header at 0x100 of the file and 0x100000 in memory, load address 0x100001"},
		"load before the file":   {at(0x100101, 0x100000, 0, 0, 0x100000), "is corrupt: multiboot header at 0x100 of the file and 0x100101 in memory, load address 0x100000"},
		"end before the load":    {at(0x100100, 0x100000, 0xfffff, 0, 0x100000), "is corrupt: multiboot load address 0x100000, end 0xfffff"},
		"end beyond the file":    {at(0x100100, 0x100000, 0x101001, 0, 0x100000), "is truncated: its multiboot header wants 4097 bytes, 4096 are there"},
		"cleared before the end": {at(0x100100, 0x100000, 0x101000, 0x100fff, 0x100000), "is corrupt: multiboot data ends at 0x101000, cleared memory at 0x100fff"},
		"entry outside":          {at(0x100100, 0x100000, 0x101000, 0, 0x101000), "is corrupt: its multiboot entry point 0x101000 is outside of 0x100000-0x101000"},
		"entry before":           {at(0x100100, 0x100000, 0x101000, 0, 0xfffff), "is corrupt: its multiboot entry point 0xfffff is outside of 0x100000-0x101000"},
		"beyond memory":          {at(0xfffff100, 0xfffff000, 0, 0, 0xfffff000), "needs 4096 bytes at 0xfffff000, which are not all memory: the VM has 4096 KiB"},
		"cleared beyond memory":  {at(0x100100, 0x100000, 0, 0xfffffff0, 0x100000), "needs 4095 MiB at 0x100000, which are not all memory: the VM has 4096 KiB"},
		"over the loader's data": {at(0x80100, 0x80000, 0, 0, 0x80000), "needs 0x80000-0x81000, but the loader's data is at 0x80000-0x90000"},
	} {
		wantError(t, name, Config{RAM: memory(t, 4*mib), Kernel: Image{"k", tt.b}, Protocol: Multiboot}, "kernel: k: "+tt.want)
	}
}

func TestModulesThatDoNotFit(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"empty": {func(c *Config) { c.Modules = append(c.Modules, module("m", 0, "")) }, "modules[0]: m: is empty"},
		"large": {func(c *Config) { c.Modules = append(c.Modules, module("m", 3*mib, "")) },
			"modules[0]: m: 3072 KiB do not fit beside the kernel: the VM has 4096 KiB"},
		"long command line": {func(c *Config) { c.Modules = append(c.Modules, module("m", 1, strings.Repeat("a", 1<<16))) },
			"modules[0]: 65537 bytes, the loader has room for 65488"},
		"very many": {func(c *Config) {
			for range 700 {
				c.Modules = append(c.Modules, module("m", 1, strings.Repeat("a", 80)))
			}
		}, "modules[0]: 81 bytes, the loader has room for 16"},
		"long kernel command line": {func(c *Config) { c.CommandLine = strings.Repeat("a", 1<<16) }, "cmdline: 65537 bytes, the loader has room for 65504"},
	} {
		c := Config{RAM: memory(t, 4*mib), Kernel: Image{"k", mbKernel(0x1000, 0, mbHeader(mbHasAddress, 0x100000, 0x100000, 0, 0, 0x100000))}}
		tt.change(&c)
		wantError(t, name, c, tt.want)
	}
}
