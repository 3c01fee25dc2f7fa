package pci

import "testing"

// withCapability returns a device whose only capability is words from off on,
// all of which can be written but the id.
func withCapability(t *testing.T, off uint16, words ...uint32) (*fakeSpace, *function, *Device) {
	t.Helper()
	s := newSpace(t)
	f := s.add(at(1, 0), 0x1af4, 0x1041, 0x020000, 0)
	f.reg[regCapabilities/4] = uint32(off)
	for i, w := range words {
		if at := int(off)/4 + i; at < len(f.reg) {
			f.reg[at], f.writable[at] = w, ^uint32(0)
		}
	}
	f.writable[off/4] = 0xffff_0000
	f.bar(1, 0xfebd_0000, 0xffff_f000)
	f.bar(2, 0xc001, 0xffe0)
	return s, f, scanOne(t, s)
}

func TestMessage(t *testing.T) {
	if m, err := NewMessage(254, 0x31); err != nil || m != (Message{0xfeefe000, 0x31}) {
		t.Errorf("message %+v, %v", m, err)
	}
	if _, err := NewMessage(255, 0x31); err == nil {
		t.Error("a message to every processor is accepted")
	}
	if _, err := NewMessage(0, 15); err == nil {
		t.Error("vector 15 is accepted")
	}
}

func TestMSIIsProgrammed(t *testing.T) {
	msg := Message{0xfee01000, 0x41}
	for _, c := range []struct {
		name  string
		words []uint32
		want  []uint32
		is64  bool
	}{
		{"32-bit", []uint32{5 | 3<<17, 0, 0xaaaa}, []uint32{5 | 3<<17 | msiEnable, 0xfee01000, 0x41}, false},
		{"64-bit", []uint32{5 | msi64 | 2<<20, 0, 9, 9}, []uint32{5 | msi64 | msiEnable, 0xfee01000, 0, 0x41}, true},
		{"32-bit, maskable", []uint32{5 | msiMaskable, 0, 9, 0xff, 7}, []uint32{5 | msiMaskable | msiEnable, 0xfee01000, 0x41, 0, 7}, false},
		{"64-bit, maskable", []uint32{5 | msi64 | msiMaskable, 0, 9, 9, 0xff, 7}, []uint32{5 | msi64 | msiMaskable | msiEnable, 0xfee01000, 0, 0x41, 0, 7}, true},
	} {
		_, f, d := withCapability(t, 0x50, c.words...)
		m, err := d.MSI()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		enabled := false
		f.onWrite = func(off uint16, v uint32) {
			if off == 0x50 {
				enabled = v&msiEnable != 0
			} else if off > 0x50 && enabled {
				t.Errorf("%s: offset %#x written while MSI is enabled", c.name, off)
			}
		}
		if err := m.Enable(msg); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for i, want := range c.want {
			if got := f.reg[0x50/4+i]; got != want {
				t.Errorf("%s: word %d is %#x, want %#x", c.name, i, got, want)
			}
		}
		if f.reg[1]&CommandNoINTx == 0 {
			t.Errorf("%s: the interrupt pin is still in use", c.name)
		}
		err = m.Enable(Message{1 << 32, 0x41})
		if (err == nil) != c.is64 {
			t.Errorf("%s: a message above 4 GiB: %v", c.name, err)
		}
		m.Disable()
		if f.reg[0x50/4]&msiEnable != 0 {
			t.Errorf("%s: still enabled", c.name)
		}
	}
}

func TestMSICapabilitiesThatMakeNoSense(t *testing.T) {
	_, _, none := withCapability(t, 0x50, 0x01)
	_, _, many := withCapability(t, 0x50, 5|6<<17)
	_, _, beyond := withCapability(t, 0xf4, 5|msi64|msiMaskable, 0, 0)
	for name, d := range map[string]*Device{"none": none, "too many": many, "beyond the end": beyond} {
		if m, err := d.MSI(); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
	_, _, fits := withCapability(t, 0xf4, 5, 0, 0)
	if _, err := fits.MSI(); err != nil {
		t.Errorf("at the end: %v", err)
	}
}

// table is an MSI-X table in memory.
type table [64]uint32

func (m *table) Read32(off uintptr) uint32     { return m[off/4] }
func (m *table) Write32(off uintptr, v uint32) { m[off/4] = v }

func TestMSIXIsProgrammed(t *testing.T) {
	_, f, d := withCapability(t, 0x50, 0x11|2<<16, 0x800|1, 0xc00|1)
	m, err := d.MSIX()
	if err != nil {
		t.Fatal(err)
	}
	if m.Vectors != 3 || m.Phys != 0xfebd_0800 || m.Size != 48 {
		t.Errorf("%d vectors, table of %d bytes at %#x", m.Vectors, m.Size, m.Phys)
	}
	msg := Message{0x1_fee0_2000, 0x55}
	if err := m.Set(0, msg); err == nil {
		t.Error("an entry can be set before MSI-X is enabled")
	}
	var mem table
	m.Enable(&mem)
	if got := f.reg[0x50/4]; got != 0x11|2<<16|msixEnable {
		t.Errorf("control word %#x", got)
	}
	if f.reg[1]&CommandNoINTx == 0 {
		t.Error("the interrupt pin is still in use")
	}
	for i := range 3 {
		if mem[4*i+3] != 1 {
			t.Errorf("entry %d is not masked", i)
		}
	}
	if err := m.Set(1, msg); err != nil {
		t.Fatal(err)
	}
	if got := [4]uint32(mem[4:8]); got != [4]uint32{0xfee0_2000, 1, 0x55, 0} {
		t.Errorf("entry %#x", got)
	}
	if err := m.Mask(1); err != nil || mem[7] != 1 {
		t.Errorf("mask: %v", err)
	}
	if err := m.Unmask(1); err != nil || mem[7] != 0 {
		t.Errorf("unmask: %v", err)
	}
	before := mem
	for _, i := range []int{-1, 3, 1 << 40} {
		if m.Set(i, msg) == nil || m.Mask(i) == nil || m.Unmask(i) == nil {
			t.Errorf("entry %d is accepted", i)
		}
	}
	if mem != before {
		t.Error("the table was written all the same")
	}
	m.Disable()
	if f.reg[0x50/4]&msixEnable != 0 {
		t.Error("still enabled")
	}
}

func TestMSIXTablesOutsideOfTheirBAR(t *testing.T) {
	for name, words := range map[string][]uint32{
		"in no BAR":        {0x11, 0x800 | 0},
		"in no such BAR":   {0x11, 0x800 | 7},
		"in I/O ports":     {0x11, 0 | 2},
		"past the end":     {0x11 | 2<<16, 0xfe0 | 1},
		"far past the end": {0x11 | 0x7ff<<16, 0xffff_fff8 | 1},
	} {
		_, _, d := withCapability(t, 0x50, words...)
		if m, err := d.MSIX(); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
	_, _, end := withCapability(t, 0x50, 0x11|1<<16, 0xfe0|1)
	if _, err := end.MSIX(); err != nil {
		t.Errorf("up to the end: %v", err)
	}
	_, _, beyond := withCapability(t, 0xf8, 0x11, 0|1)
	if m, err := beyond.MSIX(); err == nil {
		t.Errorf("beyond the end of configuration space: %+v", m)
	}
}
