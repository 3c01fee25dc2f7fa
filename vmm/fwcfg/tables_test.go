package fwcfg

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/boot/acpi"
	"github.com/ringo-vmm/ringo/vmm/acpitab"
)

// placed is files in memory as firmware has placed them: an acpi.Memory.
type placed struct {
	at    map[string]uint64
	files map[string][]byte
}

func (p *placed) Bytes(pa uint64, n int) []byte {
	for name, b := range p.files {
		if at := p.at[name]; pa >= at && pa-at <= uint64(len(b)) && uint64(n) <= uint64(len(b))-(pa-at) {
			return b[pa-at:][:n]
		}
	}
	return nil
}

func cString(b []byte) string { s, _, _ := strings.Cut(string(b), "\x00"); return s }

// place carries out the script as firmware does.
func (r *rig) place() *placed {
	r.t.Helper()
	p := &placed{map[string]uint64{}, map[string][]byte{}}
	script := r.file("etc/table-loader")
	if len(script)%128 != 0 {
		r.t.Fatalf("%d bytes of commands", len(script))
	}
	le := binary.LittleEndian
	for ; len(script) > 0; script = script[128:] {
		c := script[4:128]
		name := cString(c[:56])
		switch op := le.Uint32(script); op {
		case 1:
			align, zone := uint64(le.Uint32(c[56:])), c[60]
			at := map[byte]uint64{1: 0x7ffe0000, 2: 0xf5000}[zone]
			if at == 0 || at%align != 0 {
				r.t.Fatalf("%s in zone %d, aligned to %d", name, zone, align)
			}
			p.at[name], p.files[name] = at+align, r.file(name)
		case 2:
			src, off, size := cString(c[56:112]), le.Uint32(c[112:]), c[116]
			var w [8]byte
			field := p.files[name][off:][:size]
			copy(w[:], field)
			v := le.Uint64(w[:])
			if v >= uint64(len(p.files[src])) {
				r.t.Fatalf("pointer %#x at %#x of %s is not in %s", v, off, name, src)
			}
			le.PutUint64(w[:], v+p.at[src])
			copy(field, w[:])
		case 3:
			off, start, n := le.Uint32(c[56:]), le.Uint32(c[60:]), le.Uint32(c[64:])
			p.files[name][off] -= sum(p.files[name][start:][:n])
		default:
			r.t.Fatalf("command %d", op)
		}
	}
	return p
}

