package paging

import "testing"

func TestWalkShowsTheEntryOfEachLevel(t *testing.T) {
	s, f := newSpace(t, 8, true)
	must(t, s.Map(0xffff_ffff_8020_1000, 0x5000, 4*kib, Write|Global))
	tr := s.Walk(0xffff_ffff_8020_1abc)
	if !tr.OK || tr.PA != 0x5abc || tr.Level != PT || tr.Flags != Write|Global {
		t.Errorf("Walk = %+v", tr)
	}
	want := [PML4]Entry{0x5103, f.tables[2][1], f.tables[1][510], f.tables[0][511]}
	if tr.Entries != want {
		t.Errorf("entries %#x, want %#x", tr.Entries, want)
	}
}

func TestWalkStopsWhereThereIsNothing(t *testing.T) {
	s, _ := newSpace(t, 8, true)
	must(t, s.Map(0x1000, 0x5000, 4*kib, 0))
	for _, tc := range []struct {
		va   uint64
		want Level
	}{
		{0x2000, PT},
		{2 * mib, PD},
		{gib, PDPT},
		{512 * gib, PML4},
		{1 << 47, 0},
	} {
		if tr := s.Walk(tc.va); tr.OK || tr.Level != tc.want || tr.PA != 0 || tr.Flags != 0 {
			t.Errorf("Walk(%#x) = %+v, want nothing at level %d", tc.va, tr, tc.want)
		}
	}
}

func TestWalkCombinesTheRightsOfAllLevels(t *testing.T) {
	s, f := newSpace(t, 8, true)
	must(t, s.Map(0x1000, 0x5000, 4*kib, Write|User))
	for _, tc := range []struct {
		name       string
		table      int
		clear, set Entry
		want       Entry
	}{
		{"all granted", 0, 0, 0, Write | User},
		{"PML4 read-only", 0, Write, 0, User},
		{"PDPT supervisor", 1, User, 0, Write},
		{"PD no-execute", 2, 0, NX, Write | User | NX},
	} {
		e := &f.tables[tc.table][0]
		before := *e
		*e = before&^tc.clear | tc.set
		if tr := s.Walk(0x1000); !tr.OK || tr.Flags != tc.want {
			t.Errorf("%s: flags %#x, want %#x", tc.name, uint64(tr.Flags), uint64(tc.want))
		}
		_, write, nx, _ := hardware(f, s.Root(), 0x1000)
		if write != (tc.want&Write != 0) || nx != (tc.want&NX != 0) {
			t.Errorf("%s: hardware says %v, %v", tc.name, write, nx)
		}
		*e = before
	}
}
