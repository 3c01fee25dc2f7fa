package x86

import (
	"errors"
	"testing"
)

const (
	p, rw, us, big = 1, 2, 4, 0x80
	nx             = 1 << 63
)

// longTables has a 4 KiB page at 0x40201000, a 2 MiB one at 0x40400000 and a
// 1 GiB one at 0x80000000.
func longTables() memory {
	m := newMemory(0x6000)
	m.put64(0x1000, 0x2000|p|rw|us)
	m.put64(0x2000+8, 0x3000|p|rw|us)
	m.put64(0x2000+16, 0x1_4000_0000|p|rw|us|big)
	m.put64(0x3000+8, 0x4000|p|rw|us)
	m.put64(0x3000+16, 0xfe_e000_0000|p|rw|us|big)
	m.put64(0x4000+8, 0xfee0_0000|p|rw|us)
	return m
}

func TestWalkFindsPagesOfEverySizeAndFormat(t *testing.T) {
	pae := protected()
	pae.CR4, pae.EFER, pae.CR3 = CR4PAE, EFERNXE, 0x1020
	paeMem := newMemory(0x4000)
	paeMem.put64(0x1020+8, 0x2000|p)
	paeMem.put64(0x2000, 0x3000|p|rw)
	paeMem.put64(0x2000+8, 0x12_3460_0000|p|rw|big)
	paeMem.put64(0x3000+16, 0xa_bcde_f000|p|rw)

	old := protected()
	old.CR4 = CR4PSE
	oldMem := newMemory(0x4000)
	oldMem.put32(0x1000+4*1, 0x2000|p|rw)
	oldMem.put32(0x2000+4*3, 0x7654_3000|p|rw)
	oldMem.put32(0x1000+4*2, 0x0080_0000|p|rw|big|0x35<<13)

	noPSE := *old
	noPSE.CR4 = 0
	noPSEMem := newMemory(0x81_0000)
	noPSEMem.put32(0x1000+4*2, 0x0080_0000|p|rw|big)
	noPSEMem.put32(0x80_0000, 0x5000|p|rw)

	five := long()
	five.CR4 |= CR4LA57
	fiveMem := longTables()
	fiveMem.put64(0x5000+8*0x100, 0x1000|p|rw|us)
	five.CR3 = 0x5000 | 0x123 // PCID

	off := &State{CR0: CR0PE}
	for _, tc := range []struct {
		name     string
		s        *State
		m        memory
		lin, gpa uint64
		size     uint64
		levels   int
	}{
		{"no paging", off, nil, 0x1234_5678, 0x1234_5678, 4096, 0},
		{"4 KiB", long(), longTables(), 0x4020_1234, 0xfee0_0234, 4096, 4},
		{"2 MiB", long(), longTables(), 0x4041_2345, 0xfe_e001_2345, 2 << 20, 3},
		{"1 GiB", long(), longTables(), 0x9234_5678, 0x1_5234_5678, 1 << 30, 2},
		{"five levels", five, fiveMem, 0xff00_0000_4020_1234, 0xfee0_0234, 4096, 5},
		{"PAE 4 KiB", pae, paeMem, 0x4000_2abc, 0xa_bcde_fabc, 4096, 3},
		{"PAE 2 MiB", pae, paeMem, 0x4021_2345, 0x12_3461_2345, 2 << 20, 2},
		{"32-bit 4 KiB", old, oldMem, 0x0040_3abc, 0x7654_3abc, 4096, 2},
		{"32-bit 4 MiB with PSE-36", old, oldMem, 0x0081_2345, 0x35_0081_2345, 4 << 20, 1},
		{"PS without CR4.PSE is a table", &noPSE, noPSEMem, 0x0080_0678, 0x5678, 4096, 2},
	} {
		w := tc.s.Walk(tc.m, tc.lin, Write)
		if w.Outcome != Mapped || w.GPA != tc.gpa || w.PageSize != tc.size || len(w.Entries()) != tc.levels {
			t.Errorf("%s: %s at %#x, page of %#x, %d entries, want %#x, %#x, %d",
				tc.name, w.Outcome, w.GPA, w.PageSize, len(w.Entries()), tc.gpa, tc.size, tc.levels)
		}
		if gpa, err := tc.s.Translate(tc.m, tc.lin, Write); err != nil || gpa != tc.gpa {
			t.Errorf("%s: Translate gives %#x, %v", tc.name, gpa, err)
		}
	}
}

func TestWalkTellsTheEntriesItRead(t *testing.T) {
	w := long().Walk(longTables(), 0x4020_1234, 0)
	want := []Entry{{0x1000, 0x2000 | 7, 4}, {0x2008, 0x3000 | 7, 3}, {0x3008, 0x4000 | 7, 2}, {0x4008, 0xfee0_0000 | 7, 1}}
	for i, e := range w.Entries() {
		if e != want[i] {
			t.Errorf("entry %d is %+v, want %+v", i, e, want[i])
		}
	}
}

