//go:build !tamago

package vmx

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/paging"
)

// The entries are those of SDM vol. 3 tables 28-1 to 28-6.
func TestSpaceMakesExtendedPageTables(t *testing.T) {
	e, f := newEngine(t, cpuidtest.BochsBroadwell)
	before := len(f.pages)
	made, err := e.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	s := made.(*space)
	if s.eptp() != s.root|0x1e {
		t.Errorf("the pointer is %#x, the root %#x", s.eptp(), s.root)
	}
	const rwx, rx, writeBack, large = 7, 5, 6 << 3, 1 << 7
	for _, m := range []struct {
		gpa, hpa, size uint64
		write          bool
		level          paging.Level
		want           uint64
	}{
		{0x1000, 0x7000, 0x1000, true, paging.PT, 0x7000 | rwx | writeBack},
		{0x2000, 0x8000, 0x1000, false, paging.PT, 0x8000 | rx | writeBack},
		{2 << 20, 4 << 20, 2 << 20, true, paging.PD, 4<<20 | rwx | writeBack | large},
		{1 << 30, 2 << 30, 1 << 30, false, paging.PDPT, 2<<30 | rx | writeBack | large},
	} {
		for range 2 { // a second time changes nothing
			if err := s.Map(m.gpa, m.hpa, m.size, m.write); err != nil {
				t.Fatal(err)
			}
		}
		w := s.tables.Walk(m.gpa)
		if got := uint64(w.Entries[m.level-1]); w.Level != m.level || got != m.want {
			t.Errorf("%#x: level %d, entry %#x, want %d, %#x", m.gpa, w.Level, got, m.level, m.want)
		}
		for l := m.level; l < paging.PML4; l++ {
			if table := uint64(w.Entries[l]) & 0xfff; table != rwx {
				t.Errorf("%#x: the table's entry of level %d has the bits %#x, want %#x", m.gpa, l+1, table, rwx)
			}
		}
	}
	if err := s.Unmap(0x1000, 0x1000); err != nil || s.tables.Walk(0x1000).OK {
		t.Errorf("still mapped: %v", err)
	}
	s.Close()
	if len(f.pages) != before {
		t.Errorf("%d pages remain", len(f.pages)-before)
	}
}
