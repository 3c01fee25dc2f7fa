package loader

import (
	"bytes"
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

// TestEntriesObeyTheirProtocols checks what each protocol's document demands of
// the processor, and that registers it leaves open are 0.
func TestEntriesObeyTheirProtocols(t *testing.T) {
	const long, protected, real = 0x80000011, 0x11, 0x10 // CR0
	const data32, noIDT = 0xc93, 0
	for name, tt := range map[string]struct {
		image    []byte
		protocol Protocol
		cr0      uint64
		code     uint16 // attributes of CS
		data     uint16
		idt      uint16 // limit
		rax      uint64
		pointer  func(e *Entry) *uint64 // the register that points to what the kernel finds
		magic    []byte                 // at its start, or at 202h of a zero page
		selCode  uint16                 // 0: any
	}{
		// boot.rst, "64-bit Boot Protocol": long mode, __BOOT_CS and __BOOT_DS
		// flat, interrupts off, RSI.
		"linux64": {makeBzImage(nil), Linux64, long, 0xa9b, data32, noIDT, 0, func(e *Entry) *uint64 { return &e.RSI }, []byte("HdrS"), 0x10},
		// "32-bit Boot Protocol": no paging, ESI, and EBP, EDI, EBX 0.
		"linux32": {makeBzImage(nil), Linux32, protected, 0xc9b, data32, noIDT, 0, func(e *Entry) *uint64 { return &e.RSI }, []byte("HdrS"), 0x10},
		// "Running the Kernel": DS, ES, FS, GS and SS the setup's, CS 20h beyond.
		"linux16": {makeBzImage(nil), Linux16, real, 0x9b, 0x93, 0x3ff, 0, nil, nil, 0x1020},
		// Multiboot 0.6.96 §3.2: EAX, EBX, flat 32-bit segments, no paging.
		"multiboot": {mbKernel(0x1000, 0, mbHeader(mbHasAddress, 0x100000, 0x100000, 0, 0, 0x100000)), Multiboot, protected, 0xc9b, data32, noIDT,
			0x2badb002, func(e *Entry) *uint64 { return &e.RBX }, nil, 0},
		// Xen docs/misc/pvh: EBX, CR0.PE, CR4 0, flat 32-bit segments, a TSS.
		"pvh": {makePVH(elfClass64, pvhNotes), PVH, protected, 0xc9b, data32, noIDT, 0, func(e *Entry) *uint64 { return &e.RBX },
			[]byte("\x78\xc5\x6e\x33"), 0},
	} {
		c := Config{RAM: memory(t, 4*mib), Kernel: Image{"k", tt.image}, Protocol: tt.protocol}
		got := mustLoad(t, c)
		pae, efer := uint64(0), uint64(0)
		if tt.cr0 == long {
			pae, efer = 0x20, 0x500
		}
		if got.CR0 != tt.cr0 || got.CR4 != pae || got.EFER != efer || got.RFLAGS != 2 {
			t.Errorf("%s: CR0 %#x, CR4 %#x, EFER %#x, RFLAGS %#x", name, got.CR0, got.CR4, got.EFER, got.RFLAGS)
		}
		if got.CS.Attributes != tt.code || got.Data.Attributes != tt.data || got.IDT.Limit != tt.idt || got.IDT.Base != 0 {
			t.Errorf("%s: CS %+v, data %+v, IDT %+v", name, got.CS, got.Data, got.IDT)
		}
		if tt.selCode != 0 && got.CS.Selector != tt.selCode {
			t.Errorf("%s: CS is %#x, want %#x", name, got.CS.Selector, tt.selCode)
		}
		if got.TR.Base != 0 || got.TR.Limit != 0x67 || got.TR.Attributes != 0x8b {
			t.Errorf("%s: TR %+v", name, got.TR)
		}
		if tt.cr0 != real && (got.CS.Base != 0 || got.Data.Base != 0 || got.CS.Limit != 0xffffffff || got.Data.Limit != 0xffffffff) {
			t.Errorf("%s: segments are not flat: %+v, %+v", name, got.CS, got.Data)
		}
		if tt.pointer != nil {
			at := tt.pointer(&got)
			found := read(t, c.RAM, *at, 4096)
			if tt.magic != nil && !bytes.HasPrefix(found, tt.magic) && !bytes.HasPrefix(found[0x202:], tt.magic) {
				t.Errorf("%s: what the kernel finds at %#x is something else", name, *at)
			}
			*at = 0
		}
		if got.RAX != tt.rax || got.RBX != 0 || got.RSI != 0 {
			t.Errorf("%s: RAX %#x, RBX %#x, RSI %#x", name, got.RAX, got.RBX, got.RSI)
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
