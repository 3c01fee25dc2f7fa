package bus

import (
	"fmt"
	"strings"
	"testing"
)

// mmio is a device that remembers, and reads a fixed value.
type mmio struct {
	access
	n     int
	value uint64
}

func (d *mmio) Read(off uint64, size int) uint64 {
	d.access, d.n = access{off, size, 0}, d.n+1
	return d.value
}

func (d *mmio) Write(off uint64, size int, v uint64) {
	d.access, d.n = access{off, size, v}, d.n+1
}

func TestAddressesReachTheirDevice(t *testing.T) {
	var b Memory
	a, c := &mmio{value: 0x1122334455667788}, &mmio{value: 3}
	for _, r := range []struct {
		gpa, size uint64
		d         *mmio
	}{{0xfee00000, 0x1000, c}, {0xfec00000, 0x1000, a}} {
		if err := b.Register(fmt.Sprintf("%#x", r.gpa), r.gpa, r.size, r.d); err != nil {
			t.Fatal(err)
		}
	}
	for size, want := range map[int]uint64{1: 0x88, 2: 0x7788, 4: 0x55667788, 8: 0x1122334455667788} {
		if got := b.Read(0xfec00010, size); got != want || a.access != (access{0x10, size, 0}) {
			t.Errorf("%d bytes read %#x, the device saw %+v", size, got, a.access)
		}
	}
	b.Write(0xfee000b0, 4, 0xffffffff_00000001)
	if c.access != (access{0xb0, 4, 1}) {
		t.Errorf("the device saw %+v", c.access)
	}
	for gpa, want := range map[uint64]string{
		0xfebfffff: "", 0xfec00000: "0xfec00000", 0xfec00fff: "0xfec00000", 0xfec01000: "", 0xfee00fff: "0xfee00000", 0: "", ^uint64(0): "",
	} {
		if got := b.Name(gpa); got != want {
			t.Errorf("%#x is %q, want %q", gpa, got, want)
		}
	}
}

func TestAccessesOverTheEndOfADevice(t *testing.T) {
	var b Memory
	d := &mmio{}
	if err := b.Register("d", 0x1000, 0x1000, d); err != nil {
		t.Fatal(err)
	}
	if got := b.Read(0x1ffd, 4); got != 0xffffffff {
		t.Errorf("reads %#x", got)
	}
	b.Write(0x1ff9, 8, 0)
	if d.n != 0 {
		t.Errorf("the device saw %+v", d.access)
	}
	b.Read(0x1ffc, 4)
	if d.access != (access{0xffc, 4, 0}) {
		t.Errorf("the device saw %+v", d.access)
	}
	b.Write(0x1ff8, 8, 5)
	if d.access != (access{0xff8, 8, 5}) {
		t.Errorf("the device saw %+v", d.access)
	}
}

func TestUnclaimedAddresses(t *testing.T) {
	var b Memory
	var told []string
	b.Unclaimed = func(gpa uint64, write bool) { told = append(told, fmt.Sprintf("%#x %v", gpa, write)) }
	for range 2 {
		for size, want := range map[int]uint64{1: 0xff, 2: 0xffff, 4: 0xffffffff, 8: ^uint64(0)} {
			if got := b.Read(0xe0000000, size); got != want {
				t.Errorf("%d bytes read %#x", size, got)
			}
		}
		b.Write(0xe0000ff8, 8, 0)
		b.Write(0xe0001000, 8, 0)
	}
	if got := strings.Join(told, ","); got != "0xe0000000 false,0xe0001000 true" {
		t.Errorf("told of %s: want each page once", got)
	}
	for gpa := uint64(0); gpa < 1<<32; gpa += 1 << 12 {
		b.Read(gpa, 1)
	}
	if len(told) > 1024 || len(b.seen) > 1024 {
		t.Errorf("a guest made it remember %d pages", len(b.seen))
	}
}

