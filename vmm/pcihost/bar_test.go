package pcihost

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

// wantMapped fails unless exactly these BARs are mapped, and there.
func (r *rig) wantMapped(when string, want map[int]uint64) {
	r.t.Helper()
	for i := range maxBARs {
		base, on := want[i]
		if at, mapped := r.mapped(i); mapped != on || at != base {
			r.t.Errorf("%s: BAR%d mapped %v at %#x, want %v at %#x", when, i, mapped, at, on, base)
		}
	}
	if len(r.refused) != 0 {
		r.t.Errorf("%s: %v", when, r.refused)
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
	for i := range 2 {
		if err := f.AddBAR(i, answering(i, BAR{Kind: Memory32, Size: 16})); err != nil {
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
	r.wantMapped("swapped", map[int]uint64{0: 0x2000, 1: 0x1000})
}

// A BAR that memory hides is in the log, once.
func TestHiddenBARsAreToldOnce(t *testing.T) {
	const mib = 1 << 20
	for base, want := range map[uint32]string{
		mib:            "[PCI: 00:04.0: BAR1, BAR1, at 0x100000-0x101000, is hidden by memory]",
		2*mib - 0x1000: "[PCI: 00:04.0: BAR1, BAR1, at 0x1ff000-0x200000, is hidden by memory]",
		2 * mib:        "[]",
	} {
		r := newRig(t)
		var err error
		if r.host.ram, err = ram.New([]ram.Block{{Data: make([]byte, ram.BlockSize)}}); err != nil {
			t.Fatal(err)
		}
		r.write(rigDevice, 0, regCommand, 2, CommandMemory)
		for range 3 {
			r.write(rigDevice, 0, 0x14, 4, 0xc0000000)
			r.write(rigDevice, 0, 0x14, 4, base)
		}
		if got := fmt.Sprint(r.refused); got != want {
			t.Errorf("at %#x: %s, want %s", base, got, want)
		}
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
		if err := r.dev.AddBAR(tt.i, answering(tt.i, tt.bar)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
