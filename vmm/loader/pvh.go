package loader

import (
	"errors"
	"fmt"
)

// hvm_start_info, version 1, and its lists. Xen
// include/public/arch-x86/hvm/start_info.h.
const (
	pvhMagic   = 0x336ec578
	pvhVersion = 1
)

// The ELF note that holds the entry point. Xen include/public/elfnote.h.
const (
	noteOwner  = "Xen\x00"
	noteEntry  = 18 // XEN_ELFNOTE_PHYS32_ENTRY
	noteHeader = 12 // sizes of name and contents, type; each part fills a multiple of 4
)

var errNoPVH = errors.New("has no PVH note")

// pvhEntry is the guest-physical address of the PVH entry point, errNoPVH if
// the image has none.
func (e *elfFile) pvhEntry() (uint64, error) {
	for _, s := range e.segments {
		if s.kind != segmentNote {
			continue
		}
		b, err := e.content(s)
		if err != nil {
			return 0, err
		}
		for len(b) >= noteHeader {
			nameSize, size := uint64(le.Uint32(b)), uint64(le.Uint32(b[4:]))
			kind, rest := le.Uint32(b[8:]), uint64(len(b)-noteHeader)
			name := alignUp(nameSize, 4)
			if name > rest || size > rest-name {
				return 0, fmt.Errorf("is corrupt: an ELF note of %d and %d bytes runs past its segment's end", nameSize, size)
			}
			contents := b[noteHeader+name:][:size]
			if kind == noteEntry && string(b[noteHeader:][:nameSize]) == noteOwner {
				return noteAddress(contents)
			}
			b = b[noteHeader+min(rest, name+alignUp(size, 4)):]
		}
	}
	return 0, errNoPVH
}

// noteAddress is the address in a note, of 32 or 64 bits.
func noteAddress(b []byte) (uint64, error) {
	switch len(b) {
	case 4:
		return uint64(le.Uint32(b)), nil
	case 8:
		return le.Uint64(b), nil
	}
	return 0, fmt.Errorf("is corrupt: its PVH note has %d bytes", len(b))
}

// pvh loads an ELF image by the x86/HVM direct boot ABI. Xen docs/misc/pvh.
func (l *load) pvh() (Entry, error) {
	e, err := parseELF(l.Kernel.Data)
	if err != nil {
		return Entry{}, l.kernelError(err)
	}
	at, err := e.pvhEntry()
	if err == nil && !e.isLoaded(at) {
		err = fmt.Errorf("is corrupt: its PVH entry point %#x is in no segment", at)
	}
	if err != nil {
		return Entry{}, l.kernelError(err)
	}
	d, err := l.bootData()
	if err != nil {
		return Entry{}, err
	}
	gdt, err := d.gdt(Protected)
	if err != nil {
		return Entry{}, err
	}
	if err := e.put(l); err != nil {
		return Entry{}, err
	}
	info, err := l.startInfo(d)
	if err != nil {
		return Entry{}, err
	}
	entry, err := l.enter(Protected, at, gdt, 0)
	entry.RBX = info
	return entry, err
}

// startInfo adds hvm_start_info and what it points to, and puts the modules
// into memory.
func (l *load) startInfo(d *bootData) (uint64, error) {
	line, err := d.text("cmdline", l.CommandLine)
	if err != nil {
		return 0, err
	}
	var list []byte // address, size, command line, reserved
	for _, m := range l.Modules {
		at, err := l.putModule(m)
		if err != nil {
			return 0, err
		}
		text, err := d.text(m.Key, m.CommandLine)
		if err != nil {
			return 0, err
		}
		for _, v := range [...]uint64{at, uint64(len(m.Data)), text, 0} {
			list = le.AppendUint64(list, v)
		}
	}
	modules, err := d.add("modules", list)
	if err != nil {
		return 0, err
	}
	var ranges []byte // address, size, type, reserved
	for _, r := range l.space.e820 {
		ranges = le.AppendUint64(ranges, r.Start)
		ranges = le.AppendUint64(ranges, r.Size)
		ranges = le.AppendUint32(ranges, uint32(r.Type))
		ranges = le.AppendUint32(ranges, 0)
	}
	table, err := d.add("memory", ranges)
	if err != nil {
		return 0, err
	}
	var b []byte
	for _, v := range [...]uint32{pvhMagic, pvhVersion, 0, uint32(len(l.Modules))} {
		b = le.AppendUint32(b, v)
	}
	for _, v := range [...]uint64{modules, line, l.RSDP, table} {
		b = le.AppendUint64(b, v)
	}
	b = le.AppendUint32(b, uint32(len(l.space.e820)))
	b = le.AppendUint32(b, 0)
	return d.add("memory", b)
}
