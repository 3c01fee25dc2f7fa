package fwcfg

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

func TestFirmwareFindsTheDevice(t *testing.T) {
	r := newRig(t)
	if got := r.bytes(0, 4); string(got) != "QEMU" {
		t.Errorf("signature %q", got)
	}
	if got := r.bytes(1, 4); !bytes.Equal(got, []byte{3, 0, 0, 0}) {
		t.Errorf("features % x", got)
	}
	if a, b := r.In(4, 4), r.In(8, 4); a != 0x554d4551 || b != 0x47464320 {
		t.Errorf("the DMA register reads %#x and %#x, want QEMU CFG", a, b)
	}
	if got := r.In(7, 2); got != 'U'|' '<<8 {
		t.Errorf("two bytes across the DMA register's halves are %#x", got)
	}
}

func TestItemsAreReadFromTheirBeginWhenSelected(t *testing.T) {
	r := newRig(t)
	if got := r.bytes(0, 7); string(got) != "QEMU\x00\x00\x00" {
		t.Errorf("seven bytes are %q", got)
	}
	if got := r.bytes(0x4000, 2); string(got) != "QE" {
		t.Errorf("with the write bit: %q", got)
	}
	if got := r.bytes(0xffff, 2); string(got) != "\x00\x00" {
		t.Errorf("an item that is not there: % x", got)
	}
	r.choose(0)
	r.In(1, 1)
	r.Reset()
	if r.In(1, 1) != 'Q' {
		t.Error("a reset does not go back")
	}
}

func TestAccessesOfOtherSizesDoNothing(t *testing.T) {
	r := newRig(t)
	r.choose(0)
	for _, a := range []struct {
		off  uint16
		size int
	}{{0, 1}, {0, 4}, {1, 1}, {2, 2}, {4, 2}, {8, 2}, {8, 1}, {10, 2}} {
		r.Out(a.off, a.size, 1)
	}
	for _, a := range []struct {
		off  uint16
		size int
	}{{0, 1}, {0, 2}, {1, 2}, {1, 4}, {2, 1}, {3, 1}, {3, 2}, {10, 4}} {
		if got := r.In(a.off, a.size); got != allOnes {
			t.Errorf("%d bytes at %d read %#x", a.size, a.off, got)
		}
	}
	if r.In(1, 1) != 'Q' {
		t.Error("an access of a wrong size reaches the item")
	}
}

func TestStringsAreSingleAccesses(t *testing.T) {
	r, single := newRig(t), newRig(t)
	for _, size := range []int{1, 2, 4} {
		for off := range uint16(Ports) {
			for _, n := range []int{4, 12, 32} { // the item has 4
				r.choose(0)
				single.choose(0)
				p, want := make([]byte, n), make([]byte, n)
				for i := r.InString(off, size, p) * size; i < n; i++ {
					p[i] = byte(r.In(off, 1))
				}
				for i := range want {
					want[i] = byte(single.In(off, 1))
				}
				if string(p) != string(want) || r.offset != single.offset {
					t.Errorf("%d bytes at %d in items of %d: %x, want %x", n, off, size, p, want)
				}
			}
		}
	}
	r.choose(0)
	p := make([]byte, 8)
	if n := r.InString(portData, 1, p); n != 4 || string(p[:n]) != "QEMU" {
		t.Errorf("%d bytes in one go, %q", n, p)
	}
	if n := r.OutString(portData, 1, p); n != 0 {
		t.Errorf("takes %d bytes", n)
	}
}

func TestDMA(t *testing.T) {
	const to = 0x9000
	for _, tt := range []struct {
		name            string
		control, length uint32
		addr            uint64
		result          uint32
		memory          string // at to
		next            byte   // of the item
	}{
		{"read", 2, 3, to, 0, "QEM????", 'U'},
		{"select and read", 1<<16 | 8 | 2, 2, to, 0, "\x03\x00?????", 0},
		{"beyond the end", 2, 6, to, 0, "QEMU\x00\x00?", 0},
		{"skip", 4, 3, to, 0, "???????", 'U'},
		{"skip beyond the end", 4, 0xffffffff, 1 << 60, 0, "???????", 0},
		{"select", 8, 5, to, 0, "???????", 'Q'},
		{"nothing", 0, 5, to, 0, "???????", 'Q'},
		{"read nothing", 2, 0, 1 << 60, 0, "???????", 'Q'},
		{"write", 0x10, 4, to, 1, "???????", 'Q'},
		{"no memory", 2, 4, 8<<20 - 3, 1, "???????", 'Q'},
		{"around the end of the address space", 2, 4, 1<<64 - 2, 1, "???????", 'Q'},
		{"very much", 2, 2 << 20, to, 1, "???????", 'Q'},
		{"all addresses", 2, 0xffffffff, to, 1, "???????", 'Q'},
	} {
		r := newRig(t)
		r.choose(0)
		r.m.Write(to, []byte("???????"))
		if got := r.dma(tt.control, tt.length, tt.addr); got != tt.result {
			t.Errorf("%s: control is %#x then, want %#x", tt.name, got, tt.result)
		}
		b := make([]byte, 7)
		if r.m.Read(to, b); string(b) != tt.memory {
			t.Errorf("%s: memory is %q, want %q", tt.name, b, tt.memory)
		}
		if got := byte(r.In(1, 1)); got != tt.next {
			t.Errorf("%s: the next byte is %q, want %q", tt.name, got, tt.next)
		}
	}
}

