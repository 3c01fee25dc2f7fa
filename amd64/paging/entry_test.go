package paging

import "testing"

func TestPageEntriesHaveTheBitsOfTheManuals(t *testing.T) {
	for _, tc := range []struct {
		l     Level
		pa    uint64
		flags Entry
		want  uint64
	}{
		{PT, 0x1234000, 0, 0x1234001},
		{PT, 0x1234000, Write | NX, 0x8000000001234003},
		{PT, 0xfffffffff000, User | Global, 0x0000fffffffff105},
		{PT, 0x1235000, PAT | PCD | PWT, 0x1235099},
		{PT, 0x1235000, NoAccess | Write, 0x0020000001235002},
		{PD, 0x1200000, Write, 0x1200083},
		{PD, 0x1200000, PAT, 0x1201081},
		{PD, 0x1200000, PAT | NoAccess, 0x0020000001201080},
		{PDPT, 0x40000000, NX, 0x8000000040000081},
	} {
		e := page(tc.l, tc.pa, tc.flags)
		if uint64(e) != tc.want {
			t.Errorf("page(%d, %#x, %#x) = %#x, want %#x", tc.l, tc.pa, uint64(tc.flags), uint64(e), tc.want)
		}
		if e.address(tc.l) != tc.pa || e.flags(tc.l) != tc.flags || !e.isPage(tc.l) || e.isTable(tc.l) || e.isMark() || e.isEmpty() {
			t.Errorf("page(%d, %#x, %#x) reads back as %#x, %#x", tc.l, tc.pa, uint64(tc.flags), e.address(tc.l), uint64(e.flags(tc.l)))
		}
	}
}

func TestMarksAreNotPresentAndKeepTheirFlags(t *testing.T) {
	for _, flags := range []Entry{0, Write | NX, PAT | PCD, NoAccess, FlagMask} {
		e := mark(flags)
		for l := PT; l <= PML4; l++ {
			if e&Present != 0 || !e.isMark() || e.isPage(l) || e.isTable(l) || e.isEmpty() || e.flags(l) != flags {
				t.Errorf("mark(%#x) at level %d reads back as %#x", uint64(flags), l, uint64(e.flags(l)))
			}
		}
	}
}

func TestPoisonInATableMeansNothing(t *testing.T) {
	e := Entry(0xcccccccccccccccc)
	if !e.isEmpty() || e.isMark() || e.isPage(PT) || e.isPage(PD) || e.isTable(PML4) {
		t.Errorf("%#x is something", uint64(e))
	}
}

func TestCanonical(t *testing.T) {
	for va, want := range map[uint64]bool{
		0:                     true,
		0x0000_7fff_ffff_ffff: true,
		0x0000_8000_0000_0000: false,
		0xffff_7fff_ffff_ffff: false,
		0xffff_8000_0000_0000: true,
		0xffff_ffff_ffff_ffff: true,
		0x0001_0000_0000_0000: false,
		0xcccc_cccc_cccc_cccc: false,
	} {
		if Canonical(va) != want {
			t.Errorf("Canonical(%#x) = %v", va, !want)
		}
	}
}
