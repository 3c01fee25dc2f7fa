package loader

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

func TestDescriptors(t *testing.T) {
	for name, tt := range map[string]struct {
		s    Segment
		want uint64
	}{
		"32-bit code": {Segment{0, 0, flat, attrCode | attrBig | attrPages}, 0x00cf9b000000ffff},
		"64-bit code": {Segment{0, 0, flat, attrCode | attrLong | attrPages}, 0x00af9b000000ffff},
		"data":        {Segment{0, 0, flat, attrData | attrBig | attrPages}, 0x00cf93000000ffff},
		"with a base": {Segment{0, 0x12345678, 0xfffff, attrData}, 0x120f93345678ffff},
	} {
		if got := tt.s.descriptor(); got != tt.want {
			t.Errorf("%s: %#x, want %#x", name, got, tt.want)
		}
	}
}

// flatGuest loads a flat binary.
func flatGuest(t *testing.T, m Mode) (*ram.RAM, Entry) {
	c := Config{RAM: memory(t, 4*mib), Kernel: Image{"guest", pattern(16)}, Protocol: Flat, Address: 0x7c00, Mode: m}
	return c.RAM, mustLoad(t, c)
}

func TestStateInEachMode(t *testing.T) {
	for m, want := range map[Mode]Entry{
		Real: {CR0: 0x10, IDT: Table{0, 0x3ff},
			CS:   Segment{0, 0, 0xffff, 0x9b},
			Data: Segment{0x9000, 0x90000, 0xffff, 0x93}},
		Protected: {CR0: 0x11,
			CS:   Segment{0x10, 0, 0xffffffff, 0xc9b},
			Data: Segment{0x18, 0, 0xffffffff, 0xc93}},
		Long: {CR0: 0x80000011, CR4: 0x20, EFER: 0x500,
			CS:   Segment{0x10, 0, 0xffffffff, 0xa9b},
			Data: Segment{0x18, 0, 0xffffffff, 0xc93}},
	} {
		_, got := flatGuest(t, m)
		want.Protocol, want.Mode = Flat, m
		want.RIP, want.RSP, want.RFLAGS = got.RIP, got.RSP, 2
		want.TR = Segment{0, 0, 0x67, 0x8b}
		want.LDTR = Segment{0, 0, 0xffff, 0x82}
		want.CR3 = got.CR3
		want.GDT = got.GDT
		if got != want {
			t.Errorf("%v mode:\n got %+v\nwant %+v", m, view(got), view(want))
		}
		if (got.CR3 != 0) != (m == Long) || got.GDT.Limit != map[Mode]uint16{Real: 0, Protected: 31, Long: 31}[m] {
			t.Errorf("%v mode: CR3 %#x, GDT %+v", m, got.CR3, got.GDT)
		}
	}
}

// view is an entry without its String.
func view(e Entry) any {
	type plain Entry
	return plain(e)
}

func TestTheGDTInMemoryIsWhatTheSegmentsSay(t *testing.T) {
	for _, m := range []Mode{Protected, Long} {
		ram, e := flatGuest(t, m)
		gdt := read(t, ram, e.GDT.Base, int(e.GDT.Limit)+1)
		for s, sel := range map[Segment]uint16{e.CS: e.CS.Selector, e.Data: e.Data.Selector} {
			if got := le.Uint64(gdt[sel:]); got != s.descriptor() {
				t.Errorf("%v mode: descriptor %#x is %#x, want %#x", m, sel, got, s.descriptor())
			}
		}
		if le.Uint64(gdt) != 0 {
			t.Errorf("%v mode: descriptor 0 is %#x", m, le.Uint64(gdt))
		}
	}
}

// translate walks the page tables at root, which map by 2 MiB. ok is false if
// the address is not mapped and writable.
func translate(t *testing.T, m *ram.RAM, root, linear uint64) (gpa uint64, ok bool) {
	table := root
	for _, shift := range []int{39, 30, 21} {
		e := le.Uint64(read(t, m, table+linear>>shift&0x1ff*8, 8))
		if e&3 != 3 {
			return 0, false
		}
		if large := e&0x80 != 0; large != (shift == 21) {
			t.Fatalf("entry %#x for bit %d of %#x", e, shift, linear)
		}
		table = e & 0xffffffffff000
	}
	return table + linear&(1<<21-1), true
}

func TestLongModeMapsTheFirst4GiBWhereTheyAre(t *testing.T) {
	m, e := flatGuest(t, Long)
	for _, a := range []uint64{0, 0x7c00, 0x80000, 0x1fffff, 0x200000, 1<<30 - 1, 1 << 30, 3<<30 + 0x12345678, 1<<32 - 1} {
		if got, ok := translate(t, m, e.CR3, a); !ok || got != a {
			t.Errorf("%#x is mapped at %#x, %v", a, got, ok)
		}
	}
	for _, a := range []uint64{1 << 32, 1 << 39, 1<<48 - 1} {
		if got, ok := translate(t, m, e.CR3, a); ok {
			t.Errorf("%#x is mapped at %#x", a, got)
		}
	}
}
