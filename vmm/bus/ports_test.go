package bus

import (
	"fmt"
	"strings"
	"testing"
)

// access is what a device saw last.
type access struct {
	off  uint64
	size int
	v    uint64
}

// ports is a device that remembers, and reads a fixed value.
type ports struct {
	access
	n     int
	value uint32
}

func (d *ports) In(off uint16, size int) uint32 {
	d.access, d.n = access{uint64(off), size, 0}, d.n+1
	return d.value
}

func (d *ports) Out(off uint16, size int, v uint32) {
	d.access, d.n = access{uint64(off), size, uint64(v)}, d.n+1
}

func TestPortsReachTheirDevice(t *testing.T) {
	var b Ports
	low, high := &ports{value: 0x11223344}, &ports{value: ^uint32(0)}
	for _, r := range []struct {
		name  string
		base  uint16
		count int
		d     *ports
	}{{"low", 0x00, 0x20, low}, {"high", 0xff00, 0x100, high}} {
		if err := b.Register(r.name, r.base, r.count, r.d); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.In(0x1f, 4); got != 0x11223344 || low.access != (access{0x1f, 4, 0}) {
		t.Errorf("read %#x, the device saw %+v", got, low.access)
	}
	for size, want := range map[int]uint32{1: 0x44, 2: 0x3344} {
		if got := b.In(0, size); got != want {
			t.Errorf("%d bytes read %#x, want %#x", size, got, want)
		}
	}
	b.Out(0xffff, 2, 0xaabbccdd)
	if high.access != (access{0xff, 2, 0xccdd}) {
		t.Errorf("the device saw %+v", high.access)
	}
	for port, want := range map[uint16]string{0: "low", 0x1f: "low", 0x20: "", 0xfeff: "", 0xff00: "high"} {
		if got := b.Name(port); got != want {
			t.Errorf("port %#x is %q, want %q", port, got, want)
		}
	}
}

func TestUnclaimedPorts(t *testing.T) {
	var b Ports
	var told []string
	b.Unclaimed = func(port uint16, write bool) { told = append(told, fmt.Sprint(port, write)) }
	for range 3 {
		for size, want := range map[int]uint32{1: 0xff, 2: 0xffff, 4: 0xffffffff} {
			if got := b.In(0x80, size); got != want {
				t.Errorf("%d bytes read %#x", size, got)
			}
		}
		b.Out(0x81, 1, 0)
		b.Out(0xffff, 4, 0)
	}
	if got := strings.Join(told, ","); got != "128 false,129 true,65535 true" {
		t.Errorf("told of %s", got)
	}
}

func TestPortRegistrationErrors(t *testing.T) {
	var b Ports
	if err := b.Register("uart", 0x3f8, 8, &ports{}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		base  uint16
		count int
		want  string
	}{
		{0x3ff, 1, "bus: new wants port 0x3ff, which uart has"},
		{0x3f0, 9, "bus: new wants port 0x3f8, which uart has"},
		{0x3f0, 0x100, "bus: new wants port 0x3f8, which uart has"},
		{0x100, 0, "bus: new: 0 ports from 0x100 are not in the port space"},
		{0x100, -1, "bus: new: -1 ports from 0x100 are not in the port space"},
		{0xffff, 2, "bus: new: 2 ports from 0xffff are not in the port space"},
	} {
		if err := b.Register("new", test.base, test.count, &ports{}); err == nil || err.Error() != test.want {
			t.Errorf("%#x, %d: %v, want %s", test.base, test.count, err, test.want)
		}
	}
	if err := b.Register("new", 0x3f0, 8, &ports{}); err != nil {
		t.Errorf("a registration that failed left ports behind: %v", err)
	}
}

func TestUnregisterFreesPortsAndSlots(t *testing.T) {
	var b Ports
	kept, moving := &ports{}, &ports{value: 7}
	if err := b.Register("kept", 0x60, 1, kept); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		base := uint16(0xc000 + i%7*0x100)
		if err := b.Register("moving", base, 0x200, moving); err != nil {
			t.Fatalf("move %d: %v", i, err)
		}
		if got := b.In(base+0x1ff, 1); got != 7 || moving.off != 0x1ff {
			t.Fatalf("move %d: read %#x at %+v", i, got, moving.access)
		}
		b.Unregister(moving)
		if got, name := b.In(base, 1), b.Name(base); got != 0xff || name != "" {
			t.Fatalf("move %d: %q still answers %#x", i, name, got)
		}
	}
	b.In(0x60, 1)
	if kept.n != 1 {
		t.Error("the other device lost its ports")
	}
	b.Unregister(moving) // is not there: nothing
}

func TestTooManyPortDevices(t *testing.T) {
	var b Ports
	for i := range 255 {
		if err := b.Register(fmt.Sprint(i), uint16(i), 1, &ports{value: uint32(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Register("last", 0x1000, 1, &ports{}); err == nil || !strings.Contains(err.Error(), "last: more than 255") {
		t.Errorf("got %v", err)
	}
	for i := range 255 {
		if got := b.In(uint16(i), 1); got != uint32(i) {
			t.Errorf("port %d reads %d", i, got)
		}
	}
}

func BenchmarkPortIn(b *testing.B) {
	var bus Ports
	for i := range 20 {
		bus.Register("", uint16(i*0x40), 8, &ports{})
	}
	b.ReportAllocs()
	for b.Loop() {
		bus.In(0x201, 1)
	}
}

func TestAccessesDoNotAllocate(t *testing.T) {
	var p Ports
	var m Memory
	p.Unclaimed, m.Unclaimed = func(uint16, bool) {}, func(uint64, bool) {}
	p.Register("", 0x60, 1, &ports{})
	m.Register("", 0x1000, 0x1000, &mmio{})
	all := func() {
		for _, at := range []uint64{0x60, 0x61, 0x1000, 0x2000} {
			p.Out(uint16(at), 1, p.In(uint16(at), 1))
			m.Write(at, 4, m.Read(at, 4))
		}
	}
	all() // what nobody answers to is remembered once
	if n := testing.AllocsPerRun(100, all); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