func TestWalkFaults(t *testing.T) {
	with := func(gpa, clear, set uint64) memory {
		m := longTables()
		m.put64(gpa, m.get64(gpa)&^clear|set)
		return m
	}
	const page = 0x4020_1000
	noNX := long()
	noNX.EFER &^= EFERNXE
	smep := long()
	smep.CR4 |= CR4SMEP | CR4SMAP
	smap := *smep
	smap.RFLAGS |= FlagAC
	noWP := long()
	noWP.CR0 &^= CR0WP
	kernelOnly := with(0x3008, us, 0)
	readOnly := with(0x2008, rw, 0)
	for _, tc := range []struct {
		name string
		s    *State
		m    memory
		lin  uint64
		acc  Access
		want Outcome
		code uint32
	}{
		{"user writes a user page", long(), longTables(), page, Write | User, Mapped, 0},
		{"not present at the page", long(), with(0x4008, p, 0), page, Write, NotPresent, 2},
		{"not present at the root", long(), with(0x1000, p, 0), page, User, NotPresent, 4},
		{"user reads a system page", long(), kernelOnly, page, User, Protection, 5},
		{"system reads a system page", long(), kernelOnly, page, 0, Mapped, 0},
		{"user writes a read-only page", long(), readOnly, page, Write | User, Protection, 7},
		{"system writes a read-only page with WP", long(), readOnly, page, Write, Protection, 3},
		{"system writes a read-only page without WP", noWP, readOnly, page, Write, Mapped, 0},
		{"user writes a read-only page without WP", noWP, readOnly, page, Write | User, Protection, 7},
		{"fetch from NX at the page", long(), with(0x4008, 0, nx), page, Fetch, Protection, 0x11},
		{"fetch from NX at the directory", long(), with(0x3008, 0, nx), page, Fetch | User, Protection, 0x15},
		{"read from NX", long(), with(0x4008, 0, nx), page, 0, Mapped, 0},
		{"NX without NXE", noNX, with(0x4008, 0, nx), page, 0, Reserved, 9},
		{"the fetch bit needs NXE or SMEP", noNX, with(0x4008, p, 0), page, Fetch, NotPresent, 0},
		{"SMEP", smep, longTables(), page, Fetch, Protection, 0x11},
		{"SMEP lets users fetch", smep, longTables(), page, Fetch | User, Mapped, 0},
		{"SMAP", smep, longTables(), page, 0, Protection, 1},
		{"SMAP with AC", &smap, longTables(), page, 0, Mapped, 0},
		{"SMAP spares system pages", smep, kernelOnly, page, Write, Mapped, 0},
		{"PS in the root", long(), with(0x1000, 0, big), page, 0, Reserved, 9},
		{"low bits of a 2 MiB page", long(), with(0x3010, 0, 1<<13), 0x4040_0000, Write, Reserved, 0xb},
		{"PAT of a 2 MiB page", long(), with(0x3010, 0, 1<<12), 0x4040_0000, Write, Mapped, 0},
		{"low bits of a 1 GiB page", long(), with(0x2010, 0, 1<<29), 0x8000_0000, 0, Reserved, 9},
		{"not canonical", long(), longTables(), 1 << 47, 0, NotCanonical, 0},
		{"table outside memory", long(), with(0x3008, 0, 0x1_0000_0000), page, 0, NoMemory, 0},
	} {
		w := tc.s.Walk(tc.m, tc.lin, tc.acc)
		if w.Outcome != tc.want || w.Code != tc.code {
			t.Errorf("%s: %s, code %#x, want %s, %#x", tc.name, w.Outcome, w.Code, tc.want, tc.code)
		}
		_, err := tc.s.Translate(tc.m, tc.lin, tc.acc)
		var exc *Exception
		switch isExc := errors.As(err, &exc); {
		case (err == nil) != (tc.want == Mapped):
			t.Errorf("%s: Translate gives %v", tc.name, err)
		case tc.want == NoMemory && isExc, tc.want == NotCanonical && exc.Vector != GeneralProtection:
			t.Errorf("%s: Translate gives %v", tc.name, err)
		case isExc && exc.Vector == PageFault && (exc.CR2 != tc.lin || exc.Code != tc.code):
			t.Errorf("%s: Translate gives %v", tc.name, err)
		}
	}
}

