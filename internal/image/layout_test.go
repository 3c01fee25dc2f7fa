package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"strings"
	"testing"
)

// tiny is a program of two segments, as small as Boot takes them.
func tiny() []byte { return build(func(*elf.Header64, []elf.Prog64) {}) }

// build is tiny after change has had its way with the headers.
func build(change func(*elf.Header64, []elf.Prog64)) []byte {
	h := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1, Entry: 0x100f800,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 3, Shentsize: 64,
	}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	ps := []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: 0x100f000, Paddr: 0x100f000, Filesz: 0x1800, Memsz: 0x1800},
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: 0x2000, Vaddr: 0x1011000, Paddr: 0x1011000, Filesz: 0x10, Memsz: 0x2000},
		{Type: uint32(elf.PT_GNU_STACK)},
	}
	change(&h, ps)
	var w bytes.Buffer
	binary.Write(&w, binary.LittleEndian, h)
	binary.Write(&w, binary.LittleEndian, ps)
	return append(w.Bytes(), make([]byte, 0x2010-w.Len())...)
}

func TestBootRefusesWhatLoadersCannotLoad(t *testing.T) {
	type headers = func(*elf.Header64, []elf.Prog64)
	for _, c := range []struct {
		name   string
		change headers
		want   string
	}{
		{"another processor", func(h *elf.Header64, _ []elf.Prog64) { h.Machine = uint16(elf.EM_AARCH64) }, "want an ELF64 for x86-64"},
		{"position-independent", func(h *elf.Header64, _ []elf.Prog64) { h.Type = uint16(elf.ET_DYN) }, "fixed addresses"},
		{"dynamically linked", func(_ *elf.Header64, p []elf.Prog64) { p[2].Type = uint32(elf.PT_INTERP) }, "CGO_ENABLED=0"},
		{"program headers elsewhere", func(h *elf.Header64, _ []elf.Prog64) { h.Phoff = 120; h.Phnum = 2 }, "behind the file header"},
		{"nothing to load", func(_ *elf.Header64, p []elf.Prog64) { p[0].Type, p[1].Type = 0, 0 }, "no segment"},
		{"headers not mapped", func(_ *elf.Header64, p []elf.Prog64) { p[0].Off = 0x800 }, "does not map the header page"},
		{"header page cut", func(_ *elf.Header64, p []elf.Prog64) { p[0].Filesz = 0x800 }, "does not map the header page"},
		{"file cut", func(_ *elf.Header64, p []elf.Prog64) { p[1].Filesz = 0x11 }, "not in the file"},
		{"file range wraps", func(_ *elf.Header64, p []elf.Prog64) { p[1].Filesz, p[1].Memsz = 1<<63-1, 1<<63-1 }, "not in the file"},
		{"more file than memory", func(_ *elf.Header64, p []elf.Prog64) { p[1].Memsz = 0xf }, "not in the file"},
		{"physical is not virtual", func(_ *elf.Header64, p []elf.Prog64) { p[1].Paddr = 0 }, "want them equal"},
		{"below 1 MiB", func(_ *elf.Header64, p []elf.Prog64) { p[0].Vaddr, p[0].Paddr = 0xf000, 0xf000 }, "not between"},
		{"above 4 GiB", func(_ *elf.Header64, p []elf.Prog64) { p[1].Vaddr, p[1].Paddr = 1<<32, 1<<32 }, "not between"},
		{"up to 4 GiB", func(_ *elf.Header64, p []elf.Prog64) { p[1].Memsz = 1<<32 - p[1].Vaddr }, "not between"},
		{"memory wraps", func(_ *elf.Header64, p []elf.Prog64) { p[1].Memsz = 1<<64 - 1 }, "not between"},
		{"overlap", func(_ *elf.Header64, p []elf.Prog64) { p[1].Vaddr, p[1].Paddr = 0x1010000, 0x1010000 }, "overlaps"},
		{"out of order", func(_ *elf.Header64, p []elf.Prog64) { p[0], p[1] = p[1], p[0] }, "does not map the header page"},
		{"gap in memory", func(_ *elf.Header64, p []elf.Prog64) { p[1].Vaddr, p[1].Paddr = 0x1012000, 0x1012000 }, "link with -R 0x1000"},
		{"zeroed memory in the middle", func(_ *elf.Header64, p []elf.Prog64) { p[0].Memsz = 0x1900 }, "zeroed memory"},
		{"entry outside", func(h *elf.Header64, _ []elf.Prog64) { h.Entry = 0x2000000 }, "entry point 0x2000000"},
		{"entry in data", func(h *elf.Header64, _ []elf.Prog64) { h.Entry = 0x1011000 }, "entry point 0x1011000"},
		{"no PT_GNU_STACK", func(_ *elf.Header64, p []elf.Prog64) { p[2].Type = 0 }, "no PT_GNU_STACK"},
		{"no room", func(_ *elf.Header64, p []elf.Prog64) {
			p[2] = elf.Prog64{Type: uint32(elf.PT_GNU_STACK), Off: 0x120, Filesz: 1}
		}, "room from 0xe8 to 0x120"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Boot(build(c.change))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "boot headers: ") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if _, err := Boot(tiny()); err != nil {
		t.Errorf("as it was: %v", err)
	}
	if _, err := Boot(elf32()); err == nil || !strings.Contains(err.Error(), "want an ELF64") {
		t.Errorf("32 bits: %v", err)
	}
	if _, err := Boot(nil); err == nil {
		t.Error("an empty file was taken")
	}
	used := tiny()
	used[0x180] = 1
	if _, err := Boot(used); err == nil || !strings.Contains(err.Error(), "something at 0x180") {
		t.Errorf("a page that is not empty: %v", err)
	}
}

// elf32 is the header of a 32-bit program for x86-64 processors.
func elf32() []byte {
	h := elf.Header32{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1, Ehsize: 52}
	copy(h.Ident[:], "\x7fELF\x01\x01\x01")
	var w bytes.Buffer
	binary.Write(&w, binary.LittleEndian, h)
	return append(w.Bytes(), make([]byte, 64)...)
}

func TestRoomEndsAtTheFirstSectionWithBytes(t *testing.T) {
	const at = 0x120
	for _, c := range []struct {
		name    string
		section elf.Section64
		ok      bool
	}{
		{"bytes", elf.Section64{Type: uint32(elf.SHT_NOTE), Off: at, Size: 1}, false},
		{"no bytes", elf.Section64{Type: uint32(elf.SHT_NOTE), Off: at}, true},
		{"zeroed memory", elf.Section64{Type: uint32(elf.SHT_NOBITS), Off: at, Size: 1}, true},
	} {
		in := build(func(h *elf.Header64, _ []elf.Prog64) {
			h.Shoff, h.Shnum, h.Shstrndx = 0x2010, 3, 2
		})
		w := bytes.NewBuffer(in)
		names := elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: 0x1fff, Size: 1}
		binary.Write(w, binary.LittleEndian, []elf.Section64{{}, c.section, names})
		if _, err := Boot(w.Bytes()); (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), "room from 0xe8 to 0x120") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzBoot(f *testing.F) {
	f.Add(tiny())
	done, err := Boot(tiny())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(done)
	f.Fuzz(func(t *testing.T, in []byte) {
		kept := bytes.Clone(in)
		out, err := Boot(in)
		if !bytes.Equal(in, kept) {
			t.Fatal("Boot changed its input")
		}
		_, _ = Describe(in)
		if err != nil {
			return
		}
		if findMultiboot1(out) < 0 || findMultiboot2(out) < 0 || len(out) != len(in) {
			t.Error("headers not found")
		}
		if _, err := Boot(out); err == nil {
			t.Error("taken twice")
		}
		if _, err := HideMultiboot(out); err != nil {
			t.Error(err)
		}
	})
}
