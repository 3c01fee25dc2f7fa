package paging

import "sync/atomic"

// Entry is a page-table entry of any level: AMD APM vol. 2 §5.4, Intel SDM
// vol. 3 §4.5, tables 4-15 to 4-20. Bits 12 to 51 are a host-physical address.
//
// The processor ignores every other bit of an entry that is not present, and
// bits 52 to 58 of one that is. The package uses two of those:
//
//	Present  DemandZero  NoAccess
//	   1         0          0      a page, or a table
//	   0         1          0      demand-zero: touching it should back it
//	   0         1          1      demand-zero, but no access for now
//	   0         0          1      a page with a frame, but no access for now
//	   0         0          0      nothing
//
// The other bits of a page that is not present are those it will have when it
// is, but a demand-zero mark has no address, and has PAT where FlagMask does.
type Entry uint64

// The flags. Those in FlagMask are given to Map, SetDemand and Protect.
const (
	Present  Entry = 1 << 0
	Write    Entry = 1 << 1 // writable; at every level, or not at all
	User     Entry = 1 << 2 // accessible at CPL 3; at every level, or not at all
	PWT      Entry = 1 << 3 // page-level write-through: bit 0 of the index into the PAT
	PCD      Entry = 1 << 4 // page-level cache disable: bit 1 of that index
	Accessed Entry = 1 << 5 // set by the processor
	Dirty    Entry = 1 << 6 // set by the processor, in a page's entry
	Large    Entry = 1 << 7 // PS: a 2 MiB or 1 GiB page, not a table; at PD and PDPT
	Global   Entry = 1 << 8 // stays in the TLB when CR3 is written, if CR4.PGE is set

	// PAT is bit 2 of the index into the PAT (AMD APM vol. 2 §7.8, Intel SDM
	// vol. 3 §4.9). Flags have it here, and so do 2 MiB and 1 GiB pages; the
	// entry of a 4 KiB page has it in bit 7, which is Large elsewhere.
	PAT Entry = 1 << 12

	// NX forbids instruction fetches, if EFER.NXE is set; else it is reserved.
	NX Entry = 1 << 63

	// NoAccess is ours: a page that faults on every access, as PROT_NONE asks.
	NoAccess Entry = 1 << 53

	// DemandZero is ours: the entry is a demand-zero mark.
	DemandZero Entry = 1 << 52

	FlagMask = Write | User | PWT | PCD | Global | PAT | NX | NoAccess
)

const (
	smallPAT = Large // where a 4 KiB page has PAT

	addressMask = 1<<52 - PageSize // bits 51 to 12

	// tableFlags let the entries below decide: rights are those that every
	// level grants.
	tableFlags = Present | Write | User
)

// address is the host-physical address of the table or page e names, an entry
// of a table of level l.
func (e Entry) address(l Level) uint64 {
	if l != PT && e&Large != 0 {
		return uint64(e & addressMask &^ PAT)
	}
	return uint64(e & addressMask)
}

// isTable reports whether e, of level l, names a table.
func (e Entry) isTable(l Level) bool {
	return e&Present != 0 && l != PT && (l == PML4 || e&Large == 0)
}

// isMark reports whether e is a demand-zero mark.
func (e Entry) isMark() bool { return e&(Present|DemandZero) == DemandZero }

// isPage reports whether e, of level l, has a page: present, or with no access.
func (e Entry) isPage(l Level) bool {
	if e&Present != 0 {
		return !e.isTable(l)
	}
	return e&(DemandZero|NoAccess) == NoAccess
}

// isEmpty reports whether e is nothing. A not-present entry with
// neither of our bits is, whatever else it holds.
func (e Entry) isEmpty() bool { return e&(Present|DemandZero|NoAccess) == 0 }

// flags is the flags of a page or a mark of level l, as they were given.
func (e Entry) flags(l Level) Entry {
	f := e & FlagMask
	if l == PT && !e.isMark() {
		f &^= PAT
		if e&smallPAT != 0 {
			f |= PAT
		}
	}
	return f
}

// page is the entry of level l for the page at host-physical address pa.
func page(l Level, pa uint64, flags Entry) Entry {
	e := Entry(pa) | flags
	switch {
	case l != PT:
		e |= Large
	case flags&PAT != 0:
		e = Entry(pa) | flags&^PAT | smallPAT
	}
	if flags&NoAccess == 0 {
		e |= Present
	}
	return e
}

// mark is the demand-zero mark with these flags, the same at every level.
func mark(flags Entry) Entry { return flags | DemandZero }

// load is the entry as it is now, while processors may set bits in it.
func (e *Entry) load() Entry { return Entry(atomic.LoadUint64((*uint64)(e))) }

// part is entry i of the table that means the same as e, of level l, which is
// not a table. used is the bits that say how the page was used.
func (e Entry) part(l Level, i uint64, used Entry) Entry {
	switch {
	case e.isMark():
		return e
	case e.isPage(l):
		pa := e.address(l) + i*(l-1).Size()
		return page(l-1, pa, e.flags(l)) | e&(Accessed|Dirty|used)
	}
	return 0
}