func TestAControlBlockBeyondMemoryIsIgnored(t *testing.T) {
	r := newRig(t)
	for _, at := range []uint64{8<<20 - 8, 1 << 40, 1<<64 - 8, 1<<64 - 1} {
		r.Out(4, 4, swap(uint32(at>>32)))
		r.Out(8, 4, swap(uint32(at)))
	}
	if r.In(1, 1) != 'Q' {
		t.Error("it was carried out")
	}
}

func TestTheUpperHalfOfAnAddressIsForOneTransfer(t *testing.T) {
	r := newRig(t)
	r.Out(4, 4, swap(1))
	r.Out(8, 4, 0) // nothing there
	if r.dmaHigh != 0 {
		t.Error("it stays")
	}
}

func TestFilesAreInTheDirectory(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("x", 55)
	for name, b := range map[string]string{"etc/a": "hello", long: "", "pci1234,1111.rom": "\x55\xaa"} {
		if err := r.AddFile(name, []byte(b)); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.file("etc/a"); string(got) != "hello" {
		t.Errorf("%q", got)
	}
	if got := r.file(long); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if got := binary.BigEndian.Uint32(r.bytes(0x19, 4)); got != 3 {
		t.Errorf("%d files", got)
	}
}

func TestFilesThatCannotBe(t *testing.T) {
	r := newRig(t)
	if err := r.AddFile("a", nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "a", strings.Repeat("x", 56), "a\x00b"} {
		if err := r.AddFile(name, nil); err == nil {
			t.Errorf("%q is added", name)
		}
	}
	for i := range 63 {
		if err := r.AddFile("n"+strings.Repeat("x", i%50)+string(rune('0'+i/50)), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.AddFile("one more", nil); err == nil || !strings.Contains(err.Error(), "one more") {
		t.Errorf("file 65: %v", err)
	}
}

func TestStateSurvives(t *testing.T) {
	r := newRig(t)
	r.bytes(1, 1)
	r.Out(4, 4, 7)
	fresh := newRig(t)
	devicetest.Survives(t, r, fresh)
	if fresh.selector != 1 || fresh.offset != 1 || fresh.dmaHigh != swap(7) {
		t.Errorf("%#x, %d, %#x", fresh.selector, fresh.offset, fresh.dmaHigh)
	}
}

func TestASavedOffsetIsWithinItsItem(t *testing.T) {
	r := newRig(t)
	r.offset = 1 << 31
	fresh := newRig(t)
	fresh.State(state.Loader(devicetest.Save(r)))
	if fresh.In(1, 1) != 0 || fresh.dma(2, 4, 0x9000) != 0 {
		t.Error("it reads something")
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte{0, 2, 0, 0x19, 1, 1, 0, 0, 4, 4, 0, 0, 8, 4, 0, 0x70}, []byte(nil))
	f.Add([]byte{8, 4, 0, 0x70, 1, 1, 0, 0}, []byte{0, 0, 0, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x70, 0})
	f.Fuzz(func(t *testing.T, ops, block []byte) {
		r := newRig(t)
		if err := r.AddMachine(Machine{RAM: r.m, CPUs: 1}); err != nil {
			t.Fatal(err)
		}
		r.m.Write(blockAt, block[:min(len(block), 64)])
		for ; len(ops) >= 4; ops = ops[4:] {
			off, size := uint16(ops[0]%Ports), 1<<(ops[1]%3)
			v := uint32(ops[2])<<8 | uint32(ops[3])
			if size == 4 {
				v = swap(v)
			}
			r.Out(off, size, v)
			r.In(uint16(ops[1]%Ports), 1<<(ops[0]%3))
		}
		fresh := &rig{New(r.m), r.m, t}
		if err := fresh.AddMachine(Machine{RAM: r.m, CPUs: 1}); err != nil {
			t.Fatal(err)
		}
		devicetest.Survives(t, r, fresh)
	})
}

func TestAccessesDoNotAllocate(t *testing.T) {
	r := newRig(t)
	if n := testing.AllocsPerRun(100, func() {
		r.Out(0, 2, 0x19)
		r.In(1, 1)
		r.Out(8, 4, swap(blockAt))
		r.Out(8, 4, swap(0xfffffff0))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
