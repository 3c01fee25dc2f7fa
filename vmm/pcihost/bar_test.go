package pcihost

import (
	"strings"
	"testing"
)

// wantMapped fails unless exactly these BARs are mapped, and there.
func (r *rig) wantMapped(when string, want map[int]uint64) {
	r.t.Helper()
	for i, m := range r.maps {
		base, on := want[i]
		if m.on != on || on && m.base != base {
			r.t.Errorf("%s: BAR%d mapped %v at %#x, want %v at %#x", when, i, m.on, m.base, on, base)
		}
	}
}

func TestBARsAreMappedWhereTheGuestPutsThem(t *testing.T) {
	r := newRig(t)
	set := func(reg uint8, v uint32) { r.write(rigDevice, 0, reg, 4, v) }
	set(0x10, 0xc03f)
	set(0x14, 0xc0000fff)
	set(0x20, 0x40003fff)
	set(0x24, 0x12)
	r.wantMapped("before the command register says so", nil)
	set(regCommand, CommandIO)
	r.wantMapped("I/O only", map[int]uint64{0: 0xc000})
	set(regCommand, CommandIO|CommandMemory)
	all := map[int]uint64{0: 0xc000, 1: 0xc0000000, 4: 0x12_40000000}
	r.wantMapped("all", all)
	set(regCommand, CommandIO|CommandMemory|CommandMaster)
	if m := r.maps[1]; m.times != 1 {
		t.Errorf("BAR1 was mapped %d times without having moved", m.times)
	}
	set(0x14, 0xc0001000)
	r.wantMapped("after a move", map[int]uint64{0: 0xc000, 1: 0xc0001000, 4: 0x12_40000000})
	set(0x14, 0xffffffff)
	if got := r.read(rigDevice, 0, 0x14, 4); got != 0xfffff000 {
		t.Errorf("BAR1 reads %#x while it is sized", got)
	}
	r.wantMapped("while it is sized", map[int]uint64{0: 0xc000, 4: 0x12_40000000})
	set(0x14, 0xc0000000)
	r.wantMapped("back again", all)
	r.host.Reset()
	r.wantMapped("after reset", nil)
	if got := r.read(rigDevice, 0, 0x10, 4); got != barIO {
		t.Errorf("BAR0 is %#x after reset", got)
	}
}

func TestSizingTellsKindAndSize(t *testing.T) {
	r := newRig(t)
	for reg, want := range map[uint8]uint32{
		0x10: 0xffffffc1,
		0x14: 0xfffff000,
		0x18: 0,
		0x20: 0xffffc00c,
		0x24: 0xffffffff,
	} {
		r.write(rigDevice, 0, reg, 4, 0xffffffff)
		if got := r.read(rigDevice, 0, reg, 4); got != want {
			t.Errorf("register %#x: %#x after ones, want %#x", reg, got, want)
		}
	}
}

func TestAddressesThatCannotBeAreNotMapped(t *testing.T) {
	r := newRig(t)
	r.write(rigDevice, 0, regCommand, 2, CommandIO|CommandMemory)
	for name, bars := range map[string][3]uint32{
		"zero":                 {0, 0, 0},
		"last addresses":       {0xffffffc0, 0xfffff000, 0},
		"beyond the ports":     {0x10000, 0, 0},
		"beyond the processor": {0, 0, 0x100000},
	} {
		r.write(rigDevice, 0, 0x10, 4, bars[0])
		r.write(rigDevice, 0, 0x14, 4, bars[1])
		r.write(rigDevice, 0, 0x24, 4, bars[2])
		r.wantMapped(name, nil)
		r.write(rigDevice, 0, 0x24, 4, 0)
	}
}

func TestBARsThatSwapAddressesNeverOverlap(t *testing.T) {
	r := newRig(t)
	f := r.function(Header{Vendor: 1})
	used := map[uint64]bool{}
	for i := range 2 {
		var at uint64
		err := f.AddBAR(i, BAR{Kind: Memory32, Size: 16,
			Map: func(base uint64) {
				if used[base] {
					t.Errorf("two BARs at %#x", base)
				}
				at, used[base] = base, true
			},
			Unmap: func() { delete(used, at) },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := r.host.Add(5, 0, f); err != nil {
		t.Fatal(err)
	}
	f.Write(regBAR, 4, 0x1000)
	f.Write(regBAR+4, 4, 0x2000)
	f.Write(regCommand, 2, CommandMemory)
	f.config[regBAR+1], f.config[regBAR+5] = f.config[regBAR+5], f.config[regBAR+1]
	f.update()
	if len(used) != 2 {
		t.Errorf("%d BARs are mapped, want 2", len(used))
	}
}

func TestBadBARsAreErrors(t *testing.T) {
	r := newRig(t)
	for name, tt := range map[string]struct {
		i    int
		bar  BAR
		want string
	}{
		"no power of two":       {2, BAR{Kind: Memory32, Size: 24}, "size 0x18"},
		"no size":               {2, BAR{Kind: Memory32}, "size 0x0"},
		"small memory":          {2, BAR{Kind: Memory32, Size: 8}, "from 0x10 to 0x80000000"},
		"many ports":            {2, BAR{Kind: IO, Size: 512}, "from 0x4 to 0x100"},
		"4 GiB below 4 GiB":     {2, BAR{Kind: Memory32, Size: 1 << 32}, "size 0x100000000"},
		"index":                 {6, BAR{Kind: IO, Size: 4}, "BAR6"},
		"negative index":        {-1, BAR{Kind: IO, Size: 4}, "BAR-1"},
		"64-bit in the last":    {5, BAR{Kind: Memory64, Size: 16}, "takes two"},
		"there already":         {1, BAR{Kind: IO, Size: 4}, "BAR1 is there already"},
		"upper half of one":     {5, BAR{Kind: IO, Size: 4}, "BAR5 is there already"},
		"64-bit over the next":  {3, BAR{Kind: Memory64, Size: 16}, "BAR3 is there already"},
		"64-bit over one there": {0, BAR{Kind: Memory64, Size: 16}, "BAR0 is there already"},
	} {
		if err := r.dev.AddBAR(tt.i, tt.bar); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
