package dma8237

import (
	"bytes"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/bus"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/state"
)

var memory = make([]byte, ram.BlockSize)

type rig struct {
	testing.TB
	*DMA
	ports bus.Ports
	ram   *ram.RAM
}

func newRig(t testing.TB) *rig {
	r := &rig{TB: t}
	var err error
	if r.ram, err = ram.New([]ram.Block{{Data: memory}}); err != nil {
		t.Fatal(err)
	}
	r.DMA = New(r.ram)
	r.ports.Register("1", Port1, Ports1, r.First())
	r.ports.Register("2", Port2, Ports2, r.Second())
	r.ports.Register("pages", PagePort, PagePorts, r.Pages())
	return r
}

func (r *rig) out(port uint16, v ...byte) {
	for _, b := range v {
		r.ports.Out(port, 1, uint32(b))
	}
}

// setUp makes channel 2 (bytes) or 6 (words) ready.
func (r *rig) setUp(wide bool, mode byte, gpa uint32, count uint16) {
	count--
	if wide {
		gpa >>= 1
		r.out(0xd8, 0)
		r.out(0xd6, mode|2)
		r.out(0xc8, byte(gpa), byte(gpa>>8))
		r.out(0xca, byte(count), byte(count>>8))
		r.out(0x89, byte(gpa>>15))
		r.out(0xd4, 2)
		return
	}
	r.out(0x0c, 0)
	r.out(0x0b, mode|2)
	r.out(0x04, byte(gpa), byte(gpa>>8))
	r.out(0x05, byte(count), byte(count>>8))
	r.out(0x81, byte(gpa>>16))
	r.out(0x0a, 2)
}

const single = 0x40

func TestTransfers(t *testing.T) {
	data := []byte("0123456789abcdef")
	for _, x := range []struct {
		what  string
		wide  bool
		mode  byte
		gpa   uint32
		count uint16
		n     int
		last  bool
		at    uint32 // where the bytes are to be found
		want  string
	}{
		{"all", false, single | modeWrite, 0x12340, 16, 16, true, 0x12340, "0123456789abcdef"},
		{"fewer than the channel takes", false, single | modeWrite, 0x12340, 20, 16, false, 0x12340, "0123456789abcdef"},
		{"more than the channel takes", false, single | modeWrite, 0x12340, 5, 5, true, 0x12340, "01234"},
		{"over a page's end", false, single | modeWrite, 0x1fffc, 8, 8, true, 0x10000, "4567"},
		{"downwards", false, single | modeWrite | modeDown, 0x12343, 4, 4, true, 0x12340, "3210"},
		{"words", true, single | modeWrite, 0x12340, 8, 16, true, 0x12340, "0123456789abcdef"},
		{"words in an odd page", true, single | modeWrite, 0x32340, 4, 8, true, 0x32340, "01234567"},
		{"words over 128 KiB", true, single | modeWrite, 0x3fffc, 4, 8, true, 0x20000, "4567"},
		{"the other direction", false, single | modeRead, 0x12340, 16, 0, false, 0x12340, "\x00"},
		{"cascade", false, modeCascade | modeWrite, 0x12340, 16, 0, false, 0x12340, "\x00"},
		{"verify", false, single, 0x12340, 16, 16, true, 0x12340, "\x00"},
		{"no memory", false, single | modeWrite, 0x812340, 16, 16, true, 0x12340, "\x00"},
	} {
		clear(memory)
		r := newRig(t)
		r.setUp(x.wide, x.mode, x.gpa, x.count)
		n := map[bool]int{false: 2, true: 6}[x.wide]
		moved, last := r.Channel(n).Write(data)
		if moved != x.n || last != x.last || string(memory[x.at:][:len(x.want)]) != x.want {
			t.Errorf("%s: %d bytes, last %v, %q", x.what, moved, last, memory[x.at:][:len(x.want)])
		}
		status := r.ports.In(map[bool]uint16{false: 0x08, true: 0xd0}[x.wide], 1)
		if (status == 4) != x.last {
			t.Errorf("%s: status %#x", x.what, status)
		}
		if n, _ := r.Channel(n).Write(data[:2]); (n != 0) != (!x.last && x.n > 0) {
			t.Errorf("%s: %d more bytes", x.what, n)
		}
	}
}

