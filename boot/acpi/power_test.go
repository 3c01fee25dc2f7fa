package acpi

import (
	"strings"
	"testing"
)

func TestPowerOff(t *testing.T) {
	dsdt := Table{Signature: sigDSDT, ChecksumOK: true, Data: table(sigDSDT, 1, s5(0x12, 6, 2, 0x0A, 5, 0x0A, 6)...)}
	a := GenericAddress{Space: SystemIO, Width: 16, Address: 0x404}
	b := GenericAddress{Space: SystemIO, Width: 16, Address: 0x408}
	sleep := GenericAddress{Space: SystemMemory, Width: 8, Address: 0xFED00010}

	for _, tt := range []struct {
		name string
		fadt *FADT
		list []Table
		want PowerOff
		err  string
	}{
		{
			name: "one control block",
			fadt: &FADT{PM1aControl: a, SMICommand: 0xB2, ACPIEnable: 0xA0}, list: []Table{dsdt},
			want: PowerOff{SMICommand: 0xB2, ACPIEnable: 0xA0, Control: []RegisterWrite{{a, 2, 0x3C00, 5<<10 | 1<<13}}},
		},
		{
			name: "two control blocks",
			fadt: &FADT{PM1aControl: a, PM1bControl: b}, list: []Table{dsdt},
			want: PowerOff{Control: []RegisterWrite{{a, 2, 0x3C00, 5<<10 | 1<<13}, {b, 2, 0x3C00, 6<<10 | 1<<13}}},
		},
		{
			name: "hardware-reduced",
			fadt: &FADT{HardwareReduced: true, SleepControl: sleep, PM1aControl: a, SMICommand: 0xB2}, list: []Table{dsdt},
			want: PowerOff{Control: []RegisterWrite{{sleep, 1, 0x3C, 5<<2 | 1<<5}}},
		},
		{name: "no FADT", list: []Table{dsdt}, err: "no FADT"},
		{name: "no DSDT", fadt: &FADT{PM1aControl: a}, err: "no \\_S5 package"},
		{name: "no control block", fadt: &FADT{PM1bControl: b}, list: []Table{dsdt}, err: "no PM1a control block"},
		{name: "hardware-reduced without register", fadt: &FADT{HardwareReduced: true, PM1aControl: a}, list: []Table{dsdt}, err: "sleep control register: none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := (&Tables{FADT: tt.fadt, list: tt.list}).PowerOff()
			wantError(t, err, tt.err)
			equal(t, "power-off", got, tt.want)
		})
	}
}

func TestRegisterWriteText(t *testing.T) {
	w := RegisterWrite{GenericAddress{Space: SystemIO, Address: 0x604}, 2, 0x3C00, 0x2000}
	equal(t, "text", w.String(), "I/O port 0x604: bits 0x3c00 = 0x2000, 2-byte access")
}

func TestReset(t *testing.T) {
	port := GenericAddress{Space: SystemIO, Width: 8, Address: 0xCF9}
	pci := GenericAddress{Space: PCIConfig, Width: 8, Address: 0x1F_0000_00AC}
	for _, tt := range []struct {
		name string
		fadt *FADT
		want Reset
		err  string
	}{
		{name: "port", fadt: &FADT{ResetSupported: true, ResetRegister: port, ResetValue: 6}, want: Reset{port, 6}},
		{name: "PCI configuration", fadt: &FADT{ResetSupported: true, ResetRegister: pci, ResetValue: 1}, want: Reset{pci, 1}},
		{name: "no FADT", err: "no FADT"},
		{name: "flag clear", fadt: &FADT{ResetRegister: port}, err: "not supported"},
		{name: "no register", fadt: &FADT{ResetSupported: true}, err: "reset register: none"},
		{name: "no PCI register", fadt: &FADT{ResetSupported: true, ResetRegister: GenericAddress{Space: PCIConfig}}, err: "reset register: none"},
		{name: "beyond the port space", fadt: &FADT{ResetSupported: true, ResetRegister: GenericAddress{Space: SystemIO, Address: 1 << 16}}, err: "reset register: I/O port 0x10000"},
		{name: "space we cannot reach", fadt: &FADT{ResetSupported: true, ResetRegister: GenericAddress{Space: 0x7F, Address: 1}}, err: "address space 0x7f"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := (&Tables{FADT: tt.fadt}).Reset()
			wantError(t, err, tt.err)
			equal(t, "reset", got, tt.want)
		})
	}
}

// wantError fails unless err contains text, or is nil when text is empty.
func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if text == "" && err != nil {
		t.Fatal(err)
	}
	if text != "" && (err == nil || !strings.Contains(err.Error(), text)) {
		t.Fatalf("error %v, want %q", err, text)
	}
}
