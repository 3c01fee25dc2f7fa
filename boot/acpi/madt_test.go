package acpi

import (
	"bytes"
	"testing"
)

// madt is a MADT with local APICs at 0xFEE00000, no dual 8259 and structures.
func madt(structures ...[]byte) []byte {
	body := append([]byte{0, 0, 0xE0, 0xFE, 0, 0, 0, 0}, bytes.Join(structures, nil)...)
	return table(sigMADT, 5, body...)
}

func TestMADTStructures(t *testing.T) {
	for _, tt := range []struct {
		name       string
		structures [][]byte
		want       MADT // LocalAPIC 0 stands for the one of the header
		problem    string
	}{
		{name: "none"},
		{
			name: "processors",
			structures: [][]byte{
				{0, 8, 1, 4, 1, 0, 0, 0},
				{0, 8, 2, 5, 2, 0, 0, 0},
				{0, 8, 3, 6, 0, 0, 0, 0},
				{9, 16, 0, 0, 0x00, 0x01, 0, 0, 1, 0, 0, 0, 0x10, 0x02, 0, 0},
			},
			want: MADT{Processors: []Processor{
				{UID: 1, APICID: 4, Enabled: true}, {UID: 2, APICID: 5, OnlineCapable: true}, {UID: 3, APICID: 6},
				{UID: 0x210, APICID: 0x100, Enabled: true},
			}},
		},
		{
			name: "processor listed as local APIC and as x2APIC",
			structures: [][]byte{
				{0, 8, 1, 4, 1, 0, 0, 0},
				{9, 16, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0},
			},
			want: MADT{Processors: []Processor{{UID: 1, APICID: 4, Enabled: true}}},
		},
		{
			name: "unused structures with the APIC id of a processor",
			structures: [][]byte{
				{0, 8, 9, 4, 0, 0, 0, 0},
				{0, 8, 1, 4, 1, 0, 0, 0},
				{0, 8, 8, 4, 0, 0, 0, 0},
			},
			want: MADT{Processors: []Processor{{UID: 1, APICID: 4, Enabled: true}}},
		},
		{
			name: "processors that are not there",
			structures: [][]byte{
				{0, 8, 1, 0xFF, 0, 0, 0, 0},
				{9, 16, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 1, 0, 0, 0},
			},
		},
		{
			name:       "I/O APICs",
			structures: [][]byte{{1, 12, 8, 0, 0, 0, 0xC0, 0xFE, 0, 0, 0, 0}, {1, 12, 9, 0, 0, 0x10, 0xC0, 0xFE, 24, 0, 0, 0}},
			want:       MADT{IOAPICs: []IOAPIC{{ID: 8, Address: 0xFEC00000}, {ID: 9, Address: 0xFEC01000, GSIBase: 24}}},
		},
		{
			name:       "I/O APIC without address",
			structures: [][]byte{{1, 12, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
			problem:    "I/O APIC 8 has no address",
		},
		{
			name:       "override",
			structures: [][]byte{{2, 10, 0, 9, 20, 0, 0, 0, 0x0F, 0}},
			want:       MADT{Overrides: []Override{{IRQ: 9, GSI: 20, Flags: 0xF}}},
		},
		{
			name:       "override of another bus",
			structures: [][]byte{{2, 10, 1, 9, 20, 0, 0, 0, 0x0F, 0}},
			problem:    "override of interrupt 9 on bus 1",
		},
		{
			name: "NMIs",
			structures: [][]byte{
				{3, 8, 0x0D, 0, 23, 0, 0, 0},
				{4, 6, 0xFF, 5, 0, 1},
				{4, 6, 7, 0, 0, 0},
				{10, 12, 5, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0},
				{10, 12, 0, 0, 0x10, 0x02, 0, 0, 1, 0, 0, 0},
			},
			want: MADT{
				NMISources: []NMISource{{GSI: 23, Flags: 0xD}},
				LocalNMIs: []LocalNMI{
					{All: true, UID: 0xFF, LINT: 1, Flags: 5}, {UID: 7},
					{All: true, UID: 0xFFFFFFFF, LINT: 1, Flags: 5}, {UID: 0x210, LINT: 1},
				},
			},
		},
		{
			name:       "NMI at an input that is not there",
			structures: [][]byte{{4, 6, 0xFF, 0, 0, 2}},
			problem:    "at LINT2",
		},
		{
			name:       "local APIC address override",
			structures: [][]byte{{5, 12, 0, 0, 0, 0, 0xE0, 0xFE, 1, 0, 0, 0}},
			want:       MADT{LocalAPIC: 0x1_FEE00000},
		},
		{
			name:       "unknown types are passed over",
			structures: [][]byte{{0x7F, 5, 1, 2, 3}, {0x80, 2}, {0, 8, 1, 4, 1, 0, 0, 0}},
			want:       MADT{Processors: []Processor{{UID: 1, APICID: 4, Enabled: true}}},
		},
		{
			name:       "short structure is left out",
			structures: [][]byte{{2, 9, 0, 9, 20, 0, 0, 0, 0x0F}, {0, 8, 1, 4, 1, 0, 0, 0}},
			want:       MADT{Processors: []Processor{{UID: 1, APICID: 4, Enabled: true}}},
			problem:    "type 2 structure at offset 44 has 9 bytes, want 10",
		},
		{
			name:       "structure past the end ends the list",
			structures: [][]byte{{0, 8, 1, 4, 1, 0, 0, 0}, {0, 9, 2, 5, 1, 0, 0, 0}},
			want:       MADT{Processors: []Processor{{UID: 1, APICID: 4, Enabled: true}}},
			problem:    "structure at offset 52",
		},
		{
			name:       "structure without length ends the list",
			structures: [][]byte{{0, 0, 2, 5, 1, 0, 0, 0}},
			problem:    "structure at offset 44",
		},
		{
			name:       "structure of one byte ends the list",
			structures: [][]byte{{0x7F, 1}, {0, 8, 1, 4, 1, 0, 0, 0}},
			problem:    "structure at offset 44",
		},
		{
			name:       "one byte left",
			structures: [][]byte{{0}},
			problem:    "structure at offset 44",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p problems
			got := parseMADT(madt(tt.structures...), &p)
			if tt.want.LocalAPIC == 0 {
				tt.want.LocalAPIC = 0xFEE00000
			}
			equal(t, "MADT", got, &tt.want)
			if tt.problem == "" && len(p) != 0 {
				t.Errorf("problems: %q", p)
			} else if tt.problem != "" {
				wantProblem(t, p, tt.problem)
			}
		})
	}
}

func TestMADTTooShortOrTooLong(t *testing.T) {
	var p problems
	if m := parseMADT(madt()[:43], &p); m != nil {
		t.Errorf("43 bytes: %v", m)
	}
	wantProblem(t, p, "MADT: 43 bytes")

	p = nil
	m := parseMADT(madt(bytes.Repeat([]byte{3, 8, 0, 0, 0, 0, 0, 0}, maxMADTItems+1)), &p)
	equal(t, "structures", len(m.NMISources), maxMADTItems)
	wantProblem(t, p, "only the first")
}

func TestGSI(t *testing.T) {
	m := MADT{Overrides: []Override{{IRQ: 0, GSI: 2}, {IRQ: 9, GSI: 20, Flags: 0xF}, {IRQ: 5, GSI: 5, Flags: 0xD}, {IRQ: 7, GSI: 7, Flags: 0xA}}}
	for _, tt := range []struct {
		irq              uint8
		gsi              uint32
		activeLow, level bool
	}{
		{0, 2, false, false},
		{9, 20, true, true},
		{5, 5, false, true},
		{7, 7, false, false}, // reserved values
		{4, 4, false, false}, // no override
	} {
		gsi, low, level := m.GSI(tt.irq)
		if gsi != tt.gsi || low != tt.activeLow || level != tt.level {
			t.Errorf("IRQ %d: GSI %d, active low %v, level %v; want %d, %v, %v", tt.irq, gsi, low, level, tt.gsi, tt.activeLow, tt.level)
		}
	}
}

func TestMADTText(t *testing.T) {
	m := MADT{
		Processors: []Processor{{OnlineCapable: true}, {UID: 1, APICID: 1}},
		NMISources: []NMISource{{GSI: 23, Flags: 0xF}},
		LocalNMIs:  []LocalNMI{{UID: 3, LINT: 1, Flags: 0x5}, {All: true, Flags: 0xA}},
	}
	equal(t, "text", m.String(), `local APIC at 0x0, dual 8259: false
processor: APIC id 0, UID 0, can be enabled later
processor: APIC id 1, UID 1, unusable
NMI: GSI 23, active low, level
NMI: LINT1 of processor UID 3, active high, edge
NMI: LINT0 of all processors, reserved polarity, reserved trigger`)
}
