package frame

import (
	"slices"
	"testing"
)

func TestFreeNamesWhatIsWrongAndChangesNothing(t *testing.T) {
	a := newAllocator(t, Region{0, 0x9f000}, Region{1 * mib, 16 * mib}, Region{32 * mib, 64 * mib})
	at := func(pa uint64, order int, o Owner) {
		if err := a.AllocAt(pa, order, o); err != nil {
			t.Fatalf("AllocAt(%#x, %d): %v", pa, order, err)
		}
	}
	at(32*mib, 2, GuestRAM)
	at(40*mib, 0, PageTable)
	at(40*mib+Size, 0, PageTable)
	at(48*mib, 0, PageTable)
	at(0x9e000, 0, Kernel)
	at(56*mib, 3, Device)
	mustFree(t, a, 56*mib, 3, Device)

	before, stats := blocks(a), a.Stats()
	for _, tc := range []struct {
		name  string
		pa    uint64
		order int
		o     Owner
		want  error
	}{
		{"bad order", 32 * mib, 19, GuestRAM, ErrOrder},
		{"negative order", 32 * mib, -1, GuestRAM, ErrOrder},
		{"nobody's", 32 * mib, 2, Free, ErrOwner},
		{"misaligned", 32*mib + Size, 2, GuestRAM, ErrMisaligned},
		{"not a frame", 32*mib + 8, 0, GuestRAM, ErrMisaligned},
		{"frame 0", 0, 0, Kernel, ErrNotMemory},
		{"in a hole", 20 * mib, 0, Kernel, ErrNotMemory},
		{"in a chunk without memory", 20 * gib, 0, Kernel, ErrNotMemory},
		{"above the limit", MaxAddress, 0, Kernel, ErrNotMemory},
		{"never allocated", 60 * mib, 0, Kernel, ErrNotAlloc},
		{"double free", 56 * mib, 3, Device, ErrDoubleFree},
		{"double free with a lower order", 56 * mib, 0, Device, ErrDoubleFree},
		{"other order, lower", 32 * mib, 1, GuestRAM, ErrWrongOrder},
		{"inside", 32*mib + Size, 0, GuestRAM, ErrInside},
		{"two blocks as one", 40 * mib, 1, PageTable, ErrWrongOrder},
		{"block and a free buddy", 48 * mib, 1, PageTable, ErrPartlyFree},
		{"block and a hole", 0x9e000, 1, Kernel, ErrPartlyFree},
		{"free frames and a block", 32 * mib, 13, Kernel, ErrPartlyFree},
		{"other owner", 32 * mib, 2, Kernel, ErrWrongOwner},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := a.Free(tc.pa, tc.order, tc.o); err != tc.want {
				t.Errorf("Free(%#x, %d, %v) = %v, want %v", tc.pa, tc.order, tc.o, err, tc.want)
			}
			if !slices.Equal(blocks(a), before) || a.Stats() != stats {
				t.Error("a refused Free changed something")
			}
		})
	}
}

func TestFreeOfFreeMemoryBiggerThanItsBlockIsPartlyFree(t *testing.T) {
	a := newAllocator(t, Region{1 * mib, 16 * mib})
	if err := a.AllocAt(8*mib+Size, 0, Kernel); err != nil {
		t.Fatal(err)
	}
	if err := a.Free(8*mib, 1, Kernel); err != ErrPartlyFree {
		t.Errorf("Free = %v, want %v", err, ErrPartlyFree)
	}
}

func TestFreeMergesBackToTheLargestBlocks(t *testing.T) {
	a := newAllocator(t, pc()...)
	before, stats := blocks(a), a.Stats()
	var pas []uint64
	for range 5000 {
		pas = append(pas, mustAlloc(t, a, 0, Any, GuestRAM))
	}
	for i := 0; i < len(pas); i += 2 {
		mustFree(t, a, pas[i], 0, GuestRAM)
	}
	if n := a.Stats().Blocks[0]; n < 2500 {
		t.Errorf("%d single free frames, want every second one", n)
	}
	for i := 1; i < len(pas); i += 2 {
		mustFree(t, a, pas[i], 0, GuestRAM)
	}
	if !slices.Equal(blocks(a), before) {
		t.Error("free blocks differ from those before")
	}
	after := a.Stats()
	if after.HighWater != stats.HighWater+5000*Size {
		t.Errorf("high water %d, want %d", after.HighWater, stats.HighWater+5000*Size)
	}
	after.HighWater = stats.HighWater
	if after != stats {
		t.Errorf("stats %+v, want %+v", after, stats)
	}
}

func TestStatsCountByOwner(t *testing.T) {
	a := newAllocator(t, pc()...)
	mustAlloc(t, a, 0, Any, PageTable)
	mustAlloc(t, a, 9, Any, GuestRAM)
	pa := mustAlloc(t, a, 18, Any, GuestRAM)
	s := a.Stats()
	if s.Bytes[PageTable] != Size || s.Bytes[GuestRAM] != 1*gib+2*mib {
		t.Errorf("page tables %d, guest RAM %d bytes", s.Bytes[PageTable], s.Bytes[GuestRAM])
	}
	mustFree(t, a, pa, 18, GuestRAM)
	s = a.Stats()
	if s.Bytes[GuestRAM] != 2*mib {
		t.Errorf("guest RAM %d bytes after Free", s.Bytes[GuestRAM])
	}
	var sum uint64
	for _, n := range s.Bytes {
		sum += n
	}
	if sum != s.Total {
		t.Errorf("owners hold %d bytes of %d", sum, s.Total)
	}
	if Device.String() != "devices" || Owner(200).String() != "unknown" {
		t.Errorf("owner names %q, %q", Device, Owner(200))
	}
}
