package frame

import "testing"

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

// fakeMemory is physical memory of any span. An extent comes into being, full
// of leftovers, when it is first asked for.
type fakeMemory struct{ extents []extent }

type extent struct {
	start uint64
	words []uint64
}

func (m *fakeMemory) Words(pa uint64, n int) []uint64 {
	for _, e := range m.extents {
		if pa >= e.start && pa < e.start+uint64(len(e.words))*8 {
			off := (pa - e.start) / 8
			return e.words[off : off+uint64(n)]
		}
	}
	e := extent{pa, make([]uint64, n)}
	for i := range e.words {
		e.words[i] = 0x5555555555555555
	}
	m.extents = append(m.extents, e)
	return e.words
}

// newMemory has one extent from 0 up to end.
func newMemory(end uint64) *fakeMemory {
	m := new(fakeMemory)
	m.Words(0, int(end/8))
	return m
}

func newAllocator(t testing.TB, regions ...Region) *Allocator {
	t.Helper()
	a := new(Allocator)
	if err := a.Init(regions, new(fakeMemory)); err != nil {
		t.Fatalf("Init(%#x): %v", regions, err)
	}
	return a
}

func mustAlloc(t testing.TB, a *Allocator, order int, c Constraint, o Owner) uint64 {
	t.Helper()
	pa, err := a.Alloc(order, c, o)
	if err != nil {
		t.Fatalf("Alloc(%d, %d, %v): %v", order, c, o, err)
	}
	return pa
}

func mustFree(t testing.TB, a *Allocator, pa uint64, order int, o Owner) {
	t.Helper()
	if err := a.Free(pa, order, o); err != nil {
		t.Fatalf("Free(%#x, %d, %v): %v", pa, order, o, err)
	}
}

// blocks lists every block, by iteration.
func blocks(a *Allocator) []Block {
	var list []Block
	for b, ok := a.Next(0); ok; b, ok = a.Next(b.End()) {
		list = append(list, b)
	}
	return list
}

// pc is the memory of an ordinary machine with 12 GiB: low memory, memory up
// to 3 GiB, and the rest above the hole for devices.
func pc() []Region {
	return []Region{
		{0, 0x9fc00},
		{1 * mib, 0x1000000},
		{0x1400000, 0xbffdf000},
		{4 * gib, 13 * gib},
	}
}
