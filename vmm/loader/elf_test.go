package loader

import (
	"slices"
	"testing"
)

func TestELFStartsAtItsEntryPoint(t *testing.T) {
	for class, mode := range map[byte]Mode{elfClass32: Protected, elfClass64: Long} {
		c := Config{RAM: memory(t, 4*mib), Kernel: Image{"k", withContents(makeELF(class, 0xc0100010, kernelSegments...))}}
		e := mustLoad(t, c)
		if e.Protocol != ELF || e.Mode != mode || e.RIP != 0x100010 {
			t.Errorf("class %d: %v, RIP %#x, want elf in %v mode at 0x100010", class, e, e.RIP, mode)
		}
		wantKernelSegments(t, c.RAM)
	}
}

func TestBadELFs(t *testing.T) {
	seg := func(change func(*segment)) []byte {
		s := slices.Clone(kernelSegments)
		change(&s[1])
		return withContents(makeELF(elfClass64, 0xc0100000, s...))
	}
	header := func(change func(b []byte)) []byte {
		b := withContents(makeELF(elfClass64, 0xc0100000, kernelSegments...))
		change(b)
		return b
	}
	for name, tt := range map[string]struct {
		b    []byte
		want string
	}{
		"four bytes":                {[]byte(elfMagic), "is no ELF image"},
		"class":                     {header(func(b []byte) { b[elfClass] = 3 }), "is corrupt: ELF class 3, data encoding 1"},
		"big-endian":                {header(func(b []byte) { b[elfData] = 2 }), "is corrupt: ELF class 2, data encoding 2"},
		"another machine":           {header(put16(elfMachine, 183)), "is for ELF machine 183, want 62 for a file of class 2"},
		"x32":                       {header(func(b []byte) { b[elfClass] = elfClass32 }), "is for ELF machine 62, want 3 for a file of class 1"},
		"ends in the header":        {header(func([]byte) {})[:40], "is truncated: 40 bytes, an ELF header has 64"},
		"no program headers":        {header(put16(56, 0)), "has 0 program headers, want 1 to 128"},
		"many of them":              {header(put16(56, 129)), "has 129 program headers, want 1 to 128"},
		"odd ones":                  {header(put16(54, 32)), "is corrupt: program headers of 32 bytes, want 56"},
		"beyond the file":           {header(put32(32, 0x2400)), "is truncated: 9216 bytes, its program headers are at 0x2400"},
		"far beyond the file":       {header(put32(36, 0xffffffff)), "is truncated: 9216 bytes, its program headers are at 0xffffffff00000040"},
		"entry point in no segment": {header(put32(24, 0xc0100800)), "is corrupt: its entry point 0xc0100800 is in no segment"},
		"segment beyond the file": {seg(func(s *segment) { s.offset = 0x2001 }),
			"is truncated: 9216 bytes, it has 1024 at 0x2001"},
		"segment that wraps in the file": {seg(func(s *segment) { s.offset = ^uint64(0) }),
			"is truncated: 9216 bytes, it has 1024 at 0xffffffffffffffff"},
		"more in the file than in memory": {seg(func(s *segment) { s.size = 1023 }),
			"is corrupt: a segment has 1024 bytes in the file and 1023 in memory"},
		"beyond memory": {seg(func(s *segment) { s.physical = 0x3ff000 }),
			"needs 12 KiB at 0x3ff000, which are not all memory: the VM has 4096 KiB"},
		"wraps in memory": {seg(func(s *segment) { s.physical = 0xffffffffffffffff }),
			"needs 12 KiB at 0xffffffffffffffff, which are not all memory: the VM has 4096 KiB"},
		"absurdly large": {seg(func(s *segment) { s.size = 1 << 62 }),
			"needs 4398046511104 MiB at 0x200000, which are not all memory: the VM has 4096 KiB"},
		"in the hole": {seg(func(s *segment) { s.physical = 0xa0000 }),
			"needs 12 KiB at 0xa0000, which are not all memory: the VM has 4096 KiB"},
		"over another segment": {seg(func(s *segment) { s.physical = 0x1007ff }),
			"needs 0x1007ff-0x1037ff, but a segment is at 0x100000-0x100800"},
		"over the loader's data": {seg(func(s *segment) { s.physical = 0x8f000 }),
			"needs 0x8f000-0x92000, but the loader's data is at 0x80000-0x90000"},
		"only notes to load": {withContents(makeELF(elfClass64, 0xc0100000,
			segment{segmentNote, 0x1000, 0, 0xc0100000, 0x100000, 0x1000})), "is corrupt: its entry point 0xc0100000 is in no segment"},
		"nothing to load": {withContents(makeELF(elfClass64, 0xc0100000,
			segment{segmentLoad, 0x1000, 0, 0xc0100000, 0x100000, 0})), "is corrupt: its entry point 0xc0100000 is in no segment"},
	} {
		wantError(t, name, Config{RAM: memory(t, 4*mib), Kernel: Image{"k", tt.b}, Protocol: ELF}, "kernel: k: "+tt.want)
	}
}

func TestELFEntryBeyond4GiBIsAnError(t *testing.T) {
	s := []segment{{segmentLoad, 0x1000, 0x100, 0x100000, 0x100000, 0x100}}
	b := withContents(makeELF(elfClass64, 0x100000, s...))
	if e := mustLoad(t, Config{RAM: memory(t, 4*mib), Kernel: Image{"k", b}}); e.RIP != 0x100000 {
		t.Errorf("RIP %#x, want 0x100000", e.RIP)
	}
	l := &load{Config: Config{Kernel: Image{Name: "k"}}}
	if _, err := l.enter(Long, 1<<32, 0, 0); keyed(err) != "kernel: k: its entry point 0x100000000 is beyond 4 GiB" {
		t.Errorf("%v", err)
	}
}

func TestPlainELFTakesNothingAlong(t *testing.T) {
	c := Config{RAM: memory(t, 4*mib), Kernel: Image{"k", withContents(makeELF(elfClass64, 0xc0100000, kernelSegments...))}}
	c.CommandLine = "a"
	wantError(t, "command line", c, "cmdline: protocol elf has none")
	c.CommandLine, c.Modules = "", []Module{module("m", 1, "")}
	wantError(t, "module", c, "modules[0]: m: protocol elf has no modules")
}
