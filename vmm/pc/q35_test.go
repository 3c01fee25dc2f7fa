package pc

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/boot/acpi"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

func q35(h *host) Config {
	c := machine(h)
	c.Machine = config.MachineQ35
	c.Disks = []Disk{{Data: make([]byte, 1<<20), Bus: config.BusAHCI}}
	return c
}

// guestMemory is a machine's memory as a kernel reads it: an acpi.Memory.
type guestMemory struct{ *PC }

func (m guestMemory) Bytes(pa uint64, n int) []byte {
	b := make([]byte, n)
	if m.VM.RAM.Read(pa, b) != nil {
		return nil
	}
	return b
}

func TestAQ35IsAsItsTablesSay(t *testing.T) {
	p := build(t, q35(&host{now: 1}))
	tables, err := acpi.Find(guestMemory{p}, tableArea, nil)
	if err != nil || len(tables.Problems) != 0 {
		t.Fatal(err, tables)
	}
	if len(tables.MCFG.Segments) != 1 {
		t.Fatalf("%d PCI segments", len(tables.MCFG.Segments))
	}
	ecam := tables.MCFG.Segments[0].Base
	for at, want := range map[uint64]uint64{0: 0x29c08086, 31 << 15: 0x29188086, 31<<15 | 2<<12: 0x29228086, 1 << 15: 0xffffffff} {
		if got := p.VM.Memory.Read(ecam+at, 4); got != want {
			t.Errorf("the function at %#x is %#x, want %#x", at, got, want)
		}
	}
	timer := uint16(tables.FADT.PMTimer.Address)
	for port, want := range map[uint16]string{timer: "power management", pmPort + 0x7f: "power management", 0x1f0: "", 0xcf9: "PCI"} {
		if got := p.VM.Ports.Name(port); got != want {
			t.Errorf("port %#x: %q, want %q", port, got, want)
		}
	}
	if got := p.VM.Memory.Name(firmwareRCBA); got != "chipset configuration" {
		t.Errorf("%q is where the chipset configuration registers are", got)
	}
}

func TestAQ35ComesBackFromASaveAndAReset(t *testing.T) {
	p, fresh := build(t, q35(&host{now: 1})), build(t, q35(&host{now: 1}))
	untouched := devicetest.Save(fresh)
	disturb(p)
	p.configure(ich9Device, regPMBase, 0x701)
	p.configure(0, regPCIEXBAR, 0xb0000000|barEnable)
	devicetest.Survives(t, p, fresh)
	if a, b := fresh.VM.Ports.Name(0x600), fresh.VM.Ports.Name(0x700); a != "" || b != "power management" {
		t.Errorf("after a load %q is at port 0x600 and %q at 0x700", a, b)
	}
	fresh.Reset()
	if a := fresh.VM.Ports.Name(0x600); a != "power management" || fresh.VM.Memory.Name(0xb0000000) != "" {
		t.Errorf("after a reset %q is at port 0x600", a)
	}
	if len(untouched) != len(devicetest.Save(fresh)) {
		t.Error("the state has another length after a reset")
	}
}

func TestWhatAQ35HasNot(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"IDE":             {func(c *Config) { c.Disks[0].Bus = config.BusIDE }, `no room at "ide"`},
		"no such machine": {func(c *Config) { c.Machine = "q36" }, `no machine "q36"`},
		"much memory": {func(c *Config) { c.Firmware, c.Memory = &Firmware{}, 3<<30 },
			"3072 MiB; SeaBIOS has PCI Express configuration space at 2816 MiB"},
	} {
		c := q35(&host{now: 1})
		tt.change(&c)
		if p, err := New(c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
			if err == nil {
				p.VM.Close()
			}
		}
	}
}

func TestFirmwareKnowsTheDisksByWhereTheyAre(t *testing.T) {
	disks := []Disk{{Bus: config.BusAHCI}, {Bus: config.BusFloppy}, {Bus: config.BusAHCI}}
	for m, want := range map[config.Machine][]string{
		config.MachinePC:  {"/pci@i0cf8/pci8086,2922@3/drive@0/disk@0", "/pci@i0cf8/isa@1/fdc@03f0/floppy@0", "/pci@i0cf8/pci8086,2922@3/drive@1/disk@0"},
		config.MachineQ35: {"/pci@i0cf8/pci8086,2922@1f,2/drive@0/disk@0", "/pci@i0cf8/isa@1f/fdc@03f0/floppy@0", "/pci@i0cf8/pci8086,2922@1f,2/drive@1/disk@0"},
	} {
		if got := DiskPaths(m, disks); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", m, got, want)
		}
	}
}

func TestADiskThatIsWrittenKeepsIt(t *testing.T) {
	for name, tt := range map[string]struct {
		disk Disk
		want bool
	}{"overlay": {Disk{}, false}, "write": {Disk{Write: true}, true}} {
		c := q35(&host{now: 1})
		c.Disks[0].Write = tt.disk.Write
		backend, err := c.Disks[0].backend()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := backend.WriteAt([]byte{1}, 0); err != nil {
			t.Fatal(err)
		}
		if got := c.Disks[0].Data[0] == 1; got != tt.want {
			t.Errorf("%s: the file is changed: %v", name, got)
		}
	}
}
