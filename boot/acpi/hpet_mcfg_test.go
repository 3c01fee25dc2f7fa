package acpi

import (
	"encoding/binary"
	"testing"
)

func TestHPET(t *testing.T) {
	body := []byte{0x01, 0x82, 0x22, 0x10, 0, 64, 0, 0, 0, 0, 0xD0, 0xFE, 0, 0, 0, 0, 1, 0x80, 0x37, 0}
	var p problems
	equal(t, "HPET", parseHPET(table(sigHPET, 1, body...), &p), &HPET{
		Address: 0xFED00000, Number: 1, MinTick: 0x3780, Comparators: 3, LegacyReplacement: true, Vendor: 0x1022,
	})
	if len(p) != 0 {
		t.Errorf("problems: %q", p)
	}
	for _, tt := range []struct {
		name    string
		edit    func(b []byte) []byte
		problem string
	}{
		{"short", func(b []byte) []byte { return b[:55] }, "HPET: 55 bytes"},
		{"in the port space", func(b []byte) []byte { b[hpetAddress] = 1; return b }, "registers at I/O port"},
		{"no address", func(b []byte) []byte { clear(b[hpetAddress+4 : hpetNumber]); return b }, "registers at none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p problems
			if h := parseHPET(tt.edit(table(sigHPET, 1, body...)), &p); h != nil {
				t.Errorf("got %v", h)
			}
			wantProblem(t, p, tt.problem)
		})
	}
}

// segment is an entry of the MCFG.
func segment(base uint64, group uint16, first, last uint8) []byte {
	b := binary.LittleEndian.AppendUint64(nil, base)
	b = binary.LittleEndian.AppendUint16(b, group)
	return append(b, first, last, 0, 0, 0, 0)
}

// mcfg is an MCFG with entries.
func mcfg(entries ...byte) []byte { return table(sigMCFG, 1, append(make([]byte, 8), entries...)...) }

func TestMCFGSegments(t *testing.T) {
	for _, tt := range []struct {
		name    string
		entries []byte
		want    []PCISegment
		problem string
	}{
		{name: "none"},
		{
			name:    "two",
			entries: append(segment(0xE0000000, 0, 0, 255), segment(0x80_0000_0000, 3, 16, 31)...),
			want:    []PCISegment{{0xE0000000, 0, 0, 255}, {0x80_0000_0000, 3, 16, 31}},
		},
		{name: "half an entry", entries: segment(0xE0000000, 0, 0, 255)[:15]},
		{name: "no base", entries: segment(0, 0, 0, 255), problem: "cannot be"},
		{name: "buses in the wrong order", entries: segment(0xE0000000, 0, 5, 4), problem: "buses 5-4"},
		{name: "base not on a bus boundary", entries: segment(0xE0001000, 0, 0, 255), problem: "cannot be"},
		{name: "end wraps", entries: segment(1<<64-1<<20, 0, 0, 1), problem: "cannot be"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p problems
			equal(t, "segments", parseMCFG(mcfg(tt.entries...), &p).Segments, tt.want)
			if tt.problem == "" && len(p) != 0 {
				t.Errorf("problems: %q", p)
			} else if tt.problem != "" {
				wantProblem(t, p, tt.problem)
			}
		})
	}
}

func TestMCFGTooShortOrTooLong(t *testing.T) {
	var p problems
	if m := parseMCFG(mcfg()[:43], &p); m != nil {
		t.Errorf("43 bytes: %v", m)
	}
	wantProblem(t, p, "MCFG: 43 bytes")

	var entries []byte
	for i := range maxMCFGItems + 1 {
		entries = append(entries, segment(0xE0000000, uint16(i), 0, 255)...)
	}
	equal(t, "segments", len(parseMCFG(mcfg(entries...), &p).Segments), maxMCFGItems)
	wantProblem(t, p, "only the first")
}
