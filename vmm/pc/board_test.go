package pc

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

func TestDevicesAreWherePCsHaveThem(t *testing.T) {
	p := build(t, machine(&host{}))
	for port, want := range map[uint16]string{
		0x20: "PIC", 0x21: "PIC", 0xa1: "PIC", 0x4d0: "PIC", 0x40: "PIT", 0x43: "PIT", 0x61: "port 61h", 0x70: "RTC", 0x71: "RTC",
		0x60: "keyboard controller", 0x64: "keyboard controller", 0x92: "port 92h", 0x3f8: "COM1", 0x3ff: "COM1",
		0x600: "power management", 0x608: "power management", 0xb2: "SMI command", 0xcf8: "PCI", 0xcf9: "PCI", 0xcfc: "PCI",
		0xe9: "debug console", 0x402: "debug console", 0x80: "POST", 0xf4: "debug exit", 0xed: "delay", 0x2f8: "no COM2", 0x5000: "",
	} {
		if got := p.VM.Ports.Name(port); got != want {
			t.Errorf("port %#x: %q, want %q", port, got, want)
		}
	}
	for gpa, want := range map[uint64]string{0xfec0_0000: "I/O APIC", 0xfee0_0000: "local APIC", 0xfee0_0fff: "local APIC", 0xfed0_0000: ""} {
		if got := p.VM.Memory.Name(gpa); got != want {
			t.Errorf("address %#x: %q, want %q", gpa, got, want)
		}
	}
}

func TestDevicesAnswer(t *testing.T) {
	h := &host{now: 1}
	p := build(t, machine(h))
	ports := &p.VM.Ports
	ports.Out(0xcf8, 4, 0x8000_0000)
	ports.Out(0x70, 1, 0x17)
	for _, tc := range []struct {
		port uint16
		size int
		want uint32
	}{
		{0xcfc, 4, 0x1237_8086},  // the host bridge of the 440FX
		{0x71, 1, 0x00},          // KiB above 1 MiB, low byte: 3 MiB
		{0x64, 1, 0x14},          // unlocked, and tested
		{0x3fd, 1, 0x60},         // the transmitter is empty
		{0x4d1, 1, 0x0e},         // interrupts 9 to 11 have a level
		{pmPort + 4, 2, 0x0001},  // ACPI is on
		{0x2fa, 1, 0xff},         // no COM2
		{0x87, 1, 0x00},          // a page register
		{0xe9, 1, 0xe9},          // the debug console says that it is there
		{0x92, 1, 0x02},          // A20 is open
		{0x5678, 4, 0xffff_ffff}, // nobody
		{0x5678, 4, 0xffff_ffff}, // and again
	} {
		if got := ports.In(tc.port, tc.size); got != tc.want {
			t.Errorf("port %#x: %#x, want %#x", tc.port, got, tc.want)
		}
	}
	if got := p.VM.Memory.Read(0xfee0_0030, 4); got>>16 != 5 {
		t.Errorf("the local APIC's version is %#x", got)
	}
	if lines := h.Lines(); len(lines) != 1 || !strings.Contains(lines[0], "0x5678") {
		t.Errorf("logged %q, want one line about port 0x5678", lines)
	}
}

func TestDebugConsoles(t *testing.T) {
	h := &vmmtest.Host{}
	var exits []vmmtest.Exit
	for _, b := range []byte("one\ntwo") {
		exits = append(exits, vmmtest.Out(0xe9, 1, uint32(b)), vmmtest.Out(0x402, 1, uint32(b)))
	}
	c := machine(h, append(exits, vmmtest.Out(exitPort, 1, 0))...)
	run(t, build(t, c))
	if got := shown(c); got != "one\r\ntwo\r\n" {
		t.Errorf("port E9h: the terminal has %q", got)
	}
	if got := strings.Join(h.Lines(), ";"); got != "vm test: one;vm test: two" {
		t.Errorf("port 402h: logged %q", got)
	}
}

// shown is what a machine's terminal has.
func shown(c Config) string {
	b := make([]byte, 1024)
	n, _, _ := c.Console.Read(b, 0)
	return string(b[:n])
}

func TestTheSerialPortIsTheConsole(t *testing.T) {
	c := machine(&vmmtest.Host{}, append(vmmtest.Print("hello"), vmmtest.Out(exitPort, 1, 0))...)
	c.Console.Type([]byte("typed before"))
	p := build(t, c)
	run(t, p)
	if got := shown(c); got != "hello" {
		t.Errorf("the terminal has %q", got)
	}
	if got := p.VM.Ports.In(0x3f8, 1); got != 't' {
		t.Errorf("the guest reads %#x", got)
	}
}
