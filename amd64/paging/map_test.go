package paging

import "testing"

// leaves counts the pages that map size bytes from va, by level.
func leaves(s *Space, va, size uint64) (n [PML4 + 1]int) {
	for end := va + size; va < end; {
		tr := s.Walk(va)
		if tr.OK {
			n[tr.Level]++
		}
		va += tr.Level.Size()
	}
	return n
}

func TestMapUsesTheLargestPagesThatFit(t *testing.T) {
	for _, tc := range []struct {
		name         string
		va, pa, size uint64
		gigabyte     bool
		want         [PML4 + 1]int
		tables       int
	}{
		{"one page", 0x1000, 0x5000, 4 * kib, true, [5]int{PT: 1}, 3},
		{"2 MiB", 2 * mib, 4 * mib, 2 * mib, true, [5]int{PD: 1}, 2},
		{"2 MiB, address not aligned", 2 * mib, 4*mib + 4*kib, 2 * mib, true, [5]int{PT: 512}, 3},
		{"2 MiB with edges", 2*mib - 4*kib, 4*mib - 4*kib, 2*mib + 8*kib, true, [5]int{PT: 2, PD: 1}, 4},
		{"1 GiB", gib, 3 * gib, gib, true, [5]int{PDPT: 1}, 1},
		{"1 GiB without such pages", gib, 3 * gib, gib, false, [5]int{PD: 512}, 2},
		{"1 GiB, address 2 MiB aligned", gib, 3*gib + 2*mib, gib, true, [5]int{PD: 512}, 2},
		{"12 GiB", 0, 0, 12 * gib, true, [5]int{PDPT: 12}, 1},
		{"end of the lower half", 1<<47 - gib, 0, gib, true, [5]int{PDPT: 1}, 1},
		{"across tables of every level", 512*gib - 4*kib, 1*gib - 4*kib, 8 * kib, true, [5]int{PT: 2}, 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, f := newSpace(t, 16, tc.gigabyte)
			must(t, s.Map(tc.va, tc.pa, tc.size, Write))
			if got := leaves(s, tc.va, tc.size); got != tc.want {
				t.Errorf("pages by level %v, want %v", got, tc.want)
			}
			for _, off := range []uint64{0, tc.size / 2, tc.size - 1} {
				pa, write, nx, ok := hardware(f, s.Root(), tc.va+off)
				if pa != tc.pa+off || !write || nx || !ok {
					t.Errorf("%#x translates to %#x, %v, %v, %v; want %#x", tc.va+off, pa, write, nx, ok, tc.pa+off)
				}
			}
			for _, va := range []uint64{tc.va - 1, tc.va + tc.size} {
				if Canonical(va) && s.Walk(va).OK {
					t.Errorf("%#x, outside, is mapped", va)
				}
			}
			if f.out != tc.tables {
				t.Errorf("%d tables, want %d", f.out, tc.tables)
			}
			must(t, s.Unmap(tc.va, tc.size, nil))
			if f.out != 0 {
				t.Errorf("%d tables left after Unmap", f.out)
			}
		})
	}
}

func TestRangeAtTheEndOfTheAddressSpace(t *testing.T) {
	s, f := newSpace(t, 8, true)
	const va = 1<<64 - 8*kib
	must(t, s.Map(va, 0x10000, 8*kib, Write))
	if pa, _, _, ok := hardware(f, s.Root(), 1<<64-1); !ok || pa != 0x11fff {
		t.Errorf("last byte at %#x, %v", pa, ok)
	}
	must(t, s.Unmap(va, 8*kib, nil))
	if at, pages := s.Stale(); at > va || pages < 2 {
		t.Errorf("stale %#x, %d pages", at, pages)
	}
	if f.out != 0 {
		t.Errorf("%d tables left", f.out)
	}
}

