package pci

import (
	"errors"
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
)

// fakePorts is a machine whose host bridge answers at 0xcf8.
type fakePorts struct {
	t       *testing.T
	none    bool
	address uint32
	data    map[uint32]uint32
}

func (f *fakePorts) In32(port uint16) uint32 {
	switch {
	case f.none:
		return ^uint32(0)
	case port == 0xcf8:
		return f.address
	case port == 0xcfc:
		return f.data[f.address]
	}
	f.t.Errorf("read of port %#x", port)
	return 0
}

func (f *fakePorts) Out32(port uint16, v uint32) {
	switch port {
	case 0xcf8:
		f.address = v
	case 0xcfc:
		f.data[f.address] = v
	}
}

func (f *fakePorts) In8(uint16) uint8     { return 0xff }
func (f *fakePorts) In16(uint16) uint16   { return 0xffff }
func (f *fakePorts) Out8(uint16, uint8)   {}
func (f *fakePorts) Out16(uint16, uint16) {}

func TestPortSpace(t *testing.T) {
	f := &fakePorts{t: t, address: 0x123, data: map[uint32]uint32{}}
	p, err := NewPortSpace(f)
	if err != nil {
		t.Fatal(err)
	}
	if f.address != 0x123 {
		t.Errorf("the probe left %#x at port 0xcf8", f.address)
	}
	a := Address{Bus: 0x12, Device: 31, Function: 5}
	p.Write32(a, 0xfc, 42)
	if got := f.data[0x8012_fdfc]; got != 42 {
		t.Errorf("wrote %v", f.data)
	}
	if got := p.Read32(a, 0xfc); got != 42 {
		t.Errorf("read %d", got)
	}
	before := len(f.data)
	for _, bad := range []struct {
		a   Address
		off uint16
	}{{Address{Segment: 1}, 0}, {Address{Device: 32}, 0}, {Address{Function: 8}, 0}, {Address{}, 256}, {Address{}, 2}} {
		p.Write32(bad.a, bad.off, 1)
		if got := p.Read32(bad.a, bad.off); got != absent || len(f.data) != before {
			t.Errorf("%v offset %#x is reached", bad.a, bad.off)
		}
	}
	if _, err := NewPortSpace(&fakePorts{t: t, none: true}); err == nil {
		t.Error("a machine without a host bridge is accepted")
	}
}

// memory is registers in memory, by offset.
type memory map[uintptr]uint32

func (m memory) Read32(off uintptr) uint32     { return m[off] }
func (m memory) Write32(off uintptr, v uint32) { m[off] = v }

func TestECAM(t *testing.T) {
	m := memory{}
	var phys, size uint64
	e, err := NewECAM(0xb000_0000, 3, 2, 4, func(p, s uint64) (amd64.MMIO, error) {
		phys, size = p, s
		return m, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if phys != 0xb020_0000 || size != 3<<20 {
		t.Errorf("mapped %#x bytes at %#x", size, phys)
	}
	a := Address{Segment: 3, Bus: 4, Device: 31, Function: 7}
	e.Write32(a, 0xffc, 42)
	if got := m[0x2f_fffc]; got != 42 {
		t.Errorf("wrote %#x", m)
	}
	if got := e.Read32(a, 0xffc); got != 42 {
		t.Errorf("read %d", got)
	}
	for _, bad := range []struct {
		a   Address
		off uint16
	}{
		{Address{Segment: 0, Bus: 3}, 0}, {Address{Segment: 3, Bus: 1}, 0}, {Address{Segment: 3, Bus: 5}, 0},
		{Address{Segment: 3, Bus: 3, Device: 32}, 0}, {Address{Segment: 3, Bus: 3, Function: 8}, 0},
		{Address{Segment: 3, Bus: 3}, 4096}, {Address{Segment: 3, Bus: 3}, 1},
	} {
		e.Write32(bad.a, bad.off, 1)
		if got := e.Read32(bad.a, bad.off); got != absent || len(m) != 1 {
			t.Errorf("%v offset %#x is reached", bad.a, bad.off)
		}
	}
}

func TestMCFGEntriesThatMakeNoSense(t *testing.T) {
	mapped := false
	open := func(uint64, uint64) (amd64.MMIO, error) {
		mapped = true
		return memory{}, nil
	}
	for _, c := range []struct {
		name        string
		base        uint64
		first, last uint8
	}{
		{"no address", 0, 0, 255},
		{"not aligned", 0xb000_1000, 0, 255},
		{"backwards", 0xb000_0000, 5, 4},
		{"wraps at the first bus", 0xffff_ffff_fff0_0000, 1, 1},
		{"wraps at the last bus", 0xffff_ffff_fe00_0000, 0, 255},
	} {
		if _, err := NewECAM(c.base, 0, c.first, c.last, open); err == nil || mapped {
			t.Errorf("%s: accepted", c.name)
		}
	}
	cannot := errors.New("cannot")
	_, err := NewECAM(0xb000_0000, 0, 0, 255, func(uint64, uint64) (amd64.MMIO, error) { return nil, cannot })
	if !errors.Is(err, cannot) {
		t.Errorf("error %v", err)
	}
}
