//go:build !tamago

package vmx

import (
	"errors"
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/amd64/paging"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
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
	if s.eptp() != s.root|0x5e {
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

// usage is what Harvest says of the whole space.
func usage(t *testing.T, s vmm.Space) (list []vmmtest.Page) {
	t.Helper()
	if err := s.Harvest(0, vmm.SpaceSize, func(gpa, size uint64, written bool) {
		list = append(list, vmmtest.Page{GPA: gpa, Size: size, Written: written})
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// The flags are bits 8 and 9 of an entry, and leave the memory type alone. SDM
// vol. 3 tables 28-4 and 28-6.
func TestHarvest(t *testing.T) {
	e, _ := newEngine(t, cpuidtest.BochsBroadwell)
	made, err := e.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	s := made.(*space)
	const mib = 1 << 20
	if err := errors.Join(s.Map(0, 64*mib, 2*mib, true), s.Map(2*mib, 66*mib, 4096, false), s.Map(4*mib, 68*mib, 2*mib, true)); err != nil {
		t.Fatal(err)
	}
	const address = 0xf_ffff_ffff_f000
	entries := s.tables.Walk(2 * mib).Entries
	pages := tableMemory{}.Table(uint64(entries[paging.PD-1]) & address)
	large := tableMemory{}.Table(uint64(entries[paging.PDPT-1]) & address)
	large[0] |= 1<<8 | 1<<9
	pages[0] |= 1 << 8
	large[2] |= 1 << 6 // which is ignored
	if got, want := usage(t, s), []vmmtest.Page{{GPA: 0, Size: 2 * mib, Written: true}, {GPA: 2 * mib, Size: 4096}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := usage(t, s); got != nil {
		t.Errorf("harvested, but %v", got)
	}
	for gpa, want := range map[uint64]uint64{0: 64*mib | 0xb7, 2 * mib: 66*mib | 0x35} {
		w := s.tables.Walk(gpa)
		if got := uint64(w.Entries[w.Level-1]); got != want {
			t.Errorf("%#x: the entry is %#x, want %#x", gpa, got, want)
		}
	}
}

// Without the flags nothing is known, and no bit is taken for one of them.
func TestHarvestNeedsTheFlags(t *testing.T) {
	m := cpuidtest.BochsBroadwell.Clone()
	m.MSRs[msr.VMXEPTVPIDCap] &^= 1 << 21
	e, _ := newEngine(t, m)
	made, err := e.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	s := made.(*space)
	if s.eptp() != s.root|0x1e {
		t.Errorf("the pointer is %#x, the root %#x", s.eptp(), s.root)
	}
	if err := s.Harvest(0, 4096, nil); err != vmm.ErrNoUsage {
		t.Errorf("%v, want %v", err, vmm.ErrNoUsage)
	}
}
