package acpi

import (
	"reflect"
	"slices"
	"testing"
)

func TestRealMachines(t *testing.T) {
	const activeHighLevel = 0xD
	irq0 := Override{IRQ: 0, GSI: 2}
	qemuOverrides := []Override{irq0, {5, 5, activeHighLevel}, {9, 9, activeHighLevel}, {10, 10, activeHighLevel}, {11, 11, activeHighLevel}}
	qemuNMI := []LocalNMI{{All: true, UID: 0xFF, LINT: 1}}
	port := func(p uint64, width uint8) GenericAddress {
		return GenericAddress{Space: SystemIO, Width: width, Address: p}
	}
	ecam := &MCFG{Segments: []PCISegment{{Base: 0xB0000000, LastBus: 255}}}
	cf9 := Reset{Register: port(0xCF9, 8), Value: 0xF}

	for _, want := range []struct {
		machine    string
		signatures []string
		ioapic     IOAPIC
		overrides  []Override
		nmi        []LocalNMI
		fadtRev    uint8
		pm1Event   GenericAddress
		pm1Control GenericAddress
		pmTimer    GenericAddress
		acpiEnable uint8
		mcfg       *MCFG
		reset      Reset
	}{
		{
			machine:    "qemu-pc",
			signatures: []string{"RSDT", "FACP", "APIC", "HPET", "WAET", "DSDT"},
			ioapic:     IOAPIC{ID: 0, Address: 0xFEC00000, GSIBase: 0},
			overrides:  qemuOverrides, nmi: qemuNMI,
			fadtRev: 1, pm1Event: port(0x600, 32), pm1Control: port(0x604, 16), pmTimer: port(0x608, 32), acpiEnable: 0xF1,
		},
		{
			machine:    "qemu-q35",
			signatures: []string{"RSDT", "FACP", "APIC", "HPET", "MCFG", "WAET", "DSDT"},
			ioapic:     IOAPIC{ID: 0, Address: 0xFEC00000, GSIBase: 0},
			overrides:  qemuOverrides, nmi: qemuNMI,
			fadtRev: 3, pm1Event: port(0x600, 32), pm1Control: port(0x604, 16), pmTimer: port(0x608, 32), acpiEnable: 2,
			mcfg: ecam, reset: cf9,
		},
		{
			machine:    "ovmf-q35",
			signatures: []string{"XSDT", "FACP", "APIC", "HPET", "MCFG", "WAET", "DSDT"},
			ioapic:     IOAPIC{ID: 0, Address: 0xFEC00000, GSIBase: 0},
			overrides:  qemuOverrides, nmi: qemuNMI,
			fadtRev: 3, pm1Event: port(0x600, 32), pm1Control: port(0x604, 16), pmTimer: port(0x608, 32), acpiEnable: 2,
			mcfg: ecam, reset: cf9,
		},
		{
			machine:    "bochs",
			signatures: []string{"RSDT", "FACP", "APIC", "SSDT", "HPET", "DSDT"},
			ioapic:     IOAPIC{ID: 2, Address: 0xFEC00000, GSIBase: 0},
			overrides:  []Override{irq0},
			fadtRev:    1, pm1Event: port(0xB000, 32), pm1Control: port(0xB004, 16), pmTimer: port(0xB008, 32), acpiEnable: 0xF1,
		},
	} {
		t.Run(want.machine, func(t *testing.T) {
			m, rsdp := load(t, want.machine)
			got := mustFind(t, m, rsdp, nil)
			if len(got.Problems) != 0 {
				t.Errorf("problems: %q", got.Problems)
			}
			var signatures []string
			for _, tab := range got.List() {
				signatures = append(signatures, tab.Signature)
				if !tab.ChecksumOK {
					t.Errorf("%v: checksum is not ok", tab)
				}
			}
			equal(t, "tables", signatures, want.signatures)

			cpus := []Processor{{UID: 0, APICID: 0, Enabled: true}, {UID: 1, APICID: 1, Enabled: true}}
			equal(t, "MADT", got.MADT, &MADT{
				LocalAPIC: 0xFEE00000, DualPIC: true, Processors: cpus,
				IOAPICs: []IOAPIC{want.ioapic}, Overrides: want.overrides, LocalNMIs: want.nmi,
			})
			if gsi, low, level := got.MADT.GSI(0); gsi != 2 || low || level {
				t.Errorf("timer: GSI %d, active low %v, level %v; want 2, false, false", gsi, low, level)
			}

			equal(t, "FADT revision", got.FADT.Revision, want.fadtRev)
			equal(t, "SCI", got.FADT.SCI, 9)
			equal(t, "PM1a event", got.FADT.PM1aEvent, want.pm1Event)
			equal(t, "PM1a control", got.FADT.PM1aControl, want.pm1Control)
			equal(t, "PM1b control", got.FADT.PM1bControl, GenericAddress{})
			equal(t, "PM timer", got.FADT.PMTimer, want.pmTimer)
			equal(t, "PM timer has 32 bits", got.FADT.PMTimer32, false)
			equal(t, "8042", got.FADT.Has8042, true)
			equal(t, "hardware-reduced", got.FADT.HardwareReduced, false)

			equal(t, "HPET", got.HPET, &HPET{
				Address: 0xFED00000, Comparators: 3, Counter64: true, LegacyReplacement: true, Vendor: 0x8086,
			})
			equal(t, "MCFG", got.MCFG, want.mcfg)

			off, err := got.PowerOff()
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "power-off", off, PowerOff{
				SMICommand: 0xB2, ACPIEnable: want.acpiEnable,
				Control: []RegisterWrite{{Register: got.FADT.PM1aControl, Size: 2, Mask: 0x3C00, Value: 0x2000}},
			})

			reset, err := got.Reset()
			if (err == nil) != (want.reset != Reset{}) {
				t.Errorf("reset: error %v", err)
			}
			equal(t, "reset", reset, want.reset)
		})
	}
}

