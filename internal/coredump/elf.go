package coredump

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
)

// An ELF core file: notes with the threads' registers, and a segment for each
// piece of memory. It has the form of Linux's on x86-64 (struct elf_prstatus,
// struct user_regs_struct), since that is what gdb takes the kernel for.

// Sizes in bytes.
const (
	headerSize  = 64
	programSize = 56
	statusSize  = 336 // elf_prstatus
)

// Places in elf_prstatus.
const (
	statusSignal    = 12
	statusPID       = 32
	statusRegisters = 112
)

// registerOrder is user_regs_struct as far as the general registers go, by
// their numbers in instructions: R15 first.
var registerOrder = [...]int{15, 14, 13, 12, 5, 3, 11, 10, 9, 8, 0, 1, 2, 6, 7}

// Write writes a core file.
func Write(w io.Writer, d *Dump, threads []Thread) error {
	var notes bytes.Buffer
	for _, t := range threads {
		note(&notes, t)
	}
	h := elf.Header64{
		Type: uint16(elf.ET_CORE), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Phoff: headerSize, Ehsize: headerSize, Phentsize: programSize, Phnum: uint16(1 + len(d.Memory)),
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	offset := uint64(headerSize + programSize*(1+len(d.Memory)))
	programs := []elf.Prog64{{Type: uint32(elf.PT_NOTE), Off: offset, Filesz: uint64(notes.Len())}}
	offset += uint64(notes.Len())
	for _, p := range d.Memory {
		size := uint64(len(p.Data))
		programs = append(programs, elf.Prog64{
			Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: offset, Vaddr: p.Address, Filesz: size, Memsz: size, Align: 1,
		})
		offset += size
	}
	var head bytes.Buffer
	for _, v := range []any{h, programs} {
		if err := binary.Write(&head, binary.LittleEndian, v); err != nil {
			return err
		}
	}
	if _, err := w.Write(append(head.Bytes(), notes.Bytes()...)); err != nil {
		return err
	}
	for _, p := range d.Memory {
		if _, err := w.Write(p.Data); err != nil {
			return err
		}
	}
	return nil
}

// note adds NT_PRSTATUS of a thread.
func note(b *bytes.Buffer, t Thread) {
	const name = "CORE\x00\x00\x00\x00" // 5 bytes, padded to a multiple of 4
	const sigABRT = 6
	status := make([]byte, statusSize)
	put := func(at int, v uint64) { binary.LittleEndian.PutUint64(status[at:], v) }
	status[statusSignal] = sigABRT
	binary.LittleEndian.PutUint32(status[statusPID:], t.ID)
	at := statusRegisters
	for _, n := range registerOrder {
		put(at, t.GPR[n])
		at += 8
	}
	const code, data = 0x08, 0x10 // amd64.SelectorCode, amd64.SelectorData
	for _, v := range []uint64{^uint64(0), t.RIP, code, t.RFLAGS, t.GPR[4], data, t.FSBase} {
		put(at, v)
		at += 8
	}
	binary.Write(b, binary.LittleEndian, [3]uint32{5, statusSize, uint32(elf.NT_PRSTATUS)})
	b.WriteString(name)
	b.Write(status)
}
