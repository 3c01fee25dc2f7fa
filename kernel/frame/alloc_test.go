package frame

import "testing"

func TestAllocPrefersTheHighestMemoryAllowed(t *testing.T) {
	a := newAllocator(t, pc()...)
	for _, tc := range []struct {
		order int
		c     Constraint
		want  uint64
	}{
		{0, Any, 13*gib - 4*kib},
		{9, Any, 13*gib - 4*mib},
		{18, Any, 11 * gib},
		{0, Below4G, 0xbffde000},
		{9, Below4G, 0xbfc00000},
		{18, Below4G, 1 * gib},
		{0, Below1M, 0x9e000},
		{7, Below1M, 0},
		{6, Below1M, 0x40000},
	} {
		if tc.want == 0 {
			if pa, err := a.Alloc(tc.order, tc.c, Kernel); err != ErrNoMemory {
				t.Errorf("Alloc(%d, %d) = %#x, %v, want %v", tc.order, tc.c, pa, err, ErrNoMemory)
			}
			continue
		}
		if pa := mustAlloc(t, a, tc.order, tc.c, Kernel); pa != tc.want {
			t.Errorf("Alloc(%d, %d) = %#x, want %#x", tc.order, tc.c, pa, tc.want)
		}
	}
}

func TestAnyTakesLowMemoryOnlyWhenTheRestIsFull(t *testing.T) {
	a := newAllocator(t, Region{0x1000, 0x9f000}, Region{1 * mib, 4 * mib}, Region{4 * gib, 4*gib + 1*mib})
	last := ^uint64(0)
	for n := 0; ; n++ {
		pa, err := a.Alloc(0, Any, GuestRAM)
		if err != nil {
			s := a.Stats()
			if s.Free() != 0 {
				t.Errorf("%v with %d bytes free", err, s.Free())
			}
			if s.Failed != 1 || s.HighWater != s.Total {
				t.Errorf("failed %d, high water %d of %d", s.Failed, s.HighWater, s.Total)
			}
			return
		}
		if pa < 4*gib != (last < 4*gib) && last < 4*gib || pa < 1*mib != (last < 1*mib) && last < 1*mib {
			t.Fatalf("allocation %d at %#x comes after %#x", n, pa, last)
		}
		last = pa
	}
}

func TestBestFitLeavesLargeBlocksWhole(t *testing.T) {
	a := newAllocator(t, Region{1 * mib, 16 * mib}, Region{4 * gib, 6 * gib})
	hole := mustAlloc(t, a, 0, Any, Kernel)
	mustAlloc(t, a, 0, Any, Kernel)
	mustFree(t, a, hole, 0, Kernel)
	if pa := mustAlloc(t, a, 0, Any, Kernel); pa != hole {
		t.Errorf("Alloc = %#x, want the only single frame %#x", pa, hole)
	}
	if pa := mustAlloc(t, a, MaxOrder, Any, Kernel); pa != 4*gib {
		t.Errorf("1 GiB block at %#x, want 4 GiB", pa)
	}
}

func TestAllocRefusesBadArguments(t *testing.T) {
	a := newAllocator(t, pc()...)
	for _, tc := range []struct {
		order int
		c     Constraint
		o     Owner
		want  error
	}{
		{-1, Any, Kernel, ErrOrder},
		{19, Any, Kernel, ErrOrder},
		{0, Below1M + 1, Kernel, ErrConstraint},
		{0, Any, Free, ErrOwner},
		{0, Any, Reserved, ErrOwner},
		{0, Any, Owners, ErrOwner},
	} {
		if pa, err := a.Alloc(tc.order, tc.c, tc.o); err != tc.want {
			t.Errorf("Alloc(%d, %d, %v) = %#x, %v, want %v", tc.order, tc.c, tc.o, pa, err, tc.want)
		}
	}
	if n := a.Stats().Failed; n != 0 {
		t.Errorf("%d failures counted, want 0: only want of memory counts", n)
	}
}

func TestAllocAt(t *testing.T) {
	a := newAllocator(t, pc()...)
	for _, tc := range []struct {
		name  string
		pa    uint64
		order int
		want  error
	}{
		{"trampoline", 0x8000, 0, nil},
		{"the same again", 0x8000, 0, ErrTaken},
		{"around it", 0x8000, 1, ErrTaken},
		{"misaligned", 0x9000, 1, ErrMisaligned},
		{"not a frame", 0x9010, 0, ErrMisaligned},
		{"bad order", 0, 19, ErrOrder},
		{"frame 0", 0, 0, ErrTaken},
		{"partly beyond the region", 0x80000, 5, ErrTaken},
		{"in a hole", 0xc0000000, 0, ErrTaken},
		{"in a chunk without memory", 20 * gib, 0, ErrTaken},
		{"above the limit", 1 << 60, 0, ErrTaken},
		{"middle of a large block", 5*gib + 6*mib, 9, nil},
		{"inside that", 5*gib + 6*mib + 4*kib, 0, ErrTaken},
		{"over that", 5 * gib, 18, ErrTaken},
		{"a whole chunk", 6 * gib, 18, nil},
	} {
		if err := a.AllocAt(tc.pa, tc.order, Kernel); err != tc.want {
			t.Errorf("%s: AllocAt(%#x, %d) = %v, want %v", tc.name, tc.pa, tc.order, err, tc.want)
		}
	}
	if err := a.AllocAt(0x9000, 0, Reserved); err != ErrOwner {
		t.Errorf("AllocAt for the reserved owner = %v", err)
	}
}

func TestReserve(t *testing.T) {
	a := newAllocator(t, pc()...)
	used := mustAlloc(t, a, 0, Below1M, Device)
	before := a.Stats()
	for _, tc := range []struct {
		name       string
		start, end uint64
		bytes      uint64
		want       error
	}{
		{"empty", 0x5000, 0x5000, 0, ErrRange},
		{"backward", 0x6000, 0x5000, 0, ErrRange},
		{"over an allocated frame", 0x8000, used + 1, 0, ErrBusy},
		{"partial frames widen", 0x5fff, 0x6001, 2 * Size, nil},
		{"the same again", 0x5fff, 0x6001, 0, nil},
		{"over a reserved frame", 0x4000, 0x8000, 2 * Size, nil},
		{"across a hole", 0xbffde000, 4*gib + 3*mib, 3*mib + Size, nil},
		{"no memory at all", 20 * gib, 21 * gib, 0, nil},
		{"end of the address space", 13*gib - 1, ^uint64(0), Size, nil},
	} {
		if err := a.Reserve(tc.start, tc.end); err != tc.want {
			t.Errorf("%s: Reserve(%#x, %#x) = %v, want %v", tc.name, tc.start, tc.end, err, tc.want)
		}
		after := a.Stats()
		if got := after.Bytes[Reserved] - before.Bytes[Reserved]; got != tc.bytes {
			t.Errorf("%s: reserved %d more bytes, want %d", tc.name, got, tc.bytes)
		}
		before = after
	}
	if err := a.AllocAt(0x5000, 0, Kernel); err != ErrTaken {
		t.Errorf("AllocAt in reserved memory = %v, want %v", err, ErrTaken)
	}
}
