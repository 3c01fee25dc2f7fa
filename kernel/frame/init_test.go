package frame

import "testing"

func TestInitRefusesBadRegions(t *testing.T) {
	for _, tc := range []struct {
		name    string
		regions []Region
		want    error
	}{
		{"none", nil, ErrNoRoom},
		{"empty region", []Region{{1 * mib, 16 * mib}, {32 * mib, 32 * mib}}, ErrRegionEmpty},
		{"backward region", []Region{{16 * mib, 1 * mib}}, ErrRegionEmpty},
		{"unsorted", []Region{{16 * mib, 32 * mib}, {1 * mib, 8 * mib}}, ErrRegionOrder},
		{"overlapping", []Region{{1 * mib, 16 * mib}, {16*mib - 1, 32 * mib}}, ErrRegionOrder},
		{"twice", []Region{{1 * mib, 16 * mib}, {1 * mib, 16 * mib}}, ErrRegionOrder},
		{"above the limit", []Region{{1 * mib, MaxAddress + 1}}, ErrRegionLimit},
		{"to the end of the address space", []Region{{1 * mib, ^uint64(0)}}, ErrRegionLimit},
		{"only low memory", []Region{{0, 640 * kib}}, ErrNoRoom},
		{"less than the metadata", []Region{{1 * mib, 1*mib + 128*kib}}, ErrNoRoom},
		{"no whole frame", []Region{{1*mib + 1, 1*mib + Size}}, ErrNoRoom},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := new(Allocator)
			if err := a.Init(tc.regions, new(fakeMemory)); err != tc.want {
				t.Fatalf("Init = %v, want %v", err, tc.want)
			}
			if _, err := a.Alloc(0, Any, Kernel); err != ErrNoMemory {
				t.Errorf("Alloc after failed Init = %v, want %v", err, ErrNoMemory)
			}
		})
	}
}

func TestZeroValueHasNoMemory(t *testing.T) {
	a := new(Allocator)
	if _, err := a.Alloc(0, Any, Kernel); err != ErrNoMemory {
		t.Errorf("Alloc = %v", err)
	}
	if err := a.AllocAt(1*mib, 0, Kernel); err != ErrTaken {
		t.Errorf("AllocAt = %v", err)
	}
	if err := a.Free(1*mib, 0, Kernel); err != ErrNotMemory {
		t.Errorf("Free = %v", err)
	}
	if err := a.Reserve(0, ^uint64(0)); err != nil {
		t.Errorf("Reserve = %v", err)
	}
	if b, ok := a.Next(0); ok {
		t.Errorf("Next = %v", b)
	}
}

func TestInitUsesOnlyWholeFramesAndNeverFrame0(t *testing.T) {
	a := newAllocator(t, Region{0, 0x5800}, Region{0x6001, 0x9000}, Region{1 * mib, 16 * mib})
	var low []uint64
	for b, ok := a.Next(0); ok && b.Start < 1*mib; b, ok = a.Next(b.End()) {
		for pa := b.Start; pa < b.End(); pa += Size {
			low = append(low, pa)
		}
	}
	want := []uint64{0x1000, 0x2000, 0x3000, 0x4000, 0x7000, 0x8000}
	if len(low) != len(want) {
		t.Fatalf("frames below 1 MiB = %#x, want %#x", low, want)
	}
	for i := range want {
		if low[i] != want[i] {
			t.Fatalf("frames below 1 MiB = %#x, want %#x", low, want)
		}
	}
}

func TestInitMergesAcrossRegionsThatTouch(t *testing.T) {
	a := newAllocator(t, Region{1 * mib, 16 * mib}, Region{1 * gib, 1*gib + 5*Size}, Region{1*gib + 5*Size, 2 * gib})
	if pa := mustAlloc(t, a, MaxOrder, Any, GuestRAM); pa != 1*gib {
		t.Errorf("1 GiB block at %#x, want %#x", pa, 1*gib)
	}
}

func TestNextSkipsHolesFromAnyFrame(t *testing.T) {
	a := newAllocator(t, Region{1 * mib, 16 * mib}, Region{17 * mib, 17*mib + Size}, Region{18*mib - Size, 18 * mib})
	for pa := uint64(16 * mib); pa < 18*mib; pa += Size {
		want := uint64(17 * mib)
		if pa > want {
			want = 18*mib - Size
		}
		if b, ok := a.Next(pa); !ok || b.Start != want {
			t.Fatalf("Next(%#x) = %#x, %v, want %#x", pa, b.Start, ok, want)
		}
	}
}

func TestMetadataLiesLowInItsRegionAndIsReserved(t *testing.T) {
	a := newAllocator(t, pc()...)
	s := a.Stats()
	if s.Metadata.Start != 1*mib {
		t.Errorf("metadata at %#x, want 1 MiB", s.Metadata.Start)
	}
	size := s.Metadata.End - s.Metadata.Start
	if s.Bytes[Reserved] != size || s.Used() != size || s.HighWater != size {
		t.Errorf("reserved %d, used %d, high water %d bytes, want the metadata's %d", s.Bytes[Reserved], s.Used(), s.HighWater, size)
	}
	b, ok := a.Next(s.Metadata.Start)
	if !ok || b.Start != s.Metadata.Start || b.Owner != Reserved {
		t.Errorf("block at the metadata = %v", b)
	}
	if err := a.Free(b.Start, b.Order, Kernel); err != ErrReserved {
		t.Errorf("Free of the metadata = %v, want %v", err, ErrReserved)
	}
}

func TestMetadataStaysSmall(t *testing.T) {
	sparse := []Region{{0, 0x9f000}, {1 * mib, 2 * gib}}
	for i := range uint64(14) {
		sparse = append(sparse, Region{(32 + 34*i) * gib, (33 + 34*i) * gib})
	}
	for _, tc := range []struct {
		name    string
		regions []Region
		limit   uint64
	}{
		{"1 GiB", []Region{{0, 0x9f000}, {1 * mib, 1 * gib}}, 324 * kib},
		{"12 GiB", pc(), 4 * mib},
		{"16 GiB over a span of 475", sparse, 5200 * kib},
		{"512 GiB", []Region{{0, 0x9f000}, {1 * mib, 3 * gib}, {4 * gib, 513 * gib}}, 162 * mib},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newAllocator(t, tc.regions...).Stats()
			size := s.Metadata.End - s.Metadata.Start
			t.Logf("metadata %d KiB for %d MiB", size/kib, s.Total/mib)
			if size > tc.limit {
				t.Errorf("metadata %d bytes, want at most %d", size, tc.limit)
			}
		})
	}
}

func TestChunkNotWorthItsMetadataIsIgnored(t *testing.T) {
	a := newAllocator(t, Region{1 * mib, 1 * gib}, Region{40 * gib, 40*gib + 64*kib}, Region{50 * gib, 51 * gib})
	s := a.Stats()
	if s.Ignored != 64*kib || s.Total != 2*gib-1*mib {
		t.Errorf("ignored %d, total %d bytes", s.Ignored, s.Total)
	}
	if err := a.AllocAt(40*gib, 0, Kernel); err != ErrTaken {
		t.Errorf("AllocAt in the ignored memory = %v, want %v", err, ErrTaken)
	}
	if b, ok := a.Next(40 * gib); !ok || b.Start != 50*gib {
		t.Errorf("Next(40 GiB) = %v, %v, want the block at 50 GiB", b, ok)
	}
}
