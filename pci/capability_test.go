package pci

import (
	"slices"
	"strings"
	"testing"
)

func TestCapabilitiesAreListedInOrder(t *testing.T) {
	s := newSpace(t)
	f := s.add(at(1, 0), 0x8086, 1, 0, 0)
	f.reg[regCapabilities/4] = 0x43 // the low two bits are reserved
	f.reg[0x40/4], f.reg[0x80/4], f.reg[0x50/4] = 0x8101, 0x5005, 0x0077
	d := scanOne(t, s)
	want := []Capability{{capPower, 0x40}, {capMSI, 0x80}, {0x77, 0x50}}
	if !slices.Equal(d.Capabilities, want) {
		t.Errorf("capabilities %v, want %v", d.Capabilities, want)
	}
}

func TestListIsNotWalkedWithoutItsStatusBit(t *testing.T) {
	s := newSpace(t)
	f := s.add(at(1, 0), 0x8086, 1, 0, 0)
	f.reg[1] &^= statusCapabilities
	f.reg[regCapabilities/4] = 0x40
	if d := scanOne(t, s); d.Capabilities != nil {
		t.Errorf("capabilities %v", d.Capabilities)
	}
}

func TestCapabilityListsThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		name    string
		pointer uint32
		words   map[int]uint32
		says    string
		n       int
	}{
		{"leads to itself", 0x40, map[int]uint32{0x40: 0x4001}, "leads back to offset 0x40", 1},
		{"a loop of two", 0x40, map[int]uint32{0x40: 0x8001, 0x80: 0x4005}, "leads back to offset 0x40", 2},
		{"into the header", 0x40, map[int]uint32{0x40: 0x1001}, "into the header", 1},
		{"starts in the header", 0x04, nil, "into the header", 0},
		{"all ones", 0xfc, map[int]uint32{0xfc: 0xffff_ffff}, "reads as all ones", 0},
	} {
		s := newSpace(t)
		f := s.add(at(1, 0), 0x8086, 1, 0, 0)
		f.reg[regCapabilities/4] = c.pointer
		for off, v := range c.words {
			f.reg[off/4] = v
		}
		devices, problems := Scan(s, 0, 0, 255)
		if len(devices) != 1 || len(devices[0].Capabilities) != c.n {
			t.Errorf("%s: devices %v", c.name, devices)
		}
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), c.says) {
			t.Errorf("%s: problems %v, want %q", c.name, problems, c.says)
		}
	}
}

func TestVendorCapabilitiesKeepTheirOrder(t *testing.T) {
	s := newSpace(t)
	f := s.add(at(1, 0), 0x1af4, 0x1041, 0, 0)
	f.reg[regCapabilities/4] = 0x80
	f.reg[0x80/4], f.reg[0x40/4], f.reg[0x50/4] = 0x4009, 0x5005, 0x0009
	if got := scanOne(t, s).Vendor(); !slices.Equal(got, []uint16{0x80, 0x50}) {
		t.Errorf("vendor capabilities at %#x", got)
	}
}
