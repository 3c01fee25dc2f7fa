package loader

import "fmt"

// Mode is the processor mode that a guest starts in.
type Mode uint8

const (
	Real      Mode = iota // 16-bit code
	Protected             // 32-bit code, flat segments, paging off
	Long                  // 64-bit code, the first 4 GiB mapped where they are
)

// Segment is a segment register with its hidden part.
type Segment struct {
	Selector uint16
	Base     uint64 // linear address
	Limit    uint32 // last byte
	// Attributes is the descriptor's bits 47:40 (type, S, DPL, P) in bits 7:0
	// and its bits 55:52 (AVL, L, D/B, G) in bits 11:8. AMD APM vol. 2 §4.7.
	Attributes uint16
}

// Table is a descriptor table register.
type Table struct {
	Base  uint64 // linear address
	Limit uint16 // last byte
}

// Entry is the state in which the first processor starts. General registers
// that have no field are 0.
type Entry struct {
	Protocol Protocol // never Auto
	Mode     Mode

	RIP, RSP, RFLAGS uint64
	RAX, RBX, RSI    uint64

	CS   Segment
	Data Segment // DS, ES, SS, FS and GS
	TR   Segment
	LDTR Segment

	GDT, IDT            Table
	CR0, CR3, CR4, EFER uint64
}

// String is the way in and where it leads.
func (e Entry) String() string {
	return fmt.Sprintf("%v, %v mode at %#x", e.Protocol, e.Mode, e.CS.Base+e.RIP)
}

func (m Mode) String() string {
	return [...]string{"real", "protected", "long"}[m]
}

// Bits of control registers, EFER and RFLAGS. AMD APM vol. 2 §3.1.
const (
	cr0PE   = 1 << 0
	cr0ET   = 1 << 4 // always set
	cr0PG   = 1 << 31
	cr4PAE  = 1 << 5
	eferLME = 1 << 8
	eferLMA = 1 << 10

	rflagsReserved = 1 << 1 // always set
)

// Attributes of segments, as in Segment. AMD APM vol. 2 §4.7.2, §4.7.3, §4.8.
const (
	attrCode  = 0x9b // present, code, readable, accessed
	attrData  = 0x93 // present, data, writable, accessed
	attrTSS   = 0x8b // present, 32-bit or 64-bit TSS, busy
	attrLDT   = 0x82 // present, LDT
	attrLong  = 1 << 9
	attrBig   = 1 << 10 // 32-bit
	attrPages = 1 << 11 // the limit is in pages
)

// Limits: of flat segments, of those of real mode, of the TSS that PVH wants,
// and of the interrupt vectors in real mode.
const (
	flat      = 0xffffffff
	realLimit = 0xffff
	tssLimit  = 0x67
	ivtLimit  = 0x3ff
)

// Selectors of the GDT that the 32-bit and the 64-bit boot protocol want,
// __BOOT_CS and __BOOT_DS; the other protocols leave it open.
const (
	selCode    = 2 * 8
	selData    = 3 * 8
	gdtEntries = 4
)

// The stack of a flat binary in real mode, and the shift from a segment to its
// address.
const (
	realSegment = 0x9000
	realStack   = stackTop - realSegment<<paragraph
	paragraph   = 4
)

// base is what all entries have in common.
func base(m Mode) Entry {
	return Entry{
		Mode:   m,
		RFLAGS: rflagsReserved,
		CR0:    cr0ET,
		TR:     Segment{Limit: tssLimit, Attributes: attrTSS},
		LDTR:   Segment{Limit: realLimit, Attributes: attrLDT},
	}
}

// realEntry starts at segment:offset, with the stack at stack:sp.
func realEntry(segment, offset, stack, sp uint16) Entry {
	e := base(Real)
	e.RIP, e.RSP = uint64(offset), uint64(sp)
	e.CS = Segment{segment, uint64(segment) << paragraph, realLimit, attrCode}
	e.Data = Segment{stack, uint64(stack) << paragraph, realLimit, attrData}
	e.IDT.Limit = ivtLimit
	return e
}

// protectedEntry starts at a linear address, with the GDT that bootData wrote.
func protectedEntry(at, gdt uint64) Entry {
	e := base(Protected)
	e.RIP, e.RSP = at, stackTop
	e.CR0 |= cr0PE
	e.CS = Segment{selCode, 0, flat, attrCode | attrBig | attrPages}
	e.Data = Segment{selData, 0, flat, attrData | attrBig | attrPages}
	e.GDT = Table{gdt, gdtEntries*8 - 1}
	return e
}

// longEntry starts at a linear address below 4 GiB, with GDT and page tables
// that bootData wrote.
func longEntry(at, gdt, pageTables uint64) Entry {
	e := protectedEntry(at, gdt)
	e.Mode = Long
	e.CS.Attributes = attrCode | attrLong | attrPages
	e.CR0 |= cr0PG
	e.CR3, e.CR4, e.EFER = pageTables, cr4PAE, eferLME|eferLMA
	return e
}

// descriptor is a segment as it stands in the GDT. AMD APM vol. 2 §4.7.
func (s Segment) descriptor() uint64 {
	limit, attr := uint64(s.Limit), uint64(s.Attributes)
	if attr&attrPages != 0 {
		limit >>= 12
	}
	return limit&0xffff | s.Base&0xffffff<<16 | attr&0xff<<40 |
		limit>>16&0xf<<48 | attr>>8&0xf<<52 | s.Base>>24&0xff<<56
}
