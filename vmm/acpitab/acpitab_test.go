package acpitab

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/boot/acpi"
	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// memory is a blob of tables at a guest-physical address: acpi.Memory.
type memory struct {
	at uint64
	b  []byte
}

func (m memory) Bytes(pa uint64, n int) []byte {
	if pa < m.at || pa-m.at > uint64(len(m.b)) || uint64(n) > uint64(len(m.b))-(pa-m.at) {
		return nil
	}
	return m.b[pa-m.at:][:n]
}

// full is a machine that has everything.
func full() Config {
	return Config{
		Processors:   3,
		IOAPICID:     7,
		PM1Event:     0x600,
		PM1Control:   0x604,
		PMTimer:      0x608,
		PMTimer32:    true,
		PowerButton:  true,
		SCIActiveLow: true,
		SoftOff:      5,
		ResetPort:    0xcf9,
		ResetValue:   6,
		Serials:      []Serial{{1, 0x3f8, 4}, {4, 0x2e8, 3}},
		I8042:        true,
		VGA:          true,
		HPET:         0x8086a201,
		PCI:          &PCI{Routes: [4]uint8{10, 11, 10, 5}, ECAM: 0xe0000000},
		GPE:          0x620,
		GPELength:    16,
	}
}

// small is a machine that has no more than it must.
func small() Config {
	return Config{Processors: 1, PM1Event: 0x600, PM1Control: 0x604, PMTimer: 0x608}
}

// find builds the tables of a machine and reads them as a kernel does.
func find(t *testing.T, c Config) *acpi.Tables {
	t.Helper()
	b, err := Build(c, memmap.ACPITables)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := acpi.Find(memory{memmap.ACPITables, b}, memmap.ACPITables, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range tables.Problems {
		t.Error(p)
	}
	return tables
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestAKernelReadsWhatTheMachineHas(t *testing.T) {
	tables := find(t, full())
	equal(t, "RSDP revision", tables.RSDP.Revision, 2)

	m := tables.MADT
	equal(t, "local APIC", m.LocalAPIC, 0xfee00000)
	equal(t, "8259s", m.DualPIC, true)
	equal(t, "processors", len(m.Processors), 3)
	for i, p := range m.Processors {
		equal(t, "processor", p, acpi.Processor{UID: uint32(i), APICID: uint32(i), Enabled: true})
	}
	equal(t, "I/O APICs", len(m.IOAPICs), 1)
	equal(t, "I/O APIC", m.IOAPICs[0], acpi.IOAPIC{ID: 7, Address: 0xfec00000})
	gsi, low, level := m.GSI(0)
	equal(t, "timer", fmt.Sprint(gsi, low, level), "2 false false")
	gsi, low, level = m.GSI(9)
	equal(t, "SCI", fmt.Sprint(gsi, low, level), "9 true true")
	gsi, low, level = m.GSI(4)
	equal(t, "another ISA interrupt", fmt.Sprint(gsi, low, level), "4 false false")
	equal(t, "NMI", m.LocalNMIs[0], acpi.LocalNMI{All: true, UID: 0xff, LINT: 1})

	f := tables.FADT
	equal(t, "SCI", f.SCI, 9)
	equal(t, "SMI command port", f.SMICommand, 0)
	equal(t, "PM1a event block", f.PM1aEvent, acpi.GenericAddress{Space: acpi.SystemIO, Width: 32, AccessSize: 2, Address: 0x600})
	equal(t, "PM1a control block", f.PM1aControl, acpi.GenericAddress{Space: acpi.SystemIO, Width: 16, AccessSize: 2, Address: 0x604})
	equal(t, "PM timer", f.PMTimer, acpi.GenericAddress{Space: acpi.SystemIO, Width: 32, AccessSize: 3, Address: 0x608})
	equal(t, "PM timer of 32 bits", f.PMTimer32, true)
	equal(t, "hardware-reduced", f.HardwareReduced, false)
	equal(t, "8042", f.Has8042, true)
	equal(t, "no VGA", f.NoVGA, false)

	h := *tables.HPET
	equal(t, "HPET", h, acpi.HPET{Address: 0xfed00000, MinTick: 128, Comparators: 3, Counter64: true, LegacyReplacement: true, Vendor: 0x8086})
	equal(t, "PCI segments", len(tables.MCFG.Segments), 1)
	equal(t, "PCI segment", tables.MCFG.Segments[0], acpi.PCISegment{Base: 0xe0000000, LastBus: 255})

	off, err := tables.PowerOff()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "power-off", off.Control[0], acpi.RegisterWrite{Register: f.PM1aControl, Size: 2, Mask: 7<<10 | 1<<13, Value: 5<<10 | 1<<13})
	reset, err := tables.Reset()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "reset", reset, acpi.Reset{Register: acpi.GenericAddress{Space: acpi.SystemIO, Width: 8, AccessSize: 1, Address: 0xcf9}, Value: 6})
}