// equal fails unless got and want are the same.
func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func TestRSDPFoundInBIOSAreaOfRealMachine(t *testing.T) {
	for _, name := range []string{"qemu-pc", "qemu-q35", "bochs"} {
		m, rsdp := load(t, name)
		got := mustFind(t, m, 0, nil)
		equal(t, name+" RSDP", got.RSDP.Address, rsdp)
	}
}

func TestEveryCorruptByteOfRealTablesIsNoticed(t *testing.T) {
	m, rsdp := load(t, "bochs")
	for addr, b := range m {
		for i := range b {
			good := slices.Clone(b)
			b[i] ^= 0xFF
			got, err := Find(m, rsdp, nil)
			if err == nil && len(got.Problems) == 0 {
				t.Errorf("byte %d of the table at %#x: not noticed", i, addr)
			}
			copy(b, good)
		}
	}
}

func TestTablesPrintOneFactALine(t *testing.T) {
	m, rsdp := load(t, "bochs")
	got := mustFind(t, m, rsdp, nil)
	equal(t, "MADT", got.MADT.String(), `local APIC at 0xfee00000, dual 8259: true
processor: APIC id 0, UID 0, enabled
processor: APIC id 1, UID 1, enabled
I/O APIC: id 2, at 0xfec00000, first GSI 0
ISA IRQ 0 is GSI 2, polarity of the bus, trigger of the bus`)
	equal(t, "FADT", got.FADT.String(), `FADT revision 1.0, DSDT at 0x7ff0100
hardware-reduced: false
SCI: IRQ 9
SMI command port 0xb2: ACPI on 0xf1, off 0xf0
PM1a event block: I/O port 0xb000, 32 bits
PM1b event block: none
PM1a control block: I/O port 0xb004, 16 bits
PM1b control block: none
PM timer: I/O port 0xb008, 32 bits, counts 24 bits
reset register: none, value 0x0, supported: false
sleep control register: none
8042: true, VGA: true, MSI: true`)
	equal(t, "HPET", got.HPET.String(), `HPET 0 at 0xfed00000, vendor 0x8086
3 comparators, 64-bit counter, legacy replacement: true
minimum periodic interval: 0 ticks`)
	equal(t, "table", got.List()[2].String(),
		"APIC 0x0007ff0f80      82 bytes, revision 1, OEM BOCHS  BXPCAPIC 0x1, creator BXPC 0x1, checksum ok")

	m, rsdp = load(t, "ovmf-q35")
	got = mustFind(t, m, rsdp, nil)
	equal(t, "MCFG", got.MCFG.String(), "PCI segment group 0, buses 0-255: configuration space at 0xb0000000")
	equal(t, "RSDP", got.RSDP.String(), `RSDP at 0x777d014, revision 2, OEM "BOCHS", RSDT 0x777c074, XSDT 0x777c0e8`)
}