func TestReservedBitsOfPAEAndPSE(t *testing.T) {
	s := protected()
	s.CR4, s.CR3 = CR4PAE, 0x1000
	m := newMemory(0x3000)
	m.put64(0x1000, 0x2000|p|rw)
	if w := s.Walk(m, 0, 0); w.Outcome != Reserved {
		t.Errorf("RW in a PAE root: %s", w.Outcome)
	}
	s.CR4 = CR4PSE
	m.put64(0x1000, p|big|1<<21)
	if w := s.Walk(m, 0, 0); w.Outcome != Reserved {
		t.Errorf("bit 21 of a 4 MiB page: %s", w.Outcome)
	}
}

func TestTranslateForMarksWhatItUsed(t *testing.T) {
	s, m := long(), longTables()
	if _, err := s.TranslateFor(m, 0x4020_1000, 0); err != nil {
		t.Fatal(err)
	}
	for _, gpa := range []uint64{0x1000, 0x2008, 0x3008, 0x4008} {
		if v := m.get64(gpa); v&(pteA|pteD) != pteA {
			t.Errorf("after a read the entry at %#x is %#x, want accessed and not dirty", gpa, v)
		}
	}
	if _, err := s.TranslateFor(m, 0x4020_1000, Write); err != nil {
		t.Fatal(err)
	}
	if v := m.get64(0x4008); v&pteD == 0 {
		t.Errorf("after a write the page's entry is %#x, want dirty", v)
	}
	if v := m.get64(0x3008); v&pteD != 0 {
		t.Errorf("after a write the directory's entry is %#x, want not dirty", v)
	}
	if v := m.get64(0x3010); v&pteA != 0 {
		t.Errorf("another entry is %#x, want not accessed", v)
	}
}

func TestTranslateForMarksNothingOnAFault(t *testing.T) {
	s, m := long(), longTables()
	m.put64(0x4008, 0xfee0_0000|p|us)
	_, err := s.TranslateFor(m, 0x4020_1000, Write|User)
	var exc *Exception
	if !errors.As(err, &exc) || exc.Code != 7 {
		t.Fatalf("got %v, want #PF with code 7", err)
	}
	if v := m.get64(0x4008); v&(pteA|pteD) != 0 {
		t.Errorf("the entry is %#x, want untouched", v)
	}
}

// changing is memory whose page-table entry another processor changes while it
// is looked at.
type changing struct {
	memory
	looks int
}

func (c *changing) Span(gpa uint64) []byte {
	if gpa == 0x4008 {
		if c.looks++; c.looks == 2 {
			c.put64(0x4008, 0xabc000|p|rw|us)
		}
	}
	return c.memory.Span(gpa)
}

func TestTranslateForSeesAnEntryThatChanges(t *testing.T) {
	m := &changing{memory: longTables()}
	gpa, err := long().TranslateFor(m, 0x4020_1000, Write)
	if err != nil || gpa != 0xabc000 || m.get64(0x4008)&(pteA|pteD) != pteA|pteD {
		t.Errorf("got %#x, %v, entry %#x, want the new page, marked", gpa, err, m.get64(0x4008))
	}
}

func FuzzWalk(f *testing.F) {
	f.Add([]byte(longTables()[:0x5000]), uint64(0x4020_1234), uint64(0x1000), uint64(CR4PAE), uint64(EFERLMA), uint32(2))
	f.Add([]byte{0x67, 0x20, 0, 0, 0xff}, uint64(0x40_0000), uint64(0), uint64(CR4PSE), uint64(0), uint32(0x14))
	f.Fuzz(func(t *testing.T, b []byte, lin, cr3, cr4, efer uint64, acc uint32) {
		m := newMemory(1 << 14)
		copy(m, b)
		s := &State{CR0: CR0PG | CR0PE | CR0WP, CR3: cr3, CR4: cr4, EFER: efer}
		a := Access(acc) & (Write | User | Fetch)
		w := s.Walk(m, lin, a)
		for _, e := range w.Entries() {
			if e.Level < 1 || e.Level > 5 {
				t.Fatalf("entry %+v", e)
			}
		}
		gpa, err := s.TranslateFor(m, lin, a)
		if (err == nil) != (w.Outcome == Mapped) || err == nil && gpa != w.GPA && !overlaps(m, &w) {
			t.Fatalf("Walk: %s %#x, TranslateFor: %#x, %v", w.Outcome, w.GPA, gpa, err)
		}
		s.CR0 &^= CR0PG
		if gpa, err := s.Translate(m, lin, a); gpa != lin || err != nil {
			t.Fatalf("without paging %#x, %v", gpa, err)
		}
	})
}

// overlaps tells whether marking changed an entry that is used twice.
func overlaps(m memory, w *Walk) bool {
	for i, e := range w.Entries() {
		for _, o := range w.Entries()[:i] {
			if e.GPA == o.GPA {
				return true
			}
		}
	}
	return false
}

func BenchmarkTranslate(b *testing.B) {
	s := long()
	var m Memory = longTables()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Translate(m, 0x4020_1234, Write); err != nil {
			b.Fatal(err)
		}
	}
}
