package image

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
)

// Sizes in bytes of the ELF64 file header, of one program header and of one
// section header. Section: System V ABI, ch. 4 and ch. 5.
const (
	elfHeaderSize     = 64
	programHeaderSize = 56
	sectionHeaderSize = 64
)

// Where the ELF64 file header holds the file offsets of the program headers
// (e_phoff) and the section headers (e_shoff).
// Section: System V ABI, ch. 4 "ELF Header".
const (
	programHeadersField = 32
	sectionHeadersField = 40
)

// The host-physical range a 32-bit loader can put a kernel in: above the
// first MiB, which the firmware uses, and below 4 GiB.
const (
	lowest  = 1 << 20
	highest = 1 << 32
)

// layout is what the headers need to know of a linked program. Addresses are
// host-physical, which the program headers make equal to virtual.
type layout struct {
	base    uint64 // address of the first byte of the file
	fileEnd uint64 // end of what is loaded from the file
	memEnd  uint64 // end of the zeroed memory behind it
	entry   uint64

	stack int  // index of the PT_GNU_STACK program header, or -1
	pvh   bool // a PVH note is there already

	roomStart, roomEnd uint64 // free file range in the first page
}

// programHeader is the file offset of program header i.
func programHeader(i int) uint64 { return elfHeaderSize + uint64(i)*programHeaderSize }

// readLayout checks that in is a program Boot can serve, and measures it.
func readLayout(in []byte) (*layout, error) {
	f, err := elf.NewFile(bytes.NewReader(in))
	if err != nil {
		return nil, fmt.Errorf("not an ELF file: %w", err)
	}
	if f.Class != elf.ELFCLASS64 || f.Machine != elf.EM_X86_64 {
		return nil, fmt.Errorf("want an ELF64 for x86-64, have %v, %v", f.Class, f.Machine)
	}
	if f.Type != elf.ET_EXEC {
		return nil, fmt.Errorf("want an executable at fixed addresses (ET_EXEC), have %v", f.Type)
	}
	l := &layout{
		entry: f.Entry,
		stack: -1,
	}
	if phoff := le.Uint64(in[programHeadersField:]); phoff != elfHeaderSize {
		return nil, fmt.Errorf("program headers at file offset %#x, want them behind the file header", phoff)
	}
	if err := l.readSegments(f, uint64(len(in))); err != nil {
		return nil, err
	}
	l.readRoom(f, in)
	return l, nil
}

// readSegments checks that one copy of the file to one address loads the
// program, because the address fields of multiboot describe only that.
func (l *layout) readSegments(f *elf.File, size uint64) error {
	loads, runnable := 0, false
	for i, p := range f.Progs {
		switch p.Type {
		case elf.PT_GNU_STACK:
			l.stack = i
		case elf.PT_NOTE:
			l.pvh = l.pvh || isPVHNote(p)
		case elf.PT_INTERP, elf.PT_DYNAMIC:
			return fmt.Errorf("the program is dynamically linked (%v): build with CGO_ENABLED=0", p.Type)
		}
		if p.Type != elf.PT_LOAD {
			continue
		}
		if p.Filesz > p.Memsz || p.Filesz > size || p.Off > size-p.Filesz {
			return fmt.Errorf("segment %d: file range %#x+%#x is not in the file", i, p.Off, p.Filesz)
		}
		if p.Vaddr != p.Paddr {
			return fmt.Errorf("segment %d: virtual address %#x, physical %#x: want them equal", i, p.Vaddr, p.Paddr)
		}
		if p.Vaddr < lowest || p.Vaddr >= highest || p.Memsz >= highest-p.Vaddr {
			return fmt.Errorf("segment %d: memory %#x+%#x is not between 1 MiB and 4 GiB", i, p.Vaddr, p.Memsz)
		}
		if loads == 0 {
			if p.Off != 0 || p.Filesz < pageSize {
				return fmt.Errorf("the first segment does not map the header page (file offset %#x, %#x bytes): link with -R %#x", p.Off, p.Filesz, pageSize)
			}
			l.base = p.Vaddr
		} else {
			if p.Vaddr < l.memEnd {
				return fmt.Errorf("segment %d at %#x overlaps the one before, or has zeroed memory in front of it, up to %#x", i, p.Vaddr, l.memEnd)
			}
			if p.Vaddr-l.base != p.Off {
				return fmt.Errorf("segment %d at %#x, file offset %#x: not as far from the first segment in memory as in the file: link with -R %#x", i, p.Vaddr, p.Off, pageSize)
			}
			if l.memEnd != l.fileEnd {
				return fmt.Errorf("segment %d follows zeroed memory %#x-%#x, which the file does not hold", i, l.fileEnd, l.memEnd)
			}
		}
		l.fileEnd, l.memEnd = p.Vaddr+p.Filesz, p.Vaddr+p.Memsz
		if p.Flags&elf.PF_X != 0 && l.entry >= p.Vaddr && l.entry < l.fileEnd {
			runnable = true
		}
		loads++
	}
	if loads == 0 {
		return errors.New("no segment to load")
	}
	if !runnable {
		return fmt.Errorf("entry point %#x is not in an executable segment", l.entry)
	}
	return nil
}

// readRoom finds the part of the first page between the headers in front and
// the first section or segment that has bytes there (the linker puts the
// build ID at the end of the page).
func (l *layout) readRoom(f *elf.File, in []byte) {
	l.roomStart = programHeader(len(f.Progs))
	l.roomEnd = pageSize
	if shoff := le.Uint64(in[sectionHeadersField:]); shoff < pageSize {
		l.roomStart = max(l.roomStart, shoff+uint64(len(f.Sections))*sectionHeaderSize)
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NULL && s.Type != elf.SHT_NOBITS && s.FileSize > 0 {
			l.roomEnd = min(l.roomEnd, s.Offset)
		}
	}
	for _, p := range f.Progs {
		if p.Off > elfHeaderSize && p.Filesz > 0 {
			l.roomEnd = min(l.roomEnd, p.Off)
		}
	}
}

// isPVHNote reports whether the note segment p holds a PVH note alone, as
// Boot writes it.
func isPVHNote(p *elf.Prog) bool {
	var b [pvhNoteSize]byte
	n, _ := p.ReadAt(b[:], 0)
	return n == len(b) && le.Uint32(b[8:]) == physEntryNote && string(b[12:16]) == "Xen\x00"
}
