package memmap

import (
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

// memory is a guest's memory of size bytes, all of whose blocks are the same
// host memory.
func memory(t *testing.T, size uint64) *ram.RAM {
	t.Helper()
	blocks := make([]ram.Block, size/ram.BlockSize)
	data := make([]byte, ram.BlockSize)
	for i := range blocks {
		blocks[i].Data = data
	}
	m, err := ram.New(blocks)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestE820ListsAllMemoryAndOnlyMemoryAsRAM(t *testing.T) {
	const mib, gib = 1 << 20, 1 << 30
	for name, tt := range map[string]struct {
		size     uint64
		low, top uint64 // ends of the memory below and above 4 GiB; top 0 if none
	}{
		"one block":            {2 * mib, 2 * mib, 0},
		"below the devices":    {256 * mib, 256 * mib, 0},
		"up to the devices":    {3 * gib, 3 * gib, 0},
		"a block above 4 GiB":  {3*gib + 2*mib, 3 * gib, 4*gib + 2*mib},
		"much more than 4 GiB": {64 * gib, 3 * gib, 65 * gib},
	} {
		want := []Range{
			{0, 0x9fc00, RAM},
			{0x9fc00, 0x400, Reserved},
			{0xe0000, 0x20000, Reserved},
			{0x100000, tt.low - 0x100000, RAM},
			{0xe0000000, 0x10000000, Reserved},
			{0xfec00000, 0x1400000, Reserved},
		}
		if tt.top != 0 {
			want = append(want, Range{0x100000000, tt.top - 0x100000000, RAM})
		}
		m := memory(t, tt.size)
		got := E820(m)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %#x\nwant %#x", name, got, want)
		}
		for i, r := range got {
			if i > 0 && r.Start < got[i-1].End() {
				t.Errorf("%s: range %d begins before the one in front of it ends", name, i)
			}
			if r.Type == RAM && !m.Contains(r.Start, r.Size) {
				t.Errorf("%s: %#x-%#x is not all memory", name, r.Start, r.End())
			}
		}
	}
}

func TestNothingOverlapsInTheDeviceHole(t *testing.T) {
	order := []uint64{ram.LowEnd, PCI, PCIEnd, ECAM, ECAMEnd, Devices, IOAPIC, HPET, LAPIC, Top, ram.HighStart}
	if !slices.IsSorted(order) {
		t.Errorf("%#x is not sorted", order)
	}
}

func TestContainsChecksBothEnds(t *testing.T) {
	r := Range{Start: 0x1000, Size: 0x1000}
	for _, tt := range []struct {
		gpa, n uint64
		want   bool
	}{
		{0x1000, 0x1000, true},
		{0x1fff, 1, true},
		{0x1000, 0x1001, false},
		{0xfff, 1, false},
		{0x2000, 0, false},
		{0x1800, ^uint64(0), false},
	} {
		if got := r.Contains(tt.gpa, tt.n); got != tt.want {
			t.Errorf("%#x bytes at %#x: %v, want %v", tt.n, tt.gpa, got, tt.want)
		}
	}
}