func TestBadRangesAreRefused(t *testing.T) {
	s, f := newSpace(t, 8, true)
	for _, tc := range []struct {
		name         string
		va, pa, size uint64
		flags        Entry
		want         error
	}{
		{"no size", 0x1000, 0, 0, 0, ErrSize},
		{"size not aligned", 0x1000, 0, 0x800, 0, ErrAlign},
		{"virtual address not aligned", 0x1001, 0, 0x1000, 0, ErrAlign},
		{"physical address not aligned", 0x1000, 0x10, 0x1000, 0, ErrAlign},
		{"wraps", 1<<64 - 0x1000, 0, 0x2000, 0, ErrCanonical},
		{"wraps around everything", 0x2000, 0, 1<<64 - 0x1000, 0, ErrCanonical},
		{"starts in the hole", 1 << 47, 0, 0x1000, 0, ErrCanonical},
		{"ends in the hole", 1<<47 - 0x1000, 0, 0x2000, 0, ErrCanonical},
		{"jumps the hole", 1<<47 - 0x1000, 0, 0xffff_0000_0000_2000, 0, ErrCanonical},
		{"physical end", 0x1000, 1<<52 - 0x1000, 0x2000, 0, ErrPhysical},
		{"physical start", 0x1000, 1 << 52, 0x1000, 0, ErrPhysical},
		{"present is not a flag", 0x1000, 0, 0x1000, Present, ErrFlags},
		{"large is not a flag", 0x1000, 0, 0x1000, Large, ErrFlags},
		{"an address bit", 0x1000, 0, 0x1000, 1 << 20, ErrFlags},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := s.Map(tc.va, tc.pa, tc.size, tc.flags); err != tc.want {
				t.Errorf("Map = %v, want %v", err, tc.want)
			}
			if tc.want == ErrPhysical || tc.pa != 0 {
				return
			}
			if err := s.SetDemand(tc.va, tc.size, tc.flags); err != tc.want {
				t.Errorf("SetDemand = %v, want %v", err, tc.want)
			}
			if err := s.Protect(tc.va, tc.size, tc.flags); err != tc.want {
				t.Errorf("Protect = %v, want %v", err, tc.want)
			}
			if tc.want == ErrFlags {
				return
			}
			if err := s.Unmap(tc.va, tc.size, nil); err != tc.want {
				t.Errorf("Unmap = %v, want %v", err, tc.want)
			}
			if err := s.Release(tc.va, tc.size, nil); err != tc.want {
				t.Errorf("Release = %v, want %v", err, tc.want)
			}
		})
	}
	if f.out != 0 {
		t.Errorf("refused calls took %d tables", f.out)
	}
}

func TestMapOverAnotherMappingIsRefusedAndChangesNothing(t *testing.T) {
	s, f := newSpace(t, 16, true)
	must(t, s.Map(6*mib, 0x100000, 4*kib, Write))
	must(t, s.Map(8*mib, 8*mib, 2*mib, NX))
	must(t, s.SetDemand(12*mib, 4*kib, Write))
	s.Stale()
	tables := f.out
	for _, tc := range []struct {
		name         string
		va, pa, size uint64
		flags        Entry
		want         error
	}{
		{"other address", 5 * mib, 0x200000, 2 * mib, Write, ErrOverlap},
		{"other flags", 6 * mib, 0x100000, 4 * kib, Write | NX, ErrOverlap},
		{"in a large page, other address", 8*mib + 4*kib, 8 * mib, 4 * kib, NX, ErrOverlap},
		{"in a large page, other flags", 8*mib + 4*kib, 8*mib + 4*kib, 4 * kib, 0, ErrOverlap},
		{"demand-zero", 12 * mib, 0, 4 * kib, Write, ErrOverlap},
		{"the same page", 6 * mib, 0x100000, 4 * kib, Write, nil},
		{"the same, part of a large page", 8*mib + 4*kib, 8*mib + 4*kib, 4 * kib, NX, nil},
	} {
		if err := s.Map(tc.va, tc.pa, tc.size, tc.flags); err != tc.want {
			t.Errorf("%s: Map = %v, want %v", tc.name, err, tc.want)
		}
	}
	if s.Walk(5*mib).OK || s.Walk(6*mib).PA != 0x100000 || f.out != tables {
		t.Error("a refused Map changed something")
	}
	if _, pages := s.Stale(); pages != 0 {
		t.Errorf("%d pages stale", pages)
	}
}

