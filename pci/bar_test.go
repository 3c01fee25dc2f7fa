package pci

import (
	"slices"
	"strings"
	"testing"
)

func TestBARsAreSizedAndRestored(t *testing.T) {
	s := newSpace(t)
	f := s.add(at(3, 0), 0x1af4, 0x1041, 0x020000, 0)
	f.bar(0, 0xc001, 0x0000_ffe0)      // I/O, upper half left out
	f.bar(1, 0xfebc0000, 0xfffe_0000)  // 128 KiB
	f.bar(2, 0x0000_000c, 0)           // 64-bit, prefetchable, with the next one:
	f.bar(3, 0x0000_0008, 0xffff_fff8) // 32 GiB at 32 GiB
	f.bar(4, 0, 0xffff_f000)           // not assigned
	f.reg[1] |= CommandBusMaster
	before := *f
	d := scanOne(t, s)
	want := []BAR{
		{Index: 0, IO: true, Base: 0xc000, Size: 32},
		{Index: 1, Base: 0xfebc0000, Size: 128 << 10},
		{Index: 2, Base: 8 << 32, Size: 8 << 32, Is64: true, Prefetchable: true},
		{Index: 4, Size: 4096},
	}
	if !slices.Equal(d.BARs, want) {
		t.Errorf("BARs\n%v, want\n%v", d.BARs, want)
	}
	if f.reg != before.reg {
		t.Errorf("the scan left the registers as\n%#x, they were\n%#x", f.reg, before.reg)
	}
	if f.sizedLive {
		t.Error("sized while the device was answering")
	}
	if _, err := d.BAR(3); err == nil {
		t.Error("the upper half of BAR 2 passes for a BAR")
	}
}

func TestHostBridgeKeepsAnsweringWhileItIsSized(t *testing.T) {
	s := newSpace(t)
	f := s.add(at(0, 0), 0x8086, 0x1237, 0x060000, 0)
	f.onWrite = func(off uint16, v uint32) {
		if off == regCommand && v&CommandMemory == 0 {
			t.Error("memory behind the host bridge was switched off")
		}
	}
	scanOne(t, s)
}

func TestBARsThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		name            string
		index           int
		value, writable uint32
		says            string
	}{
		{"64-bit and last", 5, 0x4, 0xfffff000, "BAR5 is 64-bit and the last"},
		{"reserved type", 0, 0x6, 0xfffff000, "BAR0 is of no type"},
		{"holes in the size", 0, 0, 0xff0ff000, "no power of two"},
		{"reads as all ones", 0, 0xffff_ffff, 0, "BAR0 reads as all ones"},
	} {
		s := newSpace(t)
		f := s.add(at(3, 0), 0x8086, 1, 0x020000, 0)
		f.bar(c.index, c.value, c.writable)
		devices, problems := Scan(s, 0, 0, 255)
		if len(devices) != 1 || len(devices[0].BARs) != 0 {
			t.Errorf("%s: devices %v", c.name, devices)
		}
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), c.says) {
			t.Errorf("%s: problems %v, want %q", c.name, problems, c.says)
		}
	}
}

func TestBARThatIsNotAlignedToItsSizeIsLeftOut(t *testing.T) {
	s := newSpace(t)
	f := s.add(at(3, 0), 0x8086, 1, 0x020000, 0)
	f.bar(0, 0x1000, 0)
	f.onWrite = func(off uint16, v uint32) {
		if off == regBAR { // 16 KiB in size, and yet it can be anywhere
			f.reg[4], f.writable[4] = v, 0
			if v == ^uint32(0) {
				f.reg[4] = 0xffff_c000
			}
		}
	}
	devices, problems := Scan(s, 0, 0, 255)
	if len(devices) != 1 || len(devices[0].BARs) != 0 {
		t.Errorf("devices %v", devices)
	}
	if len(problems) != 1 || !strings.Contains(problems[0].Error(), "not aligned") {
		t.Errorf("problems %v", problems)
	}
}

func TestBridgeHasTwoBARs(t *testing.T) {
	s := newSpace(t)
	f := s.bridge(at(1, 0), 1, 1)
	f.bar(0, 0xfe000000, 0xfff00000)
	f.reg[regBuses/4] = 0x00010100
	d := scanOne(t, s)
	if want := []BAR{{Index: 0, Base: 0xfe000000, Size: 1 << 20}}; !slices.Equal(d.BARs, want) {
		t.Errorf("BARs %v, want %v", d.BARs, want)
	}
}
