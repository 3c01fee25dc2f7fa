package pci

import (
	"slices"
	"strings"
	"testing"
)

// bridge adds a bridge to buses first to last.
func (s *fakeSpace) bridge(a Address, first, last uint32) *function {
	f := s.add(a, 0x1b36, 0x000c, 0x060400, headerBridge)
	f.reg[regBuses/4] = last<<16 | first<<8 | uint32(a.Bus)
	return f
}

func addresses(devices []*Device) (all []string) {
	for _, d := range devices {
		all = append(all, d.Address.String())
	}
	return all
}

func TestScanFindsFunctionsBehindBridgesAndOnOtherRoots(t *testing.T) {
	s := newSpace(t)
	s.add(at(0, 0), 0x8086, 0x29c0, 0x060000, 0)
	s.add(at(0, 1), 0x8086, 0x0001, 0, 0) // not looked at: 0.0 is no multi-function device
	s.add(at(31, 0), 0x8086, 0x2918, 0x060100, headerMulti)
	s.add(at(31, 7), 0x8086, 0x2922, 0x010601, headerMulti)
	s.bridge(at(2, 0), 1, 3)
	s.bridge(Address{Bus: 1, Device: 4}, 3, 3)
	s.add(Address{Bus: 3, Device: 9}, 0x1af4, 0x1041, 0x020000, 0)
	s.bridge(at(3, 0), 0, 0) // not set up
	s.add(Address{Bus: 0x80}, 0x1022, 0x1480, 0x060000, 0)
	devices, problems := Scan(s, 0, 0, 255)
	want := []string{"00:00.0", "00:02.0", "00:03.0", "00:1f.0", "00:1f.7", "01:04.0", "03:09.0", "80:00.0"}
	if got := addresses(devices); !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	if problems != nil {
		t.Errorf("problems %v", problems)
	}
}

func TestScanKeepsToItsBuses(t *testing.T) {
	s := newSpace(t)
	for bus := range uint8(8) {
		s.add(Address{Bus: bus}, 0x8086, 1, 0, 0)
	}
	s.bridge(Address{Bus: 3, Device: 1}, 6, 6)
	s.bridge(Address{Bus: 3, Device: 2}, 1, 2)
	devices, problems := Scan(s, 0, 2, 4)
	want := []string{"02:00.0", "03:00.0", "03:01.0", "03:02.0", "04:00.0"}
	if got := addresses(devices); !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	if len(problems) != 2 || !strings.Contains(problems[0].Error(), "bus 6, which is not among 2 to 4") {
		t.Errorf("problems %v", problems)
	}
}

func TestBridgesThatLeadNowhereEndTheirBranchOnly(t *testing.T) {
	for _, c := range []struct {
		name        string
		first, last uint32
		says        string
	}{
		{"to itself", 1, 1, "already reached"},
		{"to an earlier bus", 2, 2, ""},
		{"backwards", 5, 4, "the last bus behind it is 4"},
		{"all ones", 255, 255, ""},
	} {
		s := newSpace(t)
		s.bridge(at(0, 0), 1, 255)
		s.bridge(Address{Bus: 1}, 2, 2)
		s.bridge(Address{Bus: 2}, 1, 1) // a loop
		s.bridge(Address{Bus: 1, Device: 1}, c.first, c.last)
		s.add(Address{Bus: 1, Device: 2}, 0x8086, 1, 0, 0)
		devices, problems := Scan(s, 0, 0, 255)
		if len(devices) != 5 {
			t.Errorf("%s: found %v", c.name, addresses(devices))
		}
		text := ""
		for _, p := range problems {
			text += p.Error() + "\n"
		}
		if !strings.Contains(text, "pci 02:00.0: bridge to bus 1, which was already reached another way") || !strings.Contains(text, c.says) {
			t.Errorf("%s: problems\n%s", c.name, text)
		}
	}
}