func TestProtectSplitsOnlyWhatItMust(t *testing.T) {
	s, f := newSpace(t, 16, true)
	must(t, s.Map(gib, gib, gib, Write|PAT))
	must(t, s.Protect(gib+2*mib, 2*mib, NX|PAT))
	if got := leaves(s, gib, gib); got != [5]int{PD: 512} {
		t.Errorf("pages by level %v, want 512 of 2 MiB", got)
	}
	must(t, s.Protect(gib+4*mib+4*kib, 4*kib, NX|PAT))
	if got := leaves(s, gib, gib); got != [5]int{PD: 511, PT: 512} {
		t.Errorf("pages by level %v, want 511 of 2 MiB and 512 of 4 KiB", got)
	}
	for _, tc := range []struct {
		va    uint64
		flags Entry
	}{
		{gib, Write | PAT},
		{gib + 2*mib, NX | PAT},
		{gib + 4*mib, Write | PAT},
		{gib + 4*mib + 4*kib, NX | PAT},
		{gib + 4*mib + 8*kib, Write | PAT},
		{2*gib - 4*kib, Write | PAT},
	} {
		if tr := s.Walk(tc.va); !tr.OK || tr.PA != tc.va || tr.Flags != tc.flags {
			t.Errorf("%#x translates to %#x, flags %#x, %v; want itself, %#x", tc.va, tr.PA, uint64(tr.Flags), tr.OK, uint64(tc.flags))
		}
	}
	tables := f.out
	must(t, s.Protect(gib+4*mib+4*kib, 4*kib, NX|PAT))
	must(t, s.Protect(gib+6*mib+4*kib, 4*kib, Write|PAT))
	if f.out != tables {
		t.Error("Protect that changes nothing split a page")
	}
	if err := s.Protect(2*gib-4*kib, 8*kib, 0); err != ErrNotMapped {
		t.Errorf("Protect beyond the mapping = %v, want %v", err, ErrNotMapped)
	}
	if tr := s.Walk(2*gib - 4*kib); tr.Flags != Write|PAT {
		t.Error("a refused Protect changed something")
	}
}

func TestSplitAndProtectKeepWhatTheProcessorRecorded(t *testing.T) {
	s, f := newSpace(t, 8, true)
	must(t, s.Map(0, 0, 2*mib, Write))
	f.tables[2][0] |= Accessed | Dirty
	must(t, s.Protect(4*kib, 4*kib, NX))
	for _, va := range []uint64{0, 4 * kib, 8 * kib} {
		if e := s.Walk(va).Entries[PT-1]; e&(Accessed|Dirty) != Accessed|Dirty {
			t.Errorf("entry at %#x is %#x, want it accessed and dirty", va, uint64(e))
		}
	}
}

func TestNoAccessKeepsTheFrame(t *testing.T) {
	s, f := newSpace(t, 8, true)
	must(t, s.Map(2*mib, 4*mib, 2*mib, Write))
	must(t, s.Protect(2*mib, 4*kib, NoAccess))
	if _, _, _, ok := hardware(f, s.Root(), 2*mib); ok {
		t.Error("the page is accessible")
	}
	if tr := s.Walk(2 * mib); tr.OK || tr.PA != 4*mib || tr.Flags != NoAccess {
		t.Errorf("Walk = %+v", tr)
	}
	if err := s.Back(2*mib, 0); err != ErrNotDemand {
		t.Errorf("Back of a page with a frame = %v, want %v", err, ErrNotDemand)
	}
	must(t, s.Protect(2*mib, 4*kib, Write))
	if pa, write, _, ok := hardware(f, s.Root(), 2*mib); !ok || !write || pa != 4*mib {
		t.Errorf("translates to %#x, %v, %v after Protect", pa, write, ok)
	}
	must(t, s.Protect(2*mib, 8*kib, NoAccess))
	var freed uint64
	must(t, s.Unmap(2*mib, 2*mib, func(pa, size uint64) { freed += size }))
	if freed != 2*mib {
		t.Errorf("%d bytes freed, want all", freed)
	}
}

func TestUnmapHandsBackWhatItRemoves(t *testing.T) {
	s, f := newSpace(t, 16, true)
	must(t, s.Map(gib, 5*gib, gib, Write))
	must(t, s.SetDemand(2*gib, 4*mib, Write))
	type piece struct{ pa, size uint64 }
	var got []piece
	freed := func(pa, size uint64) { got = append(got, piece{pa, size}) }
	must(t, s.Unmap(gib+gib/2-4*kib, gib/2+4*kib+2*mib, freed))
	if len(got) != 257 || got[0] != (piece{5*gib + gib/2 - 4*kib, 4 * kib}) || got[256] != (piece{6*gib - 2*mib, 2 * mib}) {
		t.Errorf("%d pieces, first %#x, last %#x", len(got), got[0], got[len(got)-1])
	}
	if va, pages := s.Stale(); va != gib+gib/2-4*kib || va+pages*PageSize != 2*gib {
		t.Errorf("stale from %#x, %d pages", va, pages)
	}
	if _, _, ok := s.Demand(2 * gib); ok {
		t.Error("the demand-zero mark is still there")
	}
	if _, size, ok := s.Demand(2*gib + 2*mib); !ok || size != 2*mib {
		t.Error("the mark beyond the range is gone")
	}
	must(t, s.Unmap(0, 1<<47, nil))
	if f.out != 0 {
		t.Errorf("%d tables left", f.out)
	}
}

