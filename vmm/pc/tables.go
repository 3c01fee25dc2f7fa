package pc

import (
	"github.com/ringo-vmm/ringo/vmm/acpitab"
	"github.com/ringo-vmm/ringo/vmm/acpitab/mptab"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/hpet"
	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/pmtimer"
)

// tableArea is where the ACPI tables are, a guest-physical address.
const tableArea = memmap.ACPITables

// mpArea is where the MP configuration table is: one of the places
// where MP 1.4 §4 has guests look for it, behind the loader's BIOS services.
const mpArea = memmap.BIOS + 0x1000

// acpi is what the ACPI tables describe.
func (p *PC) acpi(c Config) acpitab.Config {
	a := acpitab.Config{
		Processors: c.CPUs, PM1Event: pmPort + pmtimer.EventOffset, PM1Control: pmPort + pmtimer.ControlOffset, PMTimer: pmPort + pmtimer.TimerOffset,
		SoftOff: pmtimer.SleepS5, ResetPort: pmtimer.ResetPort, ResetValue: pmtimer.ResetValue, I8042: true, PowerButton: true,
		Virtio: p.windows,
		PCI:    &acpitab.PCI{Routes: pciRoutes},
	}
	for _, s := range c.lines() {
		if s.Port != 0 {
			at := comPorts[s.Port-1]
			a.Serials = append(a.Serials, acpitab.Serial{Number: uint8(s.Port), Port: at.base, IRQ: uint8(at.irq)})
		}
	}
	if c.Firmware != nil {
		// SeaBIOS puts what is on the bus as high as it can.
		a.PCI.Start, a.PCI.End = max(p.VM.RAM.Low(), firmwarePCI), memmap.Devices
		a.HPET, a.VGA, a.Mouse = hpet.ID, true, true
	}
	if c.Machine == config.MachineQ35 {
		a.GPE, a.GPELength = pmPort+pmtimer.GPEOffset, pmtimer.GPELength
		a.PCI.Chipset, a.PCI.ECAM = pcihost.Q35, memmap.ECAM
		if c.Firmware != nil {
			a.PCI.ECAM, a.PCI.Start = firmwareECAM, firmwareECAM+pcihost.ECAM
		}
	}
	return a
}

// firmwarePCI is the lowest address at which SeaBIOS puts functions' memory.
const firmwarePCI = 0x80000000

// tables puts the ACPI tables and the MP configuration table into the guest's
// memory.
func (p *PC) tables(c Config) error {
	a := p.acpi(c)
	b, err := acpitab.Build(a, tableArea)
	if err != nil {
		return err
	}
	if err := p.VM.RAM.Write(tableArea, b); err != nil {
		return err
	}
	m := mptab.Config{Processors: c.CPUs, IOAPICID: a.IOAPICID, Chipset: a.PCI.Chipset, Routes: a.PCI.Routes}
	m.Signature, _, _, m.Features = p.cpus[0].id.Lookup(1, 0, 0, 0, 0)
	if b, err = mptab.Build(m, mpArea); err != nil {
		return err
	}
	return p.VM.RAM.Write(mpArea, b)
}
