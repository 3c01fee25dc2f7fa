package frame

import "testing"

func poisoned(t *testing.T) (*Allocator, *fakeMemory) {
	t.Helper()
	mem := newMemory(16 * mib)
	a := new(Allocator)
	if err := a.Init([]Region{{1 * mib, 16 * mib}}, mem); err != nil {
		t.Fatal(err)
	}
	a.Poison()
	return a, mem
}

func TestPoisonFillsFreeMemoryAndLeavesTheRest(t *testing.T) {
	a, mem := poisoned(t)
	pa := mustAlloc(t, a, 3, Any, Kernel)
	w := mem.Words(pa, 8*words)
	for i := range w {
		if w[i] != Pattern {
			t.Fatalf("word %d of a fresh block = %#x", i, w[i])
		}
		w[i] = uint64(i)
	}
	a.Poison()
	if w[100] != 100 {
		t.Errorf("allocated memory changed to %#x", w[100])
	}
	mustFree(t, a, pa, 3, Kernel)
	for i := range w {
		if w[i] != Pattern {
			t.Fatalf("word %d of a freed block = %#x", i, w[i])
		}
	}
	if n := a.Stats().Corrupt; n != 0 {
		t.Errorf("%d damaged blocks", n)
	}
}

func TestWriteToFreeMemoryIsReportedWithItsAddress(t *testing.T) {
	a, mem := poisoned(t)
	pa := mustAlloc(t, a, 1, Any, Kernel)
	mustFree(t, a, pa, 1, Kernel)
	mem.Words(pa+Size, words)[17] = 42
	if got, err := a.Alloc(1, Any, Kernel); err != ErrCorrupt {
		t.Fatalf("Alloc = %#x, %v, want %v", got, err, ErrCorrupt)
	}
	s := a.Stats()
	if s.Corrupt != 1 || s.CorruptAt != pa+Size+17*8 || s.CorruptWord != 42 {
		t.Errorf("corrupt %d at %#x: %#x, want 1 at %#x: 42", s.Corrupt, s.CorruptAt, s.CorruptWord, pa+Size+17*8)
	}
	if s.Bytes[Damaged] != 2*Size {
		t.Errorf("%d bytes damaged, want the block's", s.Bytes[Damaged])
	}
	if err := a.Free(pa, 1, Kernel); err != ErrReserved {
		t.Errorf("Free of the damaged block = %v, want %v", err, ErrReserved)
	}
	if next := mustAlloc(t, a, 1, Any, Kernel); next == pa {
		t.Error("the damaged block was handed out")
	}
}

func TestAllocAtReportsAWriteToFreeMemory(t *testing.T) {
	a, mem := poisoned(t)
	mem.Words(8*mib, words)[0] = 0
	if err := a.AllocAt(8*mib+Size, 0, Kernel); err != nil {
		t.Errorf("AllocAt beside the damage = %v", err)
	}
	if err := a.AllocAt(8*mib, 0, Kernel); err != ErrCorrupt {
		t.Errorf("AllocAt = %v, want %v", err, ErrCorrupt)
	}
}

func TestPatternTraps(t *testing.T) {
	p := uint64(Pattern)
	if p&0xff != 0xcc {
		t.Errorf("first byte %#x is not INT3", p&0xff)
	}
	for _, bits := range []uint{48, 57} {
		if top := int64(p) >> (bits - 1); top == 0 || top == -1 {
			t.Errorf("canonical with %d bits", bits)
		}
	}
	if p&1 != 0 {
		t.Error("present as a page-table entry")
	}
}

func TestZeroClearsOneBlock(t *testing.T) {
	mem := newMemory(1 * mib)
	Zero(mem, 0x4000, 2)
	w := mem.Words(0, 1*mib/8)
	for i, v := range w {
		if inside := i >= 0x4000/8 && i < 0x8000/8; (v == 0) != inside {
			t.Fatalf("word at %#x = %#x", i*8, v)
		}
	}
}