func TestAddressRegistrationErrors(t *testing.T) {
	var b Memory
	for _, gpa := range []uint64{0x5000, 0x2000} {
		if err := b.Register("old", gpa, 0x1000, &mmio{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		gpa, size uint64
		want      string
	}{
		{0x2fff, 1, "bus: new wants 0x2fff-0x3000, which overlaps old at 0x2000-0x3000"},
		{0x1000, 0x1001, "bus: new wants 0x1000-0x2001, which overlaps old at 0x2000-0x3000"},
		{0x3000, 0x2001, "bus: new wants 0x3000-0x5001, which overlaps old at 0x5000-0x6000"},
		{0, 0x10000, "bus: new wants 0x0-0x10000, which overlaps old at 0x2000-0x3000"},
		{0x5800, 0x10, "bus: new wants 0x5800-0x5810, which overlaps old at 0x5000-0x6000"},
		{0x8000, 0, "bus: new: 0x0 bytes from 0x8000 are not in the address space"},
		{^uint64(0), 2, "bus: new: 0x2 bytes from 0xffffffffffffffff are not in the address space"},
		{0x8000, ^uint64(0), "bus: new: 0xffffffffffffffff bytes from 0x8000 are not in the address space"},
	} {
		if err := b.Register("new", test.gpa, test.size, &mmio{}); err == nil || err.Error() != test.want {
			t.Errorf("%#x, %#x: %v, want %s", test.gpa, test.size, err, test.want)
		}
	}
	if err := b.Register("new", 0x3000, 0x2000, &mmio{}); err != nil {
		t.Errorf("what is between two devices is refused: %v", err)
	}
}

func TestUnregisterAddresses(t *testing.T) {
	var b Memory
	kept, moving := &mmio{value: 1}, &mmio{value: 2}
	for gpa, d := range map[uint64]*mmio{0x1000: moving, 0x2000: kept, 0x3000: moving} {
		if err := b.Register("", gpa, 0x1000, d); err != nil {
			t.Fatal(err)
		}
	}
	b.Read(0x3000, 1) // the last one is remembered
	b.Unregister(moving)
	for gpa, want := range map[uint64]uint64{0x1000: 0xff, 0x2000: 1, 0x3000: 0xff} {
		if got := b.Read(gpa, 1); got != want {
			t.Errorf("%#x reads %#x, want %#x", gpa, got, want)
		}
	}
	if err := b.Register("", 0x3000, 0x1000, moving); err != nil || b.Read(0x3000, 1) != 2 {
		t.Errorf("not there again: %v", err)
	}
}

// FuzzMemory registers devices and looks them up, against a list.
func FuzzMemory(f *testing.F) {
	f.Add([]byte{0x10, 4, 0x20, 8, 0x14, 1, 0x00, 0xff, 0x28, 2})
	f.Fuzz(func(t *testing.T, script []byte) {
		var b Memory
		owner := map[uint64]*mmio{}
		var all []*mmio
		for ; len(script) >= 2; script = script[2:] {
			gpa, size := uint64(script[0]), uint64(script[1])
			if size == 0xff && len(all) > 0 {
				d := all[int(gpa)%len(all)]
				b.Unregister(d)
				for a, o := range owner {
					if o == d {
						delete(owner, a)
					}
				}
				continue
			}
			d := &mmio{value: uint64(len(all) + 1)}
			free := size != 0
			for a := gpa; a < gpa+size; a++ {
				free = free && owner[a] == nil
			}
			if err := b.Register("", gpa, size, d); (err == nil) != free {
				t.Fatalf("%#x, %#x: %v, free %v", gpa, size, err, free)
			}
			if !free {
				continue
			}
			all = append(all, d)
			for a := gpa; a < gpa+size; a++ {
				owner[a] = d
			}
		}
		for a := uint64(0); a < 520; a++ {
			got := b.Read(a, 1)
			if d := owner[a]; d == nil && got != 0xff || d != nil && got != d.value&0xff {
				t.Fatalf("%#x reads %#x", a, got)
			}
		}
	})
}

func BenchmarkMemoryRead(b *testing.B) {
	var bus Memory
	for i := range 20 {
		bus.Register("", uint64(i)<<20, 0x1000, &mmio{})
	}
	b.ReportAllocs()
	for b.Loop() {
		bus.Read(0x500010, 4)
	}
}

// BenchmarkMemoryAlternating reads two devices in turn, which the memory of
// the last access does not help.
func BenchmarkMemoryAlternating(b *testing.B) {
	var bus Memory
	for i := range 20 {
		bus.Register("", uint64(i)<<20, 0x1000, &mmio{})
	}
	b.ReportAllocs()
	gpa := uint64(0x500010)
	for b.Loop() {
		gpa ^= 0x100000
		bus.Read(gpa, 4)
	}
}