func TestStaleForgetsWhatItReturned(t *testing.T) {
	s, _ := newSpace(t, 8, true)
	must(t, s.Map(0x1000, 0, 8*kib, 0))
	if va, pages := s.Stale(); pages != 0 {
		t.Errorf("new mapping leaves %#x, %d pages stale", va, pages)
	}
	must(t, s.Protect(0x2000, 4*kib, Write))
	if va, pages := s.Stale(); va != 0x2000 || pages != 1 {
		t.Errorf("stale %#x, %d pages, want the one at 0x2000", va, pages)
	}
	if va, pages := s.Stale(); pages != 0 {
		t.Errorf("again stale: %#x, %d pages", va, pages)
	}
}

func TestOutOfTablesCanBeRepeated(t *testing.T) {
	s, f := newSpace(t, 16, true)
	f.budget = 3
	if err := s.Map(2*mib-8*kib, 0x1000, 16*kib, Write); err != ErrNoTable {
		t.Fatalf("Map = %v, want %v", err, ErrNoTable)
	}
	f.budget = 1
	must(t, s.Map(2*mib-8*kib, 0x1000, 16*kib, Write))
	for off := uint64(0); off < 16*kib; off += 4 * kib {
		if tr := s.Walk(2*mib - 8*kib + off); !tr.OK || tr.PA != 0x1000+off {
			t.Errorf("offset %#x translates to %#x, %v", off, tr.PA, tr.OK)
		}
	}
	f.budget = 2
	if err := s.Map(512*gib, 0, 4*kib, 0); err != ErrNoTable {
		t.Fatalf("Map = %v, want %v", err, ErrNoTable)
	}
	if f.out != 4 {
		t.Errorf("%d tables, want 4: none for what was not mapped", f.out)
	}
}

func TestTablesOutsideMemoryAreErrors(t *testing.T) {
	s, f := newSpace(t, 8, true)
	must(t, s.Map(0x1000, 0, 4*kib, 0))
	f.tables[0][1] = 0xdead000 | tableFlags
	const va = 512 * gib
	if err := s.Map(va, 0, 4*kib, 0); err != ErrTable {
		t.Errorf("Map = %v, want %v", err, ErrTable)
	}
	if err := s.Unmap(va, 4*kib, nil); err != ErrTable {
		t.Errorf("Unmap = %v, want %v", err, ErrTable)
	}
	if err := s.Back(va, 0); err != ErrTable {
		t.Errorf("Back = %v, want %v", err, ErrTable)
	}
	if _, _, ok := s.Demand(va); ok {
		t.Error("Demand found something")
	}
	if tr := s.Walk(va); tr.OK || tr.Level != PML4 || tr.Entries[PML4-1] != 0xdead000|tableFlags {
		t.Errorf("Walk = %+v", tr)
	}
	s.Init(0xdead000, f, f, true)
	if tr := s.Walk(va); tr.OK || tr.Level != 0 {
		t.Errorf("Walk from a root outside memory = %+v", tr)
	}
}

func TestFrameOutsideMemoryIsGivenBack(t *testing.T) {
	s, f := newSpace(t, 8, true)
	f.tables = f.tables[:1]
	if err := s.Map(0x1000, 0, 4*kib, 0); err != ErrTable {
		t.Errorf("Map = %v, want %v", err, ErrTable)
	}
	if f.out != 0 {
		t.Errorf("%d tables out", f.out)
	}
}

// Pages that begin as accessed are mapped again like others, and are so in
// tables of every level.
func TestMapOfAccessedPages(t *testing.T) {
	s, _ := newSpace(t, 16, true)
	for range 2 {
		if err := s.Map(1<<21, 1<<21, 1<<21+0x1000, Write|Accessed); err != nil {
			t.Fatal(err)
		}
	}
	for _, va := range []uint64{1 << 21, 1 << 22} {
		if w := s.Walk(va); w.Entries[w.Level-1]&Accessed == 0 || w.Flags != Write {
			t.Errorf("%#x: %+v", va, w)
		}
	}
	if err := s.SetDemand(1<<30, 0x1000, Accessed); err != ErrFlags {
		t.Errorf("a demand-zero page that begins as accessed: %v", err)
	}
}
