package x86

import (
	"encoding/binary"
	"fmt"
)

// Memory is guest-physical memory; *ram.RAM is one.
type Memory interface {
	// Span is the memory from guest-physical address gpa to the end of the
	// block it is in, nil if there is none.
	Span(gpa uint64) []byte
}

// Access is what an access does, in the bits that say so in the error code of
// a page fault. APM vol. 2 §8.4.2.
type Access uint32

// An access with none of these is a read by the system.
const (
	Write Access = 1 << 1
	User  Access = 1 << 2 // made with CPL 3
	Fetch Access = 1 << 4 // of an instruction

	faultPresent  = 1 << 0
	faultReserved = 1 << 3
)

// Bits of page-table entries. APM vol. 2 §5.4, SDM vol. 3 §4.3 to §4.5.
const (
	pteP    = 1 << 0
	pteRW   = 1 << 1
	pteUS   = 1 << 2
	pteA    = 1 << 5
	pteD    = 1 << 6
	ptePS   = 1 << 7
	pteNX   = 1 << 63
	pteAddr = 1<<52 - 1<<12
)

// maxLevels is how many tables the deepest walk reads.
const maxLevels = 5

// Entry is a page-table entry that a walk read.
type Entry struct {
	GPA   uint64 // guest-physical address of the entry
	Value uint64
	Level int // 1 for a page table, up to 5
}

// Outcome is how a walk ended.
type Outcome uint8

// The outcomes.
const (
	Mapped       Outcome = iota
	NotCanonical         // the address is none that paging translates
	NotPresent
	Protection // the entries forbid the access
	Reserved   // an entry has a reserved bit set
	NoMemory   // a table is at an address where the guest has no memory
)

var outcomeNames = [...]string{
	Mapped: "mapped", NotCanonical: "not canonical", NotPresent: "not present", Protection: "protection violation",
	Reserved: "reserved bit set", NoMemory: "table is not in memory",
}

// String is the outcome in words.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "unknown outcome"
}

// Walk is what the guest's page tables say of a linear address.
type Walk struct {
	Outcome  Outcome
	GPA      uint64 // guest-physical address, if Mapped or Protection
	PageSize uint64 // bytes that the last entry maps; without paging 4096
	Code     uint32 // error code of the page fault, if the outcome is one

	entries [maxLevels]Entry
	n       int
}

// Entries are the page-table entries the walk read, from the root on.
func (w *Walk) Entries() []Entry { return w.entries[:w.n] }

// walkError is a page-table entry that is not in memory.
type walkError struct {
	lin, gpa uint64
}

func (e *walkError) Error() string {
	return fmt.Sprintf("the page-table entry for linear %#x is at guest-physical %#x, where no memory is", e.lin, e.gpa)
}

// format is a form of page tables. APM vol. 2 §5.2 and §5.3.
type format struct {
	levels, bits int    // tables in a walk, index bits of each
	root         uint64 // of CR3, the bits that are the root's address
	wide         bool   // entries have 8 bytes, not 4
}

var (
	paging32 = format{2, 10, 0xffff_f000, false}
	pagingPA = format{3, 9, 0xffff_ffe0, true}
	paging4  = format{4, 9, pteAddr, true}
	paging5  = format{5, 9, pteAddr, true}
)

func (s *State) format() *format {
	switch {
	case s.CR4&CR4PAE == 0:
		return &paging32
	case s.EFER&EFERLMA == 0:
		return &pagingPA
	case s.CR4&CR4LA57 == 0:
		return &paging4
	}
	return &paging5
}

// Translate gives the guest-physical address of a linear address. The error is
// an *Exception to raise in the guest, or says that a page table is not in
// memory.
func (s *State) Translate(mem Memory, lin uint64, acc Access) (uint64, error) {
	w := s.Walk(mem, lin, acc)
	if err := s.fault(&w, lin); err != nil {
		return 0, err
	}
	return w.GPA, nil
}

// fault is the error that goes with a walk, nil if it is Mapped.
func (s *State) fault(w *Walk, lin uint64) error {
	switch w.Outcome {
	case Mapped:
		return nil
	case NotCanonical:
		return s.exception(GeneralProtection)
	case NoMemory:
		return &walkError{lin, w.entries[w.n-1].GPA}
	}
	return &Exception{Vector: PageFault, HasCode: true, Code: w.Code, CR2: lin}
}