func acpiTables(t testing.TB) []byte {
	t.Helper()
	b, err := acpitab.Build(acpitab.Config{
		Processors: 2, PM1Event: 0x600, PM1Control: 0x604, PMTimer: 0x608, SoftOff: 5,
		Serials: []acpitab.Serial{{Number: 1, Port: 0x3f8, IRQ: 4}}, I8042: true, HPET: 0x8086a201, PCI: &acpitab.PCI{ECAM: 0xe0000000},
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAKernelFindsTheACPITablesThatFirmwarePlaced(t *testing.T) {
	r := newRig(t)
	if err := r.AddACPI(acpiTables(t)); err != nil {
		t.Fatal(err)
	}
	p := r.place()
	tables, err := acpi.Find(p, p.at["etc/acpi/rsdp"], nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range tables.Problems {
		t.Error(problem)
	}
	if tables.MADT == nil || len(tables.MADT.Processors) != 2 || tables.FADT == nil || tables.HPET == nil || tables.MCFG == nil {
		t.Errorf("tables are missing: %+v", tables)
	}
	if off, err := tables.PowerOff(); err != nil || off.Control[0].Value == 0 {
		t.Errorf("the DSDT is not found: %v", err)
	}
	if bytes.Contains(p.files["etc/acpi/tables"], []byte("RSD PTR ")) {
		t.Error("there is a second root pointer")
	}
	fadt := acpiTable(t, tables, "FACP")
	if x := binary.LittleEndian.Uint64(fadt[132:]); x != 0 {
		t.Errorf("a pointer that was none is %#x", x)
	}
	facs := binary.LittleEndian.Uint32(fadt[36:])
	if b := p.Bytes(uint64(facs), 4); string(b) != "FACS" || facs%64 != 0 {
		t.Errorf("the FACS at %#x is %q", facs, b)
	}
}

func acpiTable(t *testing.T, tables *acpi.Tables, signature string) []byte {
	t.Helper()
	for _, tab := range tables.List() {
		if tab.Signature == signature {
			return tab.Data
		}
	}
	t.Fatalf("no %s", signature)
	return nil
}

func TestTablesThatPointAstrayAreErrors(t *testing.T) {
	good := acpiTables(t)
	le := binary.LittleEndian
	rsdt := le.Uint32(good[16:])
	for name, spoil := range map[string]func(b []byte) []byte{
		"empty":          func([]byte) []byte { return nil },
		"no root":        func(b []byte) []byte { b[0] = 'X'; return b },
		"RSDT outside":   func(b []byte) []byte { le.PutUint32(b[16:], 1<<31); return b },
		"XSDT outside":   func(b []byte) []byte { le.PutUint64(b[24:], 1<<63); return b },
		"RSDT too long":  func(b []byte) []byte { le.PutUint32(b[rsdt+4:], 1<<31); return b },
		"RSDT too short": func(b []byte) []byte { le.PutUint32(b[rsdt+4:], 35); return b },
		"table outside":  func(b []byte) []byte { le.PutUint32(b[rsdt+36:], uint32(len(b))-8); return b },
		"cut off":        func(b []byte) []byte { return b[:len(b)-100] },
		"no FADT":        func(b []byte) []byte { b[le.Uint32(b[rsdt+36:])] = 'X'; return b },
		"short FADT":     func(b []byte) []byte { le.PutUint32(b[le.Uint32(b[rsdt+36:])+4:], 100); return b },
	} {
		r := newRig(t)
		if err := r.AddACPI(spoil(bytes.Clone(good))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzACPI(f *testing.F) {
	f.Add(acpiTables(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		New(nil).AddACPI(b)
	})
}

// structure is one of the SMBIOS tables.
type structure struct {
	kind    uint8
	handle  uint16
	b       []byte // with the header
	strings []string
}

func smbios(t *testing.T, s SMBIOS) []structure {
	t.Helper()
	r := newRig(t)
	if err := r.AddSMBIOS(s); err != nil {
		t.Fatal(err)
	}
	e, b := r.file("etc/smbios/smbios-anchor"), r.file("etc/smbios/smbios-tables")
	le := binary.LittleEndian
	if len(e) != 31 || string(e[:4]) != "_SM_" || e[5] != 31 || e[6] != 2 || e[7] != 8 || sum(e) != 0 ||
		string(e[16:21]) != "_DMI_" || sum(e[16:]) != 0 || int(le.Uint16(e[22:])) != len(b) || e[30] != 0x28 {
		t.Fatalf("entry point % x", e)
	}
	count, longest := int(le.Uint16(e[28:])), int(le.Uint16(e[8:]))
	var list []structure
	for len(b) > 0 {
		n := int(b[1])
		s := structure{kind: b[0], handle: le.Uint16(b[2:]), b: b[:n]}
		end := n + bytes.Index(b[n:], []byte{0, 0}) + 2
		for _, v := range bytes.Split(b[n:end-2], []byte{0}) {
			s.strings = append(s.strings, string(v))
		}
		if end > longest {
			t.Errorf("structure %d has %d bytes, the longest %d", s.kind, end, longest)
		}
		list, b = append(list, s), b[end:]
	}
	if len(list) != count {
		t.Errorf("%d structures, want %d", len(list), count)
	}
	return list
}

func TestSMBIOSDescribesTheMachine(t *testing.T) {
	uuid := [16]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	list := smbios(t, SMBIOS{RAM: memory(t, 4096), CPUs: 2, UUID: uuid, Product: "box", Version: "1.0"})
	lengths := map[uint8]uint8{0: 0x18, 1: 0x1b, 3: 0x16, 4: 0x2a, 16: 0x17, 17: 0x28, 19: 0x1f, 32: 0xb, 127: 4}
	handles := map[uint16]bool{}
	var kinds []uint8
	le := binary.LittleEndian
	for _, s := range list {
		kinds = append(kinds, s.kind)
		if s.b[1] != lengths[s.kind] {
			t.Errorf("structure %d has length %#x, want %#x", s.kind, s.b[1], lengths[s.kind])
		}
		if handles[s.handle] {
			t.Errorf("two structures have handle %#x", s.handle)
		}
		handles[s.handle] = true
		switch s.kind {
		case 0:
			if got := strings.Join(s.strings, ","); got != "Ringo,1.0,01/01/2026" || s.b[0x13]&0x10 == 0 {
				t.Errorf("BIOS %s, % x", got, s.b)
			}
		case 1:
			want := []byte{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}
			if got := strings.Join(s.strings, ","); got != "Ringo,box,1.0" || !bytes.Equal(s.b[8:24], want) || s.b[24] != 6 {
				t.Errorf("system %s, % x", got, s.b)
			}
		case 4:
			if s.b[0x18] != 0x41 || s.b[0x23] != 1 || s.b[0x25] != 1 || le.Uint16(s.b[0x28:]) != 1 {
				t.Errorf("processor % x", s.b)
			}
		case 16:
			if le.Uint32(s.b[7:]) != 4<<20 || s.b[5] != 3 || le.Uint16(s.b[13:]) != 1 {
				t.Errorf("memory array % x", s.b)
			}
		case 17:
			if le.Uint16(s.b[12:]) != 4096 || s.b[14] != 9 || s.b[16] != 1 || s.b[18] != 7 || s.b[0x17] != 2 {
				t.Errorf("memory device % x", s.b)
			}
		}
	}
	if want := []byte{0, 1, 3, 4, 4, 16, 17, 19, 19, 32, 127}; !bytes.Equal(kinds, want) {
		t.Errorf("structures %v, want %v", kinds, want)
	}
}

func TestMemoryInSMBIOS(t *testing.T) {
	for _, tt := range []struct {
		mib           int
		short         uint16
		long          uint32
		first, last   uint32 // of the last range, in KiB
		lfirst, llast uint64
	}{
		{64, 64, 0, 0, 65535, 0, 0},
		{4096, 4096, 0, 4 << 20, 5<<20 - 1, 0, 0},
		{32766, 32766, 0, 4 << 20, 33<<20 - 2049, 0, 0},
		{32768, 0x7fff, 32768, 4 << 20, 33<<20 - 1, 0, 0},
	} {
		list := smbios(t, SMBIOS{RAM: memory(t, tt.mib), CPUs: 1})
		var d, m structure
		for _, s := range list {
			switch s.kind {
			case 17:
				d = s
			case 19:
				m = s
			}
		}
		le := binary.LittleEndian
		if a, b := le.Uint16(d.b[12:]), le.Uint32(d.b[28:]); a != tt.short || b != tt.long {
			t.Errorf("%d MiB: sizes %d and %d", tt.mib, a, b)
		}
		if a, b := le.Uint32(m.b[4:]), le.Uint32(m.b[8:]); a != tt.first || b != tt.last {
			t.Errorf("%d MiB: from %#x to %#x KiB", tt.mib, a, b)
		}
		if a, b := le.Uint64(m.b[15:]), le.Uint64(m.b[23:]); a != tt.lfirst || b != tt.llast {
			t.Errorf("%d MiB: from %#x to %#x", tt.mib, a, b)
		}
	}
}

func TestSMBIOSThatCannotBe(t *testing.T) {
	m := memory(t, 8)
	for _, s := range []SMBIOS{{RAM: m}, {RAM: m, CPUs: 256}, {RAM: m, CPUs: 1, Product: "a\x00"}, {RAM: m, CPUs: 1, Version: strings.Repeat("x", 65)}} {
		if err := New(m).AddSMBIOS(s); err == nil {
			t.Errorf("%+v is possible", s)
		}
	}
}
