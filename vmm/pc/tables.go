package pc

import (
	"github.com/ringo-vmm/ringo/vmm/acpitab"
	"github.com/ringo-vmm/ringo/vmm/hpet"
	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/pmtimer"
)

// tableArea is where the ACPI tables are, a guest-physical address.
const tableArea = memmap.ACPITables

// acpi is what the ACPI tables describe.
func (p *PC) acpi(c Config) acpitab.Config {
	a := acpitab.Config{
		Processors: c.CPUs, PM1Event: pmPort + pmtimer.EventOffset, PM1Control: pmPort + pmtimer.ControlOffset, PMTimer: pmPort + pmtimer.TimerOffset,
		SoftOff: pmtimer.SleepS5, ResetPort: pmtimer.ResetPort, ResetValue: pmtimer.ResetValue, COM1: true, I8042: true,
		PCI: &acpitab.PCI{Routes: pciRoutes},
	}
	if c.Firmware != nil {
		// SeaBIOS puts what is on the bus as high as it can.
		a.PCI.Start, a.PCI.End = max(p.VM.RAM.Low(), firmwarePCI), memmap.Devices
		a.HPET, a.VGA, a.Mouse = hpet.ID, true, true
	}
	return a
}

// firmwarePCI is the lowest address at which SeaBIOS puts functions' memory.
const firmwarePCI = 0x80000000

// tables puts the ACPI tables into the guest's memory.
func (p *PC) tables(c Config) error {
	b, err := acpitab.Build(p.acpi(c), tableArea)
	if err != nil {
		return err
	}
	return p.VM.RAM.Write(tableArea, b)
}
