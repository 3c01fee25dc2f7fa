package acpi

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// window is memory that starts at the BIOS area.
type window []byte

func (w window) Bytes(pa uint64, n int) []byte {
	if pa+uint64(n) < pa {
		panic("the range wraps around")
	}
	if pa < biosAreaStart || pa-biosAreaStart > uint64(len(w)) || uint64(n) > uint64(len(w))-(pa-biosAreaStart) {
		return nil
	}
	return w[pa-biosAreaStart:][:n]
}

// image is the tables of a real machine moved into a small window: RSDP, XSDT,
// then the tables, the DSDT cut down to its \_S5 package. A fuzzer gets nowhere
// with large inputs.
func image(t testing.TB, name string) window {
	m, rsdp := load(t, name)
	tables, err := Find(m, rsdp, nil)
	if err != nil {
		t.Fatal(err)
	}
	const space = 128 // for RSDP and XSDT
	w := make(window, space)
	var addrs []uint64
	var facp, dsdt int
	for _, tab := range tables.List()[1:] {
		at := len(w)
		if tab.Signature == sigDSDT {
			dsdt = at
			w = append(w, table(sigDSDT, 1, s5Code(tab.Data)...)...)
			continue
		}
		if tab.Signature == sigFADT {
			facp = at
		}
		w = append(w, tab.Data...)
		addrs = append(addrs, biosAreaStart+uint64(at))
	}
	binary.LittleEndian.PutUint32(w[facp+fadtDSDT:], biosAreaStart+uint32(dsdt))
	if tables.FADT.Revision >= 3 {
		binary.LittleEndian.PutUint64(w[facp+fadtXDSDT:], 0)
	}
	copy(w, pointer(0, biosAreaStart+rsdpSizeV2))
	copy(w[rsdpSizeV2:], xsdt(addrs...))
	w.repair()
	return w
}

// s5Code is the few bytes of a real DSDT that define \_S5.
func s5Code(dsdt []byte) []byte {
	i := bytes.Index(dsdt, []byte("_S5_"))
	return dsdt[i-1 : i+12]
}

// repair makes the checksums in the window right, so that a fuzzer gets past
// them.
func (w window) repair() {
	if len(w) >= rsdpSizeV2 {
		sealPointer(w[:rsdpSizeV2])
	}
	for _, signature := range []string{sigXSDT, sigRSDT, sigMADT, sigFADT, sigHPET, sigMCFG, sigSSDT, sigDSDT} {
		at := bytes.Index(w, []byte(signature))
		if at < 0 || len(w)-at < headerSize {
			continue
		}
		n := uint64(binary.LittleEndian.Uint32(w[at+headerLength:]))
		if n >= headerSize && n <= uint64(len(w)-at) {
			seal(w[at:][:n])
		}
	}
}

func TestSmallImagesOfRealMachinesAreValid(t *testing.T) {
	for _, name := range machines {
		got := mustFind(t, image(t, name), 0, nil)
		if len(got.Problems) != 0 || got.MADT == nil || got.HPET == nil {
			t.Errorf("%s: %+v", name, got)
		}
		if _, err := got.PowerOff(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, name := range machines {
		w := image(f, name)
		f.Add([]byte(w), uint64(0), []byte(nil), false)
		f.Add([]byte(w), uint64(biosAreaStart), []byte(w[:rsdpSizeV2]), true)
	}
	f.Fuzz(func(t *testing.T, mem []byte, rsdp uint64, rsdpCopy []byte, repair bool) {
		w := window(bytes.Clone(mem))
		if repair {
			w.repair()
		}
		tables, err := Find(w, rsdp, rsdpCopy)
		if err != nil {
			return
		}
		use(t, tables)
	})
}

// use calls everything that takes the tables.
func use(t *testing.T, tables *Tables) {
	total := 0
	for _, tab := range tables.List() {
		total += len(tab.Data)
		_ = tab.String()
	}
	if len(tables.List()) > maxTables+3 || total > maxTotalSize || len(tables.Problems) > maxProblems+1 {
		t.Errorf("%d tables of %d bytes, %d problems", len(tables.List()), total, len(tables.Problems))
	}
	_ = tables.RSDP.String()
	if tables.MADT != nil {
		_ = tables.MADT.String()
		tables.MADT.GSI(0)
	}
	if tables.FADT != nil {
		_ = tables.FADT.String()
	}
	if tables.HPET != nil {
		_ = tables.HPET.String()
	}
	if tables.MCFG != nil {
		_ = tables.MCFG.String()
	}
	if off, err := tables.PowerOff(); err == nil {
		for _, w := range off.Control {
			if !w.Register.usable() || w.Value&^w.Mask != 0 {
				t.Errorf("power-off: %v", w)
			}
		}
	}
	if reset, err := tables.Reset(); err == nil && reset.Register.Address == 0 {
		t.Errorf("reset: %+v", reset)
	}
}

func FuzzMADT(f *testing.F) {
	for _, name := range machines {
		f.Add(realTable(f, name, sigMADT))
	}
	f.Add(madt([]byte{9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0}, []byte{10, 12, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0}, []byte{3, 8, 0, 0, 1, 0, 0, 0}, []byte{5, 12, 0, 0, 0, 0, 0xE0, 0xFE, 0, 0, 0, 0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p problems
		m := parseMADT(b, &p)
		if m == nil {
			return
		}
		seen := map[uint32]bool{}
		for _, c := range m.Processors {
			if seen[c.APICID] {
				t.Errorf("APIC id %d twice", c.APICID)
			}
			seen[c.APICID] = true
		}
		for _, n := range m.LocalNMIs {
			if n.LINT > 1 {
				t.Errorf("%v", n)
			}
		}
		use(t, &Tables{MADT: m, Problems: p})
	})
}

func FuzzFADT(f *testing.F) {
	for _, name := range machines {
		f.Add(realTable(f, name, sigFADT))
	}
	f.Add(fadt(6, fadtSize, func(b []byte) {
		putGAS(b[fadtXPM1aControl:], GenericAddress{Space: SystemMemory, Width: 16, Address: 0xFED80000})
		putGAS(b[fadtSleepControl:], GenericAddress{Space: SystemMemory, Width: 8, Address: 0xFED80010})
	}))
	dsdt := Table{Signature: sigDSDT, ChecksumOK: true, Data: table(sigDSDT, 1, s5(0x12, 4, 2, 0, 1)...)}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p problems
		fadt := parseFADT(b, &p)
		if fadt == nil {
			return
		}
		for _, g := range []GenericAddress{fadt.PM1aEvent, fadt.PM1bEvent, fadt.PM1aControl, fadt.PM1bControl, fadt.PMTimer} {
			if g != (GenericAddress{}) && !g.usable() {
				t.Errorf("%v", g)
			}
		}
		use(t, &Tables{FADT: fadt, Problems: p, list: []Table{dsdt}})
	})
}

func FuzzS5(f *testing.F) {
	for _, name := range machines {
		f.Add(s5Code(realTable(f, name, sigDSDT)))
	}
	f.Add(s5(0x12, 12, 2, 0x0C, 5, 0, 0, 0, 0x0C, 6, 0, 0, 0))
	f.Add(s5(0x12, 0x45, 0, 2, 1, 1))
	f.Fuzz(func(t *testing.T, aml []byte) {
		s, err := findS5(aml)
		if err == nil && (s.A > maxSleepType || s.B > maxSleepType) {
			t.Errorf("sleep type %v", s)
		}
	})
}
