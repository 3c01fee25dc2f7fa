package paging

import "testing"

func TestNothingAllocatesGoMemory(t *testing.T) {
	s, _ := newSpace(t, 64, true)
	freed := 0
	if n := testing.AllocsPerRun(100, func() {
		_ = s.Map(gib, gib, gib+8*kib, Write)
		_ = s.Protect(gib+4*kib, 4*kib, NX)
		_ = s.SetDemand(arena, 64*mib, Write)
		_ = s.Back(arena+3*mib, 0x1000)
		_ = s.Release(arena, 4*mib, func(pa, size uint64) { freed++ })
		_ = s.Unmap(gib, gib+8*kib, func(pa, size uint64) { freed++ })
		_ = s.Unmap(arena, 64*mib, nil)
		_ = s.Unmap(1, 1, nil)
		s.Walk(gib)
		s.Demand(arena)
		s.Stale()
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if freed == 0 {
		t.Error("nothing was freed")
	}
}

// BenchmarkBack backs the pages of an arena in order. Its tables are made in
// the first round, and the arena is released outside the time measured.
func BenchmarkBack(b *testing.B) {
	s, _ := newSpace(b, 64, true)
	must(b, s.SetDemand(arena, 64*mib, Write|NX))
	b.ReportAllocs()
	off := uint64(0)
	for b.Loop() {
		if err := s.Back(arena+off, 0x100000); err != nil {
			b.Fatal(err)
		}
		if off += 4 * kib; off == 64*mib {
			b.StopTimer()
			must(b, s.Release(arena, 64*mib, nil))
			off = 0
			b.StartTimer()
		}
	}
}

func BenchmarkBackAndReleaseOnePage(b *testing.B) {
	s, _ := newSpace(b, 64, true)
	must(b, s.SetDemand(arena, 64*mib, Write|NX))
	must(b, s.Back(arena+4*kib, 0x200000))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Back(arena, 0x100000); err != nil {
			b.Fatal(err)
		}
		if err := s.Release(arena, 4*kib, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	s, _ := newSpace(b, 64, true)
	must(b, s.SetDemand(arena, 2*mib, Write|NX))
	must(b, s.Back(arena, 0x100000))
	b.ReportAllocs()
	for b.Loop() {
		if !s.Walk(arena).OK {
			b.Fatal("not mapped")
		}
	}
}

func BenchmarkDemand(b *testing.B) {
	s, _ := newSpace(b, 64, true)
	must(b, s.SetDemand(arena, 2*mib, Write|NX))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := s.Demand(arena); !ok {
			b.Fatal("not demand-zero")
		}
	}
}
