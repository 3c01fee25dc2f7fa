package paging

import "testing"

const arena = 0xc000000000 // where Go puts its first heap arena

func TestArenaCostsMarksAndNotTables(t *testing.T) {
	s, f := newSpace(t, 8, true)
	must(t, s.SetDemand(arena, 64*mib, Write|NX))
	if f.out != 2 {
		t.Errorf("%d tables for 64 MiB, want a PDPT and a PD", f.out)
	}
	marks := 0
	for _, e := range f.tables[2] {
		if e.isMark() {
			marks++
		}
	}
	if marks != 32 {
		t.Errorf("%d marks, want 32", marks)
	}
	if flags, size, ok := s.Demand(arena + 64*mib - 1); !ok || size != 2*mib || flags != Write|NX {
		t.Errorf("Demand = %#x, %d, %v", uint64(flags), size, ok)
	}
	if _, _, ok := s.Demand(arena + 64*mib); ok {
		t.Error("the page after the arena is demand-zero")
	}
	if tr := s.Walk(arena); tr.OK || tr.Level != PD || tr.Flags != Write|NX {
		t.Errorf("Walk = %+v", tr)
	}
	if _, pages := s.Stale(); pages != 0 {
		t.Errorf("%d pages stale", pages)
	}
}

func TestDemandOfAnythingElse(t *testing.T) {
	s, _ := newSpace(t, 8, true)
	must(t, s.Map(0x1000, 0, 4*kib, Write))
	for _, va := range []uint64{0, 0x1000, 0x2000, gib, 1 << 47, 1<<64 - 1} {
		if _, _, ok := s.Demand(va); ok {
			t.Errorf("Demand(%#x) is true", va)
		}
	}
}

func TestBackSplitsAMarkOnce(t *testing.T) {
	s, f := newSpace(t, 8, true)
	must(t, s.SetDemand(arena, 4*mib, Write|NX))
	must(t, s.Back(arena+0x5123, 0x77000))
	if f.out != 3 {
		t.Errorf("%d tables, want one more", f.out)
	}
	if pa, write, nx, ok := hardware(f, s.Root(), arena+0x5123); !ok || pa != 0x77123 || !write || !nx {
		t.Errorf("translates to %#x, %v, %v, %v", pa, write, nx, ok)
	}
	for _, tc := range []struct{ va, size uint64 }{
		{arena, 4 * kib},
		{arena + 0x4fff, 4 * kib},
		{arena + 0x6000, 4 * kib},
		{arena + 2*mib, 2 * mib},
	} {
		if flags, size, ok := s.Demand(tc.va); !ok || size != tc.size || flags != Write|NX {
			t.Errorf("Demand(%#x) = %#x, %d, %v", tc.va, uint64(flags), size, ok)
		}
	}
	if _, pages := s.Stale(); pages != 0 {
		t.Errorf("%d pages stale", pages)
	}
	must(t, s.Back(arena, 0x78000))
	if f.out != 3 {
		t.Errorf("%d tables, want no more", f.out)
	}
}

func TestBackRefuses(t *testing.T) {
	s, f := newSpace(t, 8, true)
	must(t, s.SetDemand(arena, 2*mib, Write))
	must(t, s.SetDemand(arena+2*mib, 2*mib, NoAccess))
	must(t, s.Back(arena, 0x1000))
	tables := f.out
	for _, tc := range []struct {
		name   string
		va, pa uint64
		want   error
	}{
		{"backed already", arena, 0x2000, ErrNotDemand},
		{"nothing there", arena + 4*mib, 0x2000, ErrNotDemand},
		{"no access", arena + 2*mib, 0x2000, ErrNoAccess},
		{"not canonical", 1 << 47, 0x2000, ErrCanonical},
		{"not a frame", arena + 4*kib, 0x2001, ErrAlign},
		{"above physical memory", arena + 4*kib, 1 << 52, ErrPhysical},
	} {
		if err := s.Back(tc.va, tc.pa); err != tc.want {
			t.Errorf("%s: Back = %v, want %v", tc.name, err, tc.want)
		}
	}
	if f.out != tables {
		t.Error("a refused Back split a mark")
	}
	f.budget = 0
	must(t, s.Unmap(arena, 2*mib, nil))
	must(t, s.SetDemand(arena, 2*mib, Write))
	if err := s.Back(arena, 0x1000); err != ErrNoTable {
		t.Errorf("Back without a table = %v, want %v", err, ErrNoTable)
	}
	if _, size, ok := s.Demand(arena); !ok || size != 2*mib {
		t.Error("the mark is gone")
	}
}

