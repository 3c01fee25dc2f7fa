package paging

import "sync/atomic"

// Memory gives access to page tables.
type Memory interface {
	// Table is the table in the frame at host-physical address pa, or nil
	// when there is no memory.
	Table(pa uint64) *Table
}

// Frames supplies the frames of page tables.
type Frames interface {
	// AllocTable is the host-physical address of a new frame, with any
	// content, or false when there is none.
	AllocTable() (pa uint64, ok bool)
	// FreeTable takes back a frame that AllocTable returned.
	FreeTable(pa uint64)
}

// Space is one set of page tables. It has no lock: the caller serializes every
// method. The processors may walk the tables meanwhile: an entry changes with
// a single store, and a table is complete before an entry names it.
type Space struct {
	root    uint64
	mem     Memory
	frames  Frames
	largest Level

	// Bits that the processor sets in the entry of a page.
	accessed, dirty Entry

	staleFirst, staleLast uint64 // both included
	stale                 bool
}

// Init makes s the tables whose PML4 is at host-physical address root. That
// frame stays the caller's; it is all zero, or has tables below it that came
// from frames. gigabyte says that the processor has 1 GiB pages (CPUID
// Fn8000_0001_EDX[26]).
func (s *Space) Init(root uint64, mem Memory, frames Frames, gigabyte bool) {
	*s = Space{root: root, mem: mem, frames: frames, largest: PD, accessed: Accessed, dirty: Dirty}
	if gigabyte {
		s.largest = PDPT
	}
}

// SetUsageBits is for tables of another format: the bits that the processor sets
// in the entry of a page when it uses the page, and when it writes to it. 0 and 0
// say that it sets none.
func (s *Space) SetUsageBits(accessed, dirty Entry) { s.accessed, s.dirty = accessed, dirty }

// used is those bits.
func (s *Space) used() Entry { return s.accessed | s.dirty }

// Root is the host-physical address of the PML4, for CR3.
func (s *Space) Root() uint64 { return s.root }

// Stale returns the range of virtual addresses, as a start and a number of
// 4 KiB pages, that TLBs may hold old translations for, and forgets it. It
// covers every change since it was last called; 0 pages means there is nothing
// to invalidate.
func (s *Space) Stale() (va, pages uint64) {
	if !s.stale {
		return 0, 0
	}
	s.stale = false
	return s.staleFirst, (s.staleLast-s.staleFirst)/PageSize + 1
}

// note records that the size bytes at va are stale.
func (s *Space) note(va, size uint64) {
	last := va + (size - 1)
	if !s.stale {
		s.stale, s.staleFirst, s.staleLast = true, va, last
		return
	}
	s.staleFirst = min(s.staleFirst, va)
	s.staleLast = max(s.staleLast, last)
}

// lookup is the entry that decides what va is, and its level: the first on the
// way down that is not a table. It is nil when a table is outside memory.
func (s *Space) lookup(va uint64) (*Entry, Level) {
	l, table := PML4, s.root
	for {
		t := s.mem.Table(table)
		if t == nil {
			return nil, l
		}
		e := &t[l.index(va)]
		now := e.load()
		if !now.isTable(l) {
			return e, l
		}
		table = now.address(l)
		l--
	}
}

// split replaces *e, of level l, which is not a table, by a table that means
// the same. No address translates differently, so nothing is stale. A processor
// that uses the page meanwhile says so in the old entry: the table is made anew
// then, which can happen once for each bit, so that what it says is not lost.
func (s *Space) split(e *Entry, l Level) error {
	pa, ok := s.frames.AllocTable()
	if !ok {
		return ErrNoTable
	}
	t := s.mem.Table(pa)
	if t == nil {
		s.frames.FreeTable(pa)
		return ErrTable
	}
	for {
		before := e.load()
		for i := range t {
			t[i] = before.part(l, uint64(i), s.used())
		}
		if atomic.CompareAndSwapUint64((*uint64)(e), uint64(before), uint64(Entry(pa)|tableFlags)) {
			return nil
		}
	}
}

// fold undoes split: when every entry of the table that *e names is nothing, or
// the same demand-zero mark, *e becomes that and the table is freed. va is an
// address in the table that has changed; most tables are told apart there.
func (s *Space) fold(e *Entry, l Level, va uint64) {
	table := e.load().address(l)
	t := s.mem.Table(table)
	if t == nil {
		return
	}
	all := t[(l - 1).index(va)].load()
	if !t.uniform(all) {
		return
	}
	if all.isEmpty() {
		all = 0
	}
	*e = all
	s.note(va&^(l.Size()-1), PageSize)
	s.frames.FreeTable(table)
}

// uniform reports whether all entries are nothing, as all is, or are the mark
// that all is.
func (t *Table) uniform(all Entry) bool {
	empty := all.isEmpty()
	if !empty && !all.isMark() {
		return false
	}
	for i := range t {
		if e := t[i].load(); e != all && !(empty && e.isEmpty()) {
			return false
		}
	}
	return true
}