// Walk translates linear address lin as the processor would for an access.
// Bits above the guest's physical address width are not checked as reserved,
// nor are protection keys and shadow stacks. With PAE paging the pointers in
// the root are read from memory as any other, which is what the processor does
// under nested paging. APM vol. 2 §5.2 to §5.6, §15.25.
func (s *State) Walk(mem Memory, lin uint64, acc Access) (w Walk) {
	if s.CR0&CR0PG == 0 {
		w.GPA, w.PageSize = lin, 4096
		return w
	}
	f := s.format()
	if f.levels >= 4 && !s.Canonical(lin) {
		w.Outcome = NotCanonical
		return w
	}
	table := s.CR3 & f.root
	rights, noExec := uint64(pteRW|pteUS), uint64(0)
	for level := f.levels; ; level-- {
		shift := uint(12 + f.bits*(level-1))
		index := lin >> shift & (1<<f.bits - 1)
		e := &w.entries[w.n]
		w.n++
		e.Level = level
		if !e.read(mem, table, index, f.wide) {
			w.Outcome = NoMemory
			return w
		}
		if e.Value&pteP == 0 {
			w.fail(s, NotPresent, acc, 0)
			return w
		}
		if s.reserved(f, e) {
			w.fail(s, Reserved, acc, faultPresent|faultReserved)
			return w
		}
		if level != 3 || f != &pagingPA { // a PAE root has no rights
			rights &= e.Value
			noExec |= e.Value & pteNX
		}
		if level == 1 || s.large(f, e) {
			w.PageSize = 1 << shift
			w.GPA = e.frame(shift, f) | lin&(w.PageSize-1)
			break
		}
		table = e.Value & pteAddr
	}
	if !s.permits(acc, rights, noExec) {
		w.fail(s, Protection, acc, faultPresent)
	}
	return w
}

// read reads the entry with an index.
func (e *Entry) read(mem Memory, table, index uint64, wide bool) bool {
	e.GPA = table + index*4
	if wide {
		e.GPA = table + index*8
	}
	b := mem.Span(e.GPA)
	switch {
	case wide && len(b) >= 8:
		e.Value = binary.LittleEndian.Uint64(b)
	case !wide && len(b) >= 4:
		e.Value = uint64(binary.LittleEndian.Uint32(b))
	default:
		return false
	}
	return true
}

// large tells whether an entry above level 1 is a page and not a table.
func (s *State) large(f *format, e *Entry) bool {
	switch {
	case e.Value&ptePS == 0:
		return false
	case !f.wide:
		return s.CR4&CR4PSE != 0
	case f == &pagingPA:
		return e.Level == 2
	}
	return e.Level <= 3
}

// reserved tells whether an entry has a bit set that must be 0.
func (s *State) reserved(f *format, e *Entry) bool {
	const (
		pdpteReserved = 1<<1 | 1<<2 | 3<<5 | 3<<7 // of a PAE root: SDM vol. 3 table 4-8
		pse36         = 1 << 21                   // above the address of a 4 MiB page
		pat           = 1 << 12                   // of a page that is large
	)
	switch {
	case !f.wide:
		return s.large(f, e) && e.Value&pse36 != 0
	case e.Value&pteNX != 0 && s.EFER&EFERNXE == 0:
		return true
	case f == &pagingPA && e.Level == 3:
		return e.Value&(pdpteReserved|pteNX) != 0
	case e.Value&ptePS == 0 || e.Level == 1:
		return false
	case e.Level > 3:
		return true
	}
	inPage := uint64(1)<<(12+f.bits*(e.Level-1)) - 1
	return e.Value&inPage&pteAddr&^pat != 0
}

// frame is the address of the page that an entry maps.
func (e *Entry) frame(shift uint, f *format) uint64 {
	base := e.Value & pteAddr &^ (1<<shift - 1)
	if !f.wide && shift > 12 {
		// A 4 MiB page has bits 39:32 of its address in bits 20:13.
		base |= e.Value >> 13 & 0xff << 32
	}
	return base
}

// permits tells whether the rights that all entries grant allow an access. APM
// vol. 2 §5.6, SDM vol. 3 §4.6.
func (s *State) permits(acc Access, rights, noExec uint64) bool {
	userPage := rights&pteUS != 0
	switch {
	case acc&User != 0 && !userPage:
		return false
	case acc&Fetch != 0:
		return noExec == 0 && (acc&User != 0 || !userPage || s.CR4&CR4SMEP == 0)
	case acc&User == 0 && userPage && s.CR4&CR4SMAP != 0 && s.RFLAGS&FlagAC == 0:
		return false
	case acc&Write == 0 || rights&pteRW != 0:
		return true
	}
	return acc&User == 0 && s.CR0&CR0WP == 0
}

// fail records why there is no translation.
func (w *Walk) fail(s *State, o Outcome, acc Access, bits uint32) {
	w.Outcome = o
	if s.CR4&CR4SMEP == 0 && (s.EFER&EFERNXE == 0 || s.CR4&CR4PAE == 0) {
		acc &^= Fetch // the bit is only there where it can make a difference
	}
	w.Code = uint32(acc) | bits
}