func TestReleaseGivesFramesAndTablesBack(t *testing.T) {
	s, f := newSpace(t, 8, true)
	must(t, s.SetDemand(arena, 64*mib, Write|NX))
	tables := f.out
	for i := range uint64(4) {
		must(t, s.Back(arena+i*3*4*kib, 0x100000+i*4*kib))
	}
	must(t, s.Protect(arena, 4*kib, NX))
	var got []uint64
	freed := func(pa, size uint64) {
		if size != 4*kib {
			t.Errorf("size %d", size)
		}
		got = append(got, pa)
	}
	s.Stale()
	must(t, s.Release(arena+4*kib, 2*mib, freed))
	if len(got) != 3 || got[0] != 0x101000 || got[2] != 0x103000 {
		t.Errorf("freed %#x, want three frames", got)
	}
	if va, pages := s.Stale(); va != arena+3*4*kib || pages != 7 {
		t.Errorf("stale %#x, %d pages, want 7 from %#x", va, pages, uint64(arena+3*4*kib))
	}
	if flags, _, ok := s.Demand(arena + 3*4*kib); !ok || flags != Write|NX {
		t.Errorf("released page: flags %#x, %v", uint64(flags), ok)
	}
	must(t, s.Release(arena, 4*kib, freed))
	if flags, _, ok := s.Demand(arena); !ok || flags != NX {
		t.Errorf("released page: flags %#x, %v, want its own", uint64(flags), ok)
	}
	must(t, s.Protect(arena, 4*kib, Write|NX))
	if f.out != tables {
		t.Errorf("%d tables, want the %d from before", f.out, tables)
	}
	if _, size, ok := s.Demand(arena); !ok || size != 2*mib {
		t.Errorf("mark of %d bytes, want 2 MiB", size)
	}
	if err := s.Release(arena+64*mib-4*kib, 8*kib, freed); err != ErrNotMapped {
		t.Errorf("Release beyond the arena = %v, want %v", err, ErrNotMapped)
	}
}

func TestFreedTableIsStale(t *testing.T) {
	s, f := newSpace(t, 8, true)
	must(t, s.SetDemand(arena, 2*mib, Write))
	must(t, s.Protect(arena+8*kib, 4*kib, NX))
	must(t, s.SetDemand(arena+2*mib, 2*mib, NX))
	s.Stale()
	tables := f.out
	must(t, s.Protect(arena+8*kib, 4*kib, Write))
	if va, pages := s.Stale(); f.out != tables-1 || pages == 0 || va < arena || va+pages*PageSize > arena+2*mib {
		t.Errorf("%d tables fewer, stale %#x, %d pages; want an address that the freed table was for", tables-f.out, va, pages)
	}
}

func TestProtectChangesMarks(t *testing.T) {
	s, _ := newSpace(t, 8, true)
	must(t, s.SetDemand(arena, 4*mib, NoAccess))
	must(t, s.Protect(arena+4*kib, 4*mib-4*kib, Write|NX))
	for _, tc := range []struct {
		va, size uint64
		flags    Entry
	}{
		{arena, 4 * kib, NoAccess},
		{arena + 4*kib, 4 * kib, Write | NX},
		{arena + 2*mib, 2 * mib, Write | NX},
	} {
		if flags, size, ok := s.Demand(tc.va); !ok || size != tc.size || flags != tc.flags {
			t.Errorf("Demand(%#x) = %#x, %d, %v", tc.va, uint64(flags), size, ok)
		}
	}
	if _, pages := s.Stale(); pages != 0 {
		t.Errorf("%d pages stale: marks are not present", pages)
	}
}

func TestSetDemandOverOtherMemoryIsRefused(t *testing.T) {
	s, _ := newSpace(t, 8, true)
	must(t, s.Map(arena+4*kib, 0x1000, 4*kib, Write))
	if err := s.SetDemand(arena, 2*mib, Write); err != ErrOverlap {
		t.Errorf("SetDemand over a page = %v, want %v", err, ErrOverlap)
	}
	if _, _, ok := s.Demand(arena); ok {
		t.Error("a refused SetDemand left a mark")
	}
	must(t, s.SetDemand(arena+2*mib, 2*mib, Write))
	must(t, s.SetDemand(arena+2*mib, 4*mib, Write))
	if err := s.SetDemand(arena+2*mib, 4*kib, 0); err != ErrOverlap {
		t.Errorf("SetDemand with other flags = %v, want %v", err, ErrOverlap)
	}
}

func TestLargeReservationIsOneMarkPerGiB(t *testing.T) {
	s, f := newSpace(t, 8, false)
	must(t, s.SetDemand(arena, 64*gib, NoAccess))
	if f.out != 1 {
		t.Errorf("%d tables for 64 GiB, want a PDPT", f.out)
	}
	must(t, s.Protect(arena+gib+4*kib, 4*kib, Write))
	must(t, s.Back(arena+gib+4*kib, 0x1000))
	if f.out != 3 {
		t.Errorf("%d tables, want a PD and a PT more", f.out)
	}
	must(t, s.Release(arena+gib, gib, nil))
	must(t, s.Protect(arena+gib, gib, NoAccess))
	if _, size, _ := s.Demand(arena + gib); size != gib || f.out != 1 {
		t.Errorf("mark of %d bytes, %d tables, want one of 1 GiB again", size, f.out)
	}
	must(t, s.SetDemand(512*gib, 256*gib, NoAccess))
	must(t, s.SetDemand(arena+64*gib, 192*gib, NoAccess))
	if _, size, _ := s.Demand(arena); size != 512*gib || f.out != 0 {
		t.Errorf("mark of %d bytes, %d tables, want one of 512 GiB", size, f.out)
	}
	must(t, s.Protect(arena, 4*kib, Write))
	must(t, s.Back(arena, 0x1000))
	if pa, _, _, ok := hardware(f, s.Root(), arena); !ok || pa != 0x1000 {
		t.Errorf("translates to %#x, %v", pa, ok)
	}
}
