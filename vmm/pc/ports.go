package pc

import (
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/debugport"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/i8042"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/pic"
	"github.com/ringo-vmm/ringo/vmm/pit"
	"github.com/ringo-vmm/ringo/vmm/pmtimer"
	"github.com/ringo-vmm/ringo/vmm/rtc"
)

// pmPort is where the power management registers are. The ACPI tables say so.
const pmPort = 0x600

// registerPorts puts the devices where PCs have them.
func (p *PC) registerPorts() error {
	exit := debugport.NewExit(func(v uint32) { p.ended(vmm.Ending{How: vmm.Exited, Code: v}) })
	for _, d := range []struct {
		name  string
		base  uint16
		count int
		ports device.Ports
	}{
		{"PIC", pic.MasterPort, pic.Ports, p.pic.Master()},
		{"PIC", pic.SlavePort, pic.Ports, p.pic.Slave()},
		{"PIC", pic.ELCRPort, pic.Ports, p.pic.ELCR()},
		{"PIT", pit.Base, pit.Ports, p.pit},
		{"port 61h", pit.Port61, 1, p.pit.Port61()},
		{"RTC", rtc.Base, rtc.Ports, p.rtc},
		{"keyboard controller", i8042.DataPort, 1, p.keyboard.Data()},
		{"keyboard controller", i8042.CommandPort, 1, p.keyboard.Command()},
		{"port 92h", i8042.Port92Port, 1, p.port92},
		{"SMI command", pmtimer.SMIPort, 1, p.pm.SMICommand()},
		{"PCI", pcihost.Port, pcihost.Ports, p.pci},
		{"debug console", debugport.ConsolePort, 1, p.consoles[0]},
		{"debug console", debugport.SeaBIOSPort, 1, p.consoles[1]},
		{"POST", debugport.POSTPort, 1, &p.post},
		{"debug exit", debugport.ExitPort, debugport.ExitPorts, exit},
	} {
		if err := p.VM.Ports.Register(d.name, d.base, d.count, d.ports); err != nil {
			return err
		}
	}
	if p.ich9 != nil {
		return nil // its bridge says where
	}
	return p.VM.Ports.Register("power management", pmPort, pmtimer.Ports, p.pm)
}

// registerAbsent puts nothing where guests look for what is not there.
func (p *PC) registerAbsent() error {
	for _, v := range absent {
		if p.VM.Ports.Name(v.base) != "" {
			continue // it is there
		}
		if err := p.VM.Ports.Register(v.name, v.base, v.count, vacant{}); err != nil {
			return err
		}
	}
	return nil
}

// absent is where guests look for devices that this machine does not have, or
// need none to answer. An access there is nothing to report. IBM PC/AT
// Technical Reference, I/O address map.
var absent = []struct {
	name  string
	base  uint16
	count int
}{
	{"no super I/O", 0x2e, 2}, // parport_pc and others look for one
	{"no super I/O", 0x4e, 2},
	{"delay", 0xed, 1}, // what Linux writes instead of the POST port on some machines
	{"no FPU error", 0xf0, 2},
	{"no parallel port", 0x278, 8},
	{"no COM4", 0x2e8, 8},
	{"no COM2", 0x2f8, 8},
	{"no parallel port", 0x378, 8},
	{"no VGA", 0x3b0, 0x30},
	{"no floppy", 0x3f0, 6}, // memtest86+ turns its motor off
	{"no COM3", 0x3e8, 8},
}

// vacant is ports that nobody answers to: a device.Ports.
type vacant struct{}

// In reads all ones, as an empty bus does.
func (vacant) In(uint16, int) uint32 { return ^uint32(0) }

// Out does nothing.
func (vacant) Out(uint16, int, uint32) {}