func TestHeaderJunkIsListedAndReported(t *testing.T) {
	s := newSpace(t)
	f := s.add(at(1, 0), 0x1234, 0x5678, 0xffffff, 0x55)
	f.bar(0, 0xe0000000, 0xf0000000)
	devices, problems := Scan(s, 0, 0, 255)
	if len(devices) != 1 || len(devices[0].BARs) != 0 {
		t.Errorf("devices %v", devices)
	}
	if len(problems) != 1 || problems[0].Error() != "pci 00:01.0: header type 0x55 is none" {
		t.Errorf("problems %v", problems)
	}
}

func TestSpaceThatAnswersEverywhereIsCutOff(t *testing.T) {
	devices, problems := Scan(everywhere{}, 0, 0, 255)
	if len(devices) != maxFunctions {
		t.Errorf("%d functions, want %d", len(devices), maxFunctions)
	}
	if len(problems) != 1 || !strings.Contains(problems[0].Error(), "more than 4096 functions") {
		t.Errorf("%d problems, the first %v", len(problems), problems[:1])
	}
}

// everywhere is a space with the same multi-function device at every address.
type everywhere struct{}

func (everywhere) Read32(_ Address, off uint16) uint32 {
	switch off {
	case regID:
		return 0x1111_1234
	case regHeader:
		return headerMulti << 16
	}
	return 0
}
func (everywhere) Write32(Address, uint16, uint32) {}

func TestSetCommandChangesNothingElse(t *testing.T) {
	s := newSpace(t)
	f := s.add(at(1, 0), 0x8086, 1, 0, 0)
	d := scanOne(t, s)
	d.SetCommand(CommandBusMaster|CommandNoINTx, CommandIO)
	if got := f.reg[1]; got != 0x0010_0000|CommandMemory|CommandBusMaster|CommandNoINTx {
		t.Errorf("command and status %#x", got)
	}
}

func TestDeviceInALine(t *testing.T) {
	s := newSpace(t)
	f := s.add(at(31, 2), 0x8086, 0x2922, 0x010601, 0)
	s.add(at(31, 0), 0x8086, 0x2918, 0x060100, headerMulti)
	f.bar(4, 0xc081, 0xffe0)
	f.bar(5, 0xfebd5000, 0xfffff000)
	f.reg[regCapabilities/4] = 0x80
	f.reg[0x80/4] = 0xa805
	f.reg[0xa8/4] = 0x5012
	f.reg[0x50/4] = 0x0012 // a second of the same kind
	f.reg[regInterrupt/4] = 0x010a
	devices, problems := Scan(s, 0, 0, 255)
	if len(devices) != 2 || problems != nil {
		t.Fatalf("devices %v, problems %v", devices, problems)
	}
	want := "00:1f.2 8086:2922 AHCI SATA, Intel ICH9 AHCI, BAR4 I/O 0xc080 32 B, BAR5 mem 0xfebd5000 4 KiB, INTA IRQ 10, MSI, SATA"
	if got := devices[1].String(); got != want {
		t.Errorf("line\n%s, want\n%s", got, want)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		class, subclass, progIF uint8
		want                    string
	}{
		{1, 8, 2, "NVMe"}, {0xc, 3, 0x30, "xHCI USB"}, {2, 0, 0, "Ethernet"}, {6, 4, 1, "PCI bridge"},
		{4, 0x77, 0, "multimedia (subclass 0x77)"}, {0x77, 0, 0, "class 0x77"},
	} {
		if got := ClassName(c.class, c.subclass, c.progIF); got != c.want {
			t.Errorf("class %#x %#x %#x is %q, want %q", c.class, c.subclass, c.progIF, got, c.want)
		}
	}
	if got := deviceName(0x8086, 0xffff); got != "Intel" {
		t.Errorf("an unknown device of Intel is %q", got)
	}
	if got := deviceName(0x1af4, 0x1042); got != "virtio block" {
		t.Errorf("virtio block is %q", got)
	}
	if got := (Address{Segment: 2, Bus: 0xab, Device: 31, Function: 7}).String(); got != "0002:ab:1f.7" {
		t.Errorf("address %q", got)
	}
}
