package loader

import (
	"errors"
	"fmt"
)

// The multiboot 2 header and its tags. Multiboot2 Specification 2.0 §3.1.
const (
	mb2Search = 32768 // bytes of the file that may hold it
	mb2Align  = 8
	mb2Magic  = 0xe85250d6
	mb2Size   = 16 // magic, architecture, length, checksum

	mb2TagSize     = 8 // type, flags, size
	mb2Optional    = 1 << 0
	mb2TagEnd      = 0
	mb2TagRequest  = 1
	mb2TagAddress  = 2
	mb2TagEntry    = 3
	mb2TagConsole  = 4
	mb2TagScreen   = 5
	mb2TagAlign    = 6
	mb2TagServices = 7 // EFI boot services
	mb2TagEntry32  = 8 // on EFI, as is the next one
	mb2TagEntry64  = 9
	mb2TagMovable  = 10
)

var errNoMultiboot2 = errors.New("has no multiboot 2 header")

// findMultiboot2 finds the header, errNoMultiboot2 if there is none. The entry
// point is 0 if no tag gives one.
func findMultiboot2(b []byte) (multibootHeader, error) {
	area := b[:min(len(b), mb2Search)]
	for off := 0; off+mb2Size <= len(area); off += mb2Align {
		h := area[off:]
		architecture, size := le.Uint32(h[4:]), le.Uint32(h[8:])
		if le.Uint32(h) != mb2Magic || mb2Magic+architecture+size+le.Uint32(h[12:]) != 0 {
			continue
		}
		m := multibootHeader{offset: off}
		switch {
		case architecture != 0:
			return m, fmt.Errorf("is for multiboot 2 architecture %d, and this is a PC, 0", architecture)
		case size < mb2Size || uint64(size) > uint64(len(h)):
			return m, fmt.Errorf("is corrupt: a multiboot 2 header of %d bytes at %#x", size, off)
		}
		return m, m.tags(h[mb2Size:size])
	}
	return multibootHeader{}, errNoMultiboot2
}

// tags reads the header's tags.
func (m *multibootHeader) tags(b []byte) error {
	for len(b) >= mb2TagSize {
		kind, flags, size := le.Uint16(b), le.Uint16(b[2:]), uint64(le.Uint32(b[4:]))
		if size < mb2TagSize || size > uint64(len(b)) {
			return fmt.Errorf("is corrupt: a multiboot 2 tag of %d bytes, %d are left", size, len(b))
		}
		a := b[mb2TagSize:size]
		switch kind {
		case mb2TagEnd:
			return nil
		case mb2TagAddress:
			if len(a) < 16 {
				return fmt.Errorf("is corrupt: a multiboot 2 address tag of %d bytes", size)
			}
			m.hasAddresses = true
			m.header, m.load, m.loadEnd, m.bssEnd = le.Uint32(a), le.Uint32(a[4:]), le.Uint32(a[8:]), le.Uint32(a[12:])
		case mb2TagEntry:
			if len(a) < 4 {
				return fmt.Errorf("is corrupt: a multiboot 2 entry tag of %d bytes", size)
			}
			m.entry = le.Uint32(a)
		case mb2TagRequest, mb2TagConsole, mb2TagScreen, mb2TagAlign, mb2TagServices, mb2TagEntry32, mb2TagEntry64, mb2TagMovable:
			// Modules are aligned to pages; there is no EFI and no video mode,
			// which a kernel sees by the tags that it gets.
		default:
			if flags&mb2Optional == 0 {
				return fmt.Errorf("needs multiboot 2 features that do not exist: tag %d", kind)
			}
		}
		b = b[min(uint64(len(b)), alignUp(size, mb2Align)):]
	}
	return nil
}

// multiboot2 loads a multiboot 2 kernel: by its address tag if it has one, else
// as an ELF image. Multiboot2 Specification 2.0 §3.
func (l *load) multiboot2() (Entry, error) {
	h, err := findMultiboot2(l.Kernel.Data)
	if err == nil && h.hasAddresses && h.entry == 0 {
		err = errors.New("is corrupt: its multiboot 2 header has an address tag and no entry tag")
	}
	if err != nil {
		return Entry{}, l.kernelError(err)
	}
	return l.enterMultiboot(h, mb2BootMagic, l.multiboot2Info)
}
