package acpi

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// s5 is AML code that names \_S5, followed by code that defines its value.
func s5(value ...byte) []byte { return append([]byte{0x08, '_', 'S', '5', '_'}, value...) }

func TestS5Encodings(t *testing.T) {
	long := func(lead byte, more ...byte) []byte {
		n := 1 + len(more)
		b := append([]byte{0x12, lead}, more...)
		return append(b, append([]byte{4, 0x0A, 5, 0x0A, 6}, make([]byte, 0x12345-n-5)...)...)
	}
	// A package of 0x12345 bytes, its length included.
	three := s5(long(0x85, 0x34, 0x12)...)
	four := s5(long(0xC5, 0x34, 0x12, 0x00)...)
	two := s5(append([]byte{0x12, 0x4A, 0x00, 4, 0x0A, 5, 0x0A, 6}, make([]byte, 3)...)...)

	for _, tt := range []struct {
		name string
		aml  []byte
		want SleepType
		err  string
	}{
		{name: "ByteConst", aml: s5(0x12, 7, 4, 0x0A, 5, 0x0A, 6, 0), want: SleepType{5, 6}},
		{name: "WordConst", aml: s5(0x12, 8, 4, 0x0B, 5, 0, 0x0B, 6, 0), want: SleepType{5, 6}},
		{name: "DWordConst", aml: s5(0x12, 12, 2, 0x0C, 5, 0, 0, 0, 0x0C, 6, 0, 0, 0), want: SleepType{5, 6}},
		{name: "QWordConst", aml: s5(0x12, 20, 2, 0x0E, 5, 0, 0, 0, 0, 0, 0, 0, 0x0E, 6, 0, 0, 0, 0, 0, 0, 0), want: SleepType{5, 6}},
		{name: "Zero and One", aml: s5(0x12, 6, 4, 0, 1, 0, 0), want: SleepType{0, 1}},
		{name: "one packed integer", aml: s5(0x12, 5, 1, 0x0B, 5, 6), want: SleepType{5, 6}},
		{name: "root prefix", aml: append([]byte{0x08, '\\', '_', 'S', '5', '_'}, 0x12, 6, 2, 0x0A, 7, 0x0A, 7), want: SleepType{7, 7}},
		{name: "two-byte package length", aml: two, want: SleepType{5, 6}},
		{name: "three-byte package length", aml: three, want: SleepType{5, 6}},
		{name: "four-byte package length", aml: four, want: SleepType{5, 6}},
		{name: "mentioned before it is defined", aml: append([]byte("x_S5_\x12\x04\x02\x01\x01"), s5(0x12, 4, 2, 0, 1)...), want: SleepType{0, 1}},
		{name: "wrong before right", aml: append(s5(0x11), s5(0x12, 4, 2, 0, 1)...), want: SleepType{0, 1}},

		{name: "empty code", err: "no \\_S5 package"},
		{name: "not named", aml: []byte("_S5_\x12\x04\x02\x00\x01"), err: "no \\_S5 package"},
		{name: "ends after the name", aml: s5(), err: "not a package"},
		{name: "not a package", aml: s5(0x0A, 5), err: "not a package"},
		{name: "ends after PackageOp", aml: s5(0x12), err: "ends before the package length"},
		{name: "ends in the package length", aml: s5(0x12, 0xC0, 0), err: "ends in the package length"},
		{name: "package of no bytes", aml: s5(0x12, 1, 0, 0), err: "package length 1"},
		{name: "package past the end", aml: s5(0x12, 5, 2, 0, 1), err: "package length 5"},
		{name: "package of 256 MiB", aml: s5(0x12, 0xCF, 0xFF, 0xFF, 0xFF), err: "package length 268435455"},
		{name: "no elements", aml: s5(0x12, 2, 0), err: "empty"},
		{name: "fewer elements than counted", aml: s5(0x12, 3, 4, 0), err: "element 1 is not an integer constant"},
		{name: "constant cut by the package's end", aml: s5(0x12, 4, 2, 0, 0x0A, 5), err: "element 1 is not an integer constant"},
		{name: "a name instead of a value", aml: s5(0x12, 10, 2, 'S', 'L', 'P', 'A', 'S', 'L', 'P', 'B'), err: "element 0 is not an integer constant"},
		{name: "Ones", aml: s5(0x12, 4, 2, 0xFF, 0), err: "want at most 7"},
		{name: "second type too large", aml: s5(0x12, 5, 2, 0, 0x0A, 8), err: "want at most 7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := findS5(tt.aml)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got %v, error %v, want error %q", got, err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "sleep type", got, tt.want)
		})
	}
}

func TestS5Tables(t *testing.T) {
	ssdt := table(sigSSDT, 1, s5(0x12, 6, 2, 0x0A, 5, 0x0A, 6)...)
	other := table("TEST", 1, s5(0x12, 4, 2, 1, 1)...)
	bad := slices.Clone(ssdt)
	bad[headerOEMID]++
	broken := table(sigSSDT, 1, s5(0x12)...)

	for _, tt := range []struct {
		name  string
		table []byte
		want  SleepType
		err   string
	}{
		{"SSDT", ssdt, SleepType{5, 6}, ""},
		{"table that holds no AML", other, SleepType{}, "no \\_S5 package"},
		{"SSDT with a bad checksum", bad, SleepType{}, "no \\_S5 package"},
		{"broken package", broken, SleepType{}, "SSDT at 0x120000: \\_S5: the table ends before the package length"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := memory{xsdtAt: xsdt(oneAt), oneAt: tt.table}
			got, err := mustFind(t, m, 0, pointer(0, xsdtAt)).S5()
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got %v, error %v, want error %q", got, err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "sleep type", got, tt.want)
		})
	}
}

func TestS5SearchIsLimited(t *testing.T) {
	good := s5(0x12, 4, 2, 1, 1)
	aml := append(bytes.Repeat(s5(0x12), maxS5Packages-1), good...)
	if _, err := findS5(aml); err != nil {
		t.Errorf("after %d broken packages: %v", maxS5Packages-1, err)
	}
	aml = append(bytes.Repeat(s5(0x12), maxS5Packages), good...)
	if _, err := findS5(aml); err == nil {
		t.Errorf("after %d broken packages: no error", maxS5Packages)
	}
}