func TestASmallMachineHasNoMoreThanItHas(t *testing.T) {
	tables := find(t, small())
	if tables.HPET != nil || tables.MCFG != nil {
		t.Errorf("HPET %v, MCFG %v", tables.HPET, tables.MCFG)
	}
	if _, err := tables.Reset(); err == nil {
		t.Error("there is a reset register")
	}
	f := tables.FADT
	equal(t, "8042", f.Has8042, false)
	equal(t, "no VGA", f.NoVGA, true)
	equal(t, "PM timer of 32 bits", f.PMTimer32, false)
	_, low, level := tables.MADT.GSI(SCI)
	equal(t, "SCI", fmt.Sprint(low, level), "false true")
	equal(t, "processors", len(tables.MADT.Processors), 1)
	off, err := tables.PowerOff()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "power-off", off.Control[0].Value, 1<<13)
}

// one is the bytes of one of a machine's tables.
func one(t *testing.T, c Config, signature string) []byte {
	t.Helper()
	for _, tab := range find(t, c).List() {
		if tab.Signature == signature {
			return tab.Data
		}
	}
	t.Fatalf("no %s", signature)
	return nil
}

func TestFlagsOfTheFADT(t *testing.T) {
	const always = flagWBINVD | flagC1 | flagNoSleepButton | flagNoRTCWake
	for name, tt := range map[string]struct {
		c    Config
		want uint32
	}{
		"full":  {full(), always | flagTimer32 | flagReset},
		"small": {small(), always | flagNoPowerButton},
	} {
		b := one(t, tt.c, "FACP")
		equal(t, name, le.Uint32(b[fadtFlags:]), tt.want)
		equal(t, "length", len(b), 276)
		equal(t, "hypervisor", string(b[268:]), "RINGO\x00\x00\x00")
	}
}

func TestTheFACSHasItsVersion(t *testing.T) {
	b, err := Build(small(), memmap.ACPITables)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte("FACS"))
	if at < 0 || at%64 != 0 || le.Uint32(b[at+4:]) != 64 || b[at+32] != 2 {
		t.Errorf("FACS at %d: % x", at, b[max(at, 0):][:36])
	}
}

func TestDSDTDescribesTheDevicesThatAreThere(t *testing.T) {
	com1 := []byte("COM1\x08_HID\x0c\x41\xd0\x05\x01\x08_UID\x01\x08_CRS\x11\x11\x0a\x0e\x47\x01\xf8\x03\xf8\x03\x01\x08\x23\x10\x00\x01\x79\x00")
	com4 := []byte("COM4\x08_HID\x0c\x41\xd0\x05\x01\x08_UID\x0a\x04\x08_CRS\x11\x11\x0a\x0e\x47\x01\xe8\x02\xe8\x02\x01\x08\x23\x08\x00\x01\x79\x00")
	keyboard := []byte("KBD_\x08_HID\x0c\x41\xd0\x03\x03")
	pci := []byte("PCI0\x08_HID\x0c\x41\xd0\x0a\x08")
	processor := []byte("C002\x08_HID\x0dACPI0007\x00\x08_UID\x0a\x02")
	vga := []byte{0x00, 0x00, 0x0a, 0x00, 0xff, 0xff, 0x0b, 0x00} // a0000-bffff
	memory := []byte{0x00, 0x00, 0x00, 0xc0, 0xff, 0xff, 0xff, 0xdf}
	for what, code := range map[string][]byte{"COM1": com1, "COM4": com4, "keyboard": keyboard, "PCI": pci, "third processor": processor, "VGA": vga, "PCI memory": memory} {
		if !bytes.Contains(one(t, full(), "DSDT"), code) {
			t.Errorf("%s is missing", what)
		}
		if bytes.Contains(one(t, small(), "DSDT"), code) {
			t.Errorf("a small machine has %s", what)
		}
	}
	if rtc := []byte("RTC_\x08_HID\x0c\x41\xd0\x0b\x00"); !bytes.Contains(one(t, small(), "DSDT"), rtc) {
		t.Error("the RTC is missing")
	}
}

func TestEveryPinIsRoutedAsTheHostWiresIt(t *testing.T) {
	b := one(t, full(), "DSDT")
	for _, tt := range []struct {
		dev, pin uint8 // pin 0 is INTA#
		irq      byte
	}{
		{2, 0, 11}, {2, 3, 10}, {3, 0, 10}, {4, 0, 5}, {4, 1, 10}, {31, 0, 10}, {31, 3, 11}, {1, 0, 10},
	} {
		pin := []byte{0x0a, tt.pin}
		if tt.pin < 2 {
			pin = []byte{tt.pin}
		}
		entry := slices.Concat([]byte{0x0c, 0xff, 0xff, tt.dev, 0}, pin, []byte{0x00, 0x0a, tt.irq})
		if !bytes.Contains(b, entry) {
			t.Errorf("device %d, pin %d is not routed to %d", tt.dev, tt.pin, tt.irq)
		}
	}
}

