package image

import "encoding/binary"

// Multiboot 1 header. Section: Multiboot Specification 0.6.96 §3.1.
const (
	multiboot1Magic  = 0x1BADB002
	multiboot1Align  = 4
	multiboot1Search = 8192 // the header lies whole in these first bytes
	multiboot1Size   = 32   // without the video fields of flag bit 2

	multiboot1PageAlign  = 1 << 0  // modules start on a page boundary
	multiboot1MemoryInfo = 1 << 1  // pass the memory map
	multiboot1Addresses  = 1 << 16 // load by the address fields, not as ELF
)

// Multiboot 2 header. Section: Multiboot2 Specification 2.0 §3.1.
const (
	multiboot2Magic  = 0xE85250D6
	multiboot2I386   = 0 // architecture: 32-bit protected mode of i386
	multiboot2Align  = 8
	multiboot2Search = 32768

	tagEnd         = 0 // §3.1.3
	tagRequest     = 1 // §3.1.4
	tagAddress     = 2 // §3.1.5
	tagEntry       = 3 // §3.1.6
	tagModuleAlign = 6 // §3.1.11
	tagOptional    = 1 // flag: a loader that lacks this boots us all the same
)

// requests are the boot information tags we use: command line, modules,
// memory map, framebuffer, and both kinds of RSDP.
// Section: Multiboot2 Specification 2.0 §3.6.
var requests = []uint32{1, 3, 6, 8, 14, 15}

// multiboot2Size is the size in bytes of the multiboot 2 header: its magic
// fields and the tags that multiboot2 writes, each padded to 8 bytes.
var multiboot2Size = 16 + 24 + 16 + 8 + align(8+4*uint64(len(requests)), multiboot2Align) + 8

// The PVH note. Section: Xen docs/misc/pvh, and xen/include/public/elfnote.h.
const (
	noteSegmentType = 4  // PT_NOTE
	noteSegmentRead = 4  // PF_R
	physEntryNote   = 18 // XEN_ELFNOTE_PHYS32_ENTRY
	pvhNoteSize     = 24
)

var le = binary.LittleEndian

// multiboot1 is the header for file offset off. It asks for no video mode:
// with one, GRUB would leave VGA text on BIOS machines.
func multiboot1(l *layout, off uint64) []byte {
	const flags = multiboot1PageAlign | multiboot1MemoryInfo | multiboot1Addresses
	return words(nil, multiboot1Magic, flags, negate(multiboot1Magic+flags),
		uint32(l.base+off), uint32(l.base), uint32(l.fileEnd), uint32(l.memEnd), uint32(l.entry))
}

// multiboot2 is the header for file offset off. It has no framebuffer tag:
// that tag, optional or not, makes GRUB leave VGA text on BIOS machines, and
// where there is no VGA text, on UEFI, GRUB sets a graphics mode without it.
func multiboot2(l *layout, off uint64) []byte {
	size := uint32(multiboot2Size)
	b := words(nil, multiboot2Magic, multiboot2I386, size, negate(multiboot2Magic+multiboot2I386+size))
	b = tag(b, tagAddress, 0, uint32(l.base+off), uint32(l.base), uint32(l.fileEnd), uint32(l.memEnd))
	b = tag(b, tagEntry, 0, uint32(l.entry))
	b = tag(b, tagModuleAlign, tagOptional)
	b = tag(b, tagRequest, tagOptional, requests...)
	return tag(b, tagEnd, 0)
}

// pvhNote is an ELF note that holds the 32-bit entry point in a descriptor of
// 8 bytes: QEMU reads 8 whatever the note says.
func pvhNote(l *layout) []byte {
	b := words(nil, 4, 8, physEntryNote)
	b = append(b, "Xen\x00"...)
	return words(b, uint32(l.entry), 0)
}

// noteSegment is a PT_NOTE program header for the note at file offset off.
// Section: System V ABI, ch. 5 "Program Header".
func noteSegment(l *layout, off uint64) []byte {
	b := words(nil, noteSegmentType, noteSegmentRead)
	for _, v := range []uint64{off, l.base + off, l.base + off, pvhNoteSize, pvhNoteSize, 4} {
		b = le.AppendUint64(b, v)
	}
	return b
}

// tag appends a multiboot 2 header tag, padded to a multiple of 8 bytes; its
// size field does not count the padding. Section: Multiboot2 2.0 §3.1.3.
func tag(b []byte, kind, flags uint16, fields ...uint32) []byte {
	b = le.AppendUint16(b, kind)
	b = le.AppendUint16(b, flags)
	b = words(b, uint32(8+4*len(fields)))
	b = words(b, fields...)
	for len(b)%multiboot2Align != 0 {
		b = append(b, 0)
	}
	return b
}

// words appends 32-bit little-endian words.
func words(b []byte, vs ...uint32) []byte {
	for _, v := range vs {
		b = le.AppendUint32(b, v)
	}
	return b
}

// negate is the value that makes a sum of header fields zero modulo 2^32.
func negate(sum uint32) uint32 { return -sum }

// findMultiboot1 is the file offset of the multiboot 1 header that a loader
// would find in in, or -1.
func findMultiboot1(in []byte) int {
	for off := 0; off+multiboot1Size <= min(len(in), multiboot1Search); off += multiboot1Align {
		h := in[off:]
		if le.Uint32(h) == multiboot1Magic && le.Uint32(h)+le.Uint32(h[4:])+le.Uint32(h[8:]) == 0 {
			return off
		}
	}
	return -1
}

// findMultiboot2 is the same for multiboot 2.
func findMultiboot2(in []byte) int {
	for off := 0; off+16 <= min(len(in), multiboot2Search); off += multiboot2Align {
		h := in[off:]
		if le.Uint32(h) == multiboot2Magic && le.Uint32(h)+le.Uint32(h[4:])+le.Uint32(h[8:])+le.Uint32(h[12:]) == 0 {
			return off
		}
	}
	return -1
}