func TestReadsFromMemory(t *testing.T) {
	r := newRig(t)
	copy(memory[0x5000:], "hello")
	r.setUp(false, single|modeRead, 0x5000, 5)
	p := make([]byte, 8)
	if n, last := r.Channel(2).Read(p); n != 5 || !last || string(p[:5]) != "hello" {
		t.Errorf("%d bytes, %v, %q", n, last, p)
	}
	r.setUp(false, single|modeRead, 0xff0000, 4)
	if n, _ := r.Channel(2).Read(p); n != 4 || !bytes.Equal(p[:4], []byte{255, 255, 255, 255}) {
		t.Errorf("what is no memory gives %x", p)
	}
}

func TestAutoInitialization(t *testing.T) {
	r := newRig(t)
	r.setUp(false, single|modeWrite|modeAuto, 0x6000, 4)
	c := r.Channel(2)
	for _, s := range []string{"abcd", "efgh"} {
		if n, last := c.Write([]byte(s)); n != 4 || !last || string(memory[0x6000:0x6004]) != s {
			t.Errorf("%q: %d bytes, %v, %q", s, n, last, memory[0x6000:0x6004])
		}
	}
}

func TestRegisters(t *testing.T) {
	r := newRig(t)
	r.setUp(false, single|modeWrite, 0x6000, 0x100)
	r.Channel(2).Write(make([]byte, 3))
	r.out(0x0c, 0)
	if got := []uint32{r.ports.In(4, 1), r.ports.In(4, 1), r.ports.In(5, 1), r.ports.In(5, 1), r.ports.In(0xf, 1)}; got[0] != 3 || got[1] != 0x60 || got[2] != 0xfc || got[3] != 0 || got[4] != 0xfb {
		t.Errorf("%x", got)
	}
	r.out(0x81, 0x12)
	if r.ports.In(0x81, 1) != 0x12 || r.ports.In(0x82, 1) != 0 {
		t.Error("page registers")
	}
	for _, off := range []struct {
		port uint16
		v    byte
	}{{0x0a, 6}, {0x0f, 0xff}, {0x0d, 0}, {0x08, commandOff}} {
		r.out(0x08, 0)
		r.out(0x0e, 0)
		if n, _ := r.Channel(2).Write([]byte{1}); n != 1 {
			t.Errorf("before port %#x: the channel is off", off.port)
		}
		r.out(off.port, off.v)
		if n, _ := r.Channel(2).Write([]byte{1}); n != 0 {
			t.Errorf("port %#x does not turn the channel off", off.port)
		}
	}
	r.Reset()
	if n, _ := r.Channel(2).Write([]byte{1}); n != 0 || r.ports.In(0x81, 1) != 0 {
		t.Error("not reset")
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte("\x0b\x00\x46\x04\x00\x12\x0a\x00\x02\xf0\x02\x20"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig(t)
		p := make([]byte, 256)
		for ; len(b) >= 3; b = b[3:] {
			switch {
			case b[0] == 0xf0:
				if n, _ := r.Channel(int(b[1])).Write(p[:b[2]]); n > int(b[2]) {
					t.Fatalf("%d of %d bytes", n, b[2])
				}
			case b[0] == 0xf1:
				r.Channel(int(b[1])).Read(p[:b[2]])
			case b[1]&1 != 0:
				r.ports.In(uint16(b[0]), 1<<(b[1]>>1&3)&7|1)
			default:
				r.ports.Out(uint16(b[0]), 1<<(b[1]>>1&3)&7|1, uint32(b[2])*0x01010101)
			}
		}
		devicetest.Survives(t, r.DMA, New(r.ram))
	})
}

func FuzzLoad(f *testing.F) {
	f.Add(devicetest.Save(newRig(f)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig(t)
		c := state.Loader(b)
		r.State(c)
		r.Channel(2).Write(make([]byte, 100))
		if c.Close() == nil {
			devicetest.Survives(t, r.DMA, New(r.ram))
		}
	})
}

func BenchmarkSector(b *testing.B) {
	r := newRig(b)
	r.setUp(false, single|modeWrite|modeAuto, 0x6000, 512)
	c, p := r.Channel(2), make([]byte, 512)
	b.ReportAllocs()
	for b.Loop() {
		c.Write(p)
	}
}

func TestAccessesDoNotAllocate(t *testing.T) {
	r := newRig(t)
	c, p := r.Channel(2), make([]byte, 512)
	if n := testing.AllocsPerRun(10, func() {
		r.ports.Out(0x0c, 1, 0)
		r.ports.Out(0x0b, 1, 0x46)
		r.ports.Out(0x0a, 1, 2)
		r.ports.In(4, 1)
		c.Write(p)
		c.Read(p)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