func TestTablesAreAlignedAndFitTheirArea(t *testing.T) {
	c := full()
	c.Processors = 255
	b, err := Build(c, memmap.ACPITables)
	if err != nil {
		t.Fatal(err)
	}
	if limit := memmap.BIOS - memmap.ACPITables; len(b) > limit {
		t.Errorf("%d bytes of tables for the largest machine, %d have room", len(b), limit)
	}
	at := bytes.Index(b, []byte("FACS"))
	if at < 0 || at%64 != 0 {
		t.Errorf("FACS at %#x, want a multiple of 64", at)
	}
	equal(t, "pointer to the FACS", int(le.Uint32(one(t, c, "FACP")[fadtFACS:])), memmap.ACPITables+at)
	equal(t, "processors", len(find(t, c).MADT.Processors), 255)
}

func TestImpossibleMachinesAreErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		at     uint64
		want   string
	}{
		"no processor":    {func(c *Config) { c.Processors = 0 }, 0, "0 processors, want 1 to 255"},
		"many processors": {func(c *Config) { c.Processors = 256 }, 0, "256 processors"},
		"no PM timer":     {func(c *Config) { c.PMTimer = 0 }, 0, "0x600, 0x604 and 0x0"},
		"sleep type":      {func(c *Config) { c.SoftOff = 8 }, 0, "sleep type 8"},
		"route":           {func(c *Config) { c.PCI.Routes[2] = 16 }, 0, "PIRQC# is routed to interrupt 16"},
		"ECAM":            {func(c *Config) { c.PCI.ECAM = 0xb8000000 }, 0, "configuration space at 0xb8000000"},
		"virtio":          {func(c *Config) { c.Virtio = []Window{{Address: 1<<32 - 1, Size: 2}} }, 0, "virtio device 0: 0x2 bytes at 0xffffffff"},
		"serial port":     {func(c *Config) { c.Serials[1].Number = 10 }, 0, "COM10 with interrupt 3, want COM1 to COM9"},
		"its interrupt":   {func(c *Config) { c.Serials[0].IRQ = 16 }, 0, "COM1 with interrupt 16"},
		"not aligned":     {func(*Config) {}, 0xe0010, "tables at 0xe0010"},
		"above 4 GiB":     {func(*Config) {}, 1 << 32, "below 4 GiB"},
		"over 4 GiB":      {func(*Config) {}, 1<<32 - 64, "end beyond 4 GiB"},
	} {
		c := full()
		tt.change(&c)
		if _, err := Build(c, tt.at); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// A Q35's pins are wired otherwise, and its bridge is one of PCI Express.
func TestAQ35sBridge(t *testing.T) {
	c := full()
	c.PCI.Chipset = pcihost.Q35
	b := one(t, c, "DSDT")
	for what, code := range map[string][]byte{
		"INTA# of device 4 on PIRQE#":  {0x0c, 0xff, 0xff, 4, 0, 0x00, 0x00, 0x0a, 10},
		"INTB# of device 31 on PIRQB#": {0x0c, 0xff, 0xff, 31, 0, 0x01, 0x00, 0x0a, 11},
		"the compatible id":            []byte("_CID\x0c\x41\xd0\x0a\x03"),
		"what it grants":               []byte("CDW3\x0a\x10\x60"),
	} {
		if !bytes.Contains(b, code) {
			t.Errorf("%s is missing", what)
		}
	}
	f := one(t, c, "FACP")
	if le.Uint32(f[fadtGPE0:]) != 0x620 || f[fadtGPE0Len] != 16 || le.Uint64(f[fadtXGPE0+4:]) != 0x620 {
		t.Errorf("general-purpose events %x, %d bytes", f[fadtGPE0:][:4], f[fadtGPE0Len])
	}
	c.PCI.ECAM = 0
	for _, gone := range []string{"_OSC", "_CID"} {
		if bytes.Contains(one(t, c, "DSDT"), []byte(gone)) {
			t.Errorf("a bridge without configuration space in memory has %s", gone)
		}
	}
}

func TestVirtioDevicesAreDescribed(t *testing.T) {
	c := small()
	c.Virtio = []Window{{0xfec10000, 0x200, 16}, {0xfec11000, 0x200, 17}}
	second := []byte("V001\x08_HID\x0dLNRO0005\x00\x08_UID\x01\x08_CCA\x01\x08_CRS\x11\x1a\x0a\x17\x86\x09\x00\x01\x00\x10\xc1\xfe\x00\x02\x00\x00\x89\x06\x00\x09\x01\x11\x00\x00\x00\x79\x00")
	if !bytes.Contains(one(t, c, "DSDT"), second) {
		t.Error("the second is missing")
	}
}
