//go:build tamago

package main

import (
	"errors"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/apic"
	"github.com/ringo-vmm/ringo/boot/acpi"
	"github.com/ringo-vmm/ringo/drivers/hpet"
	"github.com/ringo-vmm/ringo/drivers/pmtimer"
	"github.com/ringo-vmm/ringo/kernel/klog"
)

// tables is what ACPI says, nil on a machine without it.
var tables *acpi.Tables

// initFirmware reads the ACPI tables.
func initFirmware() error {
	t, err := acpi.Find(firmwareMemory{}, handover.RSDP, handover.RSDPCopy())
	if err != nil {
		return err
	}
	tables = t
	for _, p := range t.Problems {
		logf(klog.Warn, "acpi: warning: %s", p)
	}
	logf(klog.Info, "acpi: %v, %d tables", t.RSDP, len(t.List()))
	if off, err := t.PowerOff(); err != nil {
		logf(klog.Warn, "acpi: warning: %v", err)
	} else if err := reachRegisters(&off); err != nil {
		logf(klog.Warn, "acpi: warning: power-off register: %v", err)
	} else {
		firmwareOff = off
	}
	if r, err := t.Reset(); err == nil && r.Register.Space == acpi.SystemIO && r.Register.Address <= 0xffff {
		firmwareReset = r
	}
	return nil
}

// firmwareOff and firmwareReset end the machine by ACPI; they are empty
// without it. Registers in memory are by host-virtual address.
var (
	firmwareOff   acpi.PowerOff
	firmwareReset acpi.Reset
)

// reachRegisters maps the registers of off that are in memory.
func reachRegisters(off *acpi.PowerOff) error {
	for i := range off.Control {
		r := &off.Control[i].Register
		if r.Space != acpi.SystemMemory {
			continue
		}
		va, err := mapDevice(r.Address, uint64(off.Control[i].Size))
		if err != nil {
			return err
		}
		r.Address = uint64(va)
	}
	return nil
}

var (
	hostHPET    hpet.HPET
	hostPMTimer pmtimer.Timer
	hpetWindow  amd64.Registers
)

// refineClock calibrates again, against the better counters that ACPI names.
func refineClock() error {
	if tables == nil {
		return errors.New("no ACPI tables: the clock has only the PIT to go by")
	}
	references := clockReferences[:0]
	if h := tables.HPET; h != nil {
		va, err := mapDevice(h.Address, hpet.WindowSize)
		if err == nil {
			hpetWindow = amd64.Registers(va)
			err = hostHPET.Start(&hpetWindow)
		}
		if err != nil {
			logf(klog.Warn, "clock: warning: %v", err)
		} else {
			references = append(references, &hostHPET)
		}
	}
	if f := tables.FADT; f != nil && f.PMTimer.Space == acpi.SystemIO && f.PMTimer.Address != 0 {
		hostPMTimer.Init(amd64.Ports{}, uint16(f.PMTimer.Address), f.PMTimer32)
		references = append(references, &hostPMTimer)
	}
	clockMachine.References, clockMachine.Rough = append(references, &earlyPIT), false
	recalibrate()
	return nil
}

// ioapicWindow is the size of an I/O APIC's registers in bytes. 82093AA §3.0.
const ioapicWindow = 0x20

// ioapics are the machine's I/O APICs, and their register windows.
var (
	ioapics       apic.IOAPICs
	ioapicWindows [apic.MaxIOAPICs]amd64.Registers
)

// initInterrupts finds the I/O APICs and wires the NMIs that MADT names.
func initInterrupts() error {
	if tables == nil || tables.MADT == nil {
		return errors.New("no MADT: no device interrupts, the consoles are polled")
	}
	for i, chip := range tables.MADT.IOAPICs {
		if i == len(ioapicWindows) {
			logf(klog.Warn, "apic: warning: only the first %d I/O APICs are used", i)
			break
		}
		va, err := mapDevice(uint64(chip.Address), ioapicWindow)
		if err != nil {
			logf(klog.Warn, "apic: warning: I/O APIC at %#x: %v", chip.Address, err)
			continue
		}
		ioapicWindows[i] = amd64.Registers(va)
		if err := ioapics.Add(&ioapicWindows[i], chip.GSIBase); err != nil {
			logf(klog.Warn, "apic: warning: I/O APIC at %#x: %v", chip.Address, err)
		}
	}
	for _, n := range tables.MADT.LocalNMIs {
		// The boot processor's UID is not known here; firmware gives all
		// processors the same wiring.
		if n.All || n.UID <= 1 {
			inLayer(func() { lapic.SetNMI(int(n.LINT), n.Flags.ActiveLow()) })
		}
	}
	if ioapics.Len() == 0 {
		return errors.New("no I/O APIC: no device interrupts, the consoles are polled")
	}
	return nil
}
