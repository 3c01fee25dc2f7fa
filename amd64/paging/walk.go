package paging

// Translation is what a walk of the tables found for one virtual address.
type Translation struct {
	// Entries are the entries read; that of level l is at l-1.
	Entries [PML4]Entry
	// Level is the level of the last entry read: all of its span is in the
	// same state. It is 0 when va is not canonical or the root is not memory.
	Level Level
	// PA is the host-physical address that va has, if there is a page.
	PA uint64
	// Flags are those of the page or demand-zero mark, except that Write and
	// User are set only if every level grants them, and NX if any level does.
	Flags Entry
	// OK tells that the processor would translate va. Otherwise the last
	// entry says why not: nothing, demand-zero, a page with NoAccess, or a
	// table that is outside memory.
	OK bool
}

// Walk translates virtual address va as the processor would: AMD APM vol. 2
// §5.3.3 to §5.3.5, Intel SDM vol. 3 §4.5.4. It may be used on tables that
// somebody else made, and on damaged ones.
func (s *Space) Walk(va uint64) (t Translation) {
	if !Canonical(va) {
		return t
	}
	rights, table := Write|User, s.root
	for l := PML4; ; l-- {
		entries := s.mem.Table(table)
		if entries == nil {
			return t
		}
		e := entries[l.index(va)]
		t.Entries[l-1], t.Level = e, l
		if e.isTable(l) {
			rights &= e | NX
			rights |= e & NX
			table = e.address(l)
			continue
		}
		if e.isEmpty() {
			return t
		}
		t.Flags = e.flags(l)&^s.used()&(rights|^(Write|User)) | rights&NX
		if e.isPage(l) {
			t.PA = e.address(l) + va&(l.Size()-1)
			t.OK = e&Present != 0
		}
		return t
	}
}
