package bus

import (
	"slices"
	"testing"
)

// stream is a device that moves so many items of a string, and remembers those
// that it was asked for.
type stream struct {
	ports
	goes  int
	asked []int
	out   []byte
}

func (d *stream) InString(off uint16, size int, p []byte) int {
	d.access, d.asked = access{uint64(off), size, 0}, append(d.asked, len(p)/size)
	n := min(d.goes, len(p)/size)
	clear(p[:n*size])
	return n
}

func (d *stream) OutString(off uint16, size int, p []byte) int {
	d.access, d.asked = access{uint64(off), size, 0}, append(d.asked, len(p)/size)
	n := min(d.goes, len(p)/size)
	d.out = append(d.out, p[:n*size]...)
	return n
}

func TestStringsReachTheirDevice(t *testing.T) {
	var b Ports
	d := &stream{goes: 3}
	if err := b.Register("stream", 0x100, 8, d); err != nil {
		t.Fatal(err)
	}
	p := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	if n := b.InString(0x101, 2, p); n != 3 || d.access != (access{1, 2, 0}) || !slices.Equal(p, []byte{0, 0, 0, 0, 0, 0, 7, 8}) {
		t.Errorf("read %d items, % x; the device saw %+v", n, p, d.access)
	}
	if n := b.OutString(0x102, 1, p[5:]); n != 3 || d.access != (access{2, 1, 0}) || !slices.Equal(d.out, []byte{0, 7, 8}) {
		t.Errorf("wrote %d items, % x; the device saw %+v", n, d.out, d.access)
	}
	if d.n != 0 {
		t.Errorf("%d single accesses", d.n)
	}
	b.Unregister(d)
	if n := b.InString(0x101, 2, p); n != 1 || p[0] != 0xff || p[1] != 0xff || p[2] != 0 {
		t.Errorf("without a device read %d items, % x", n, p)
	}
}

// A device that moves no item of a string, or has no strings, sees an access.
func TestStringsOfOneItem(t *testing.T) {
	var b Ports
	none, plain := &stream{}, &ports{}
	b.Register("none", 0, 1, none)
	b.Register("plain", 1, 1, plain)
	for port, d := range []*ports{&none.ports, plain} {
		d.value = 0x11223344
		for size, want := range map[int]string{1: "\x44aaaaa", 2: "\x44\x33aaaa", 4: "\x44\x33\x22\x11aa"} {
			p := []byte("aaaaaa")
			if n := b.InString(uint16(port), size, p); n != 1 || string(p) != want || d.access != (access{0, size, 0}) {
				t.Errorf("port %d: read %d items of %d bytes, %q", port, n, size, p)
			}
			v := map[int]uint64{1: 0x44, 2: 0x3344, 4: 0x11223344}[size]
			if n := b.OutString(uint16(port), size, p); n != 1 || d.access != (access{0, size, v}) {
				t.Errorf("port %d: wrote %d items of %d bytes, %+v", port, n, size, d.access)
			}
		}
		if d.n != 6 {
			t.Errorf("port %d: %d accesses", port, d.n)
		}
	}
	told := 0
	b.Unclaimed = func(port uint16, write bool) { told++ }
	if b.InString(0x300, 1, make([]byte, 4)) != 1 || b.OutString(0x301, 1, make([]byte, 4)) != 1 || told != 2 {
		t.Errorf("told %d times of ports without a device", told)
	}
}
