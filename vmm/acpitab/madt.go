package acpitab

import (
	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// The MADT and its structures: type, length, and the fields behind. ACPI 6.4
// §5.2.12.
const (
	madtRevision   = 5
	madtDualPIC    = 1 << 0 // PCAT_COMPAT
	madtProcessor  = 0      // §5.2.12.2
	madtIOAPIC     = 1      // §5.2.12.3
	madtOverride   = 2      // §5.2.12.5
	madtLocalNMI   = 4      // §5.2.12.7
	enabled        = 1 << 0
	everyProcessor = 0xff
	isaBus         = 0

	// MPS INTI flags, §5.2.12.5, table 5.26.
	asTheBus   = 0
	activeHigh = 1 << 0
	activeLow  = 3 << 0
	levelMode  = 3 << 2
)

// The timer is the PIT, ISA interrupt 0, which is wired to input 2 of the I/O
// APIC on every PC; NMI is wired to LINT1 of every local APIC. MultiProcessor
// Specification 1.4 ch. 5 (default configurations).
const (
	timerIRQ = 0
	timerGSI = 2
	nmiInput = 1
)

// madt is the table.
func (c *Config) madt() []byte {
	b := le.AppendUint32(nil, memmap.LAPIC)
	b = le.AppendUint32(b, madtDualPIC)
	for i := range c.Processors {
		b = append(b, madtProcessor, 8, uint8(i), uint8(i))
		b = le.AppendUint32(b, enabled)
	}
	b = append(b, madtIOAPIC, 12, c.IOAPICID, 0)
	b = le.AppendUint32(b, memmap.IOAPIC)
	b = le.AppendUint32(b, 0) // global system interrupt of its first input

	polarity := uint16(activeHigh)
	if c.SCIActiveLow {
		polarity = activeLow
	}
	b = appendOverride(b, timerIRQ, timerGSI, asTheBus)
	b = appendOverride(b, SCI, SCI, levelMode|polarity)

	b = append(b, madtLocalNMI, 6, everyProcessor)
	b = le.AppendUint16(b, asTheBus)
	b = append(b, nmiInput)
	return table("APIC", madtRevision, b)
}

// appendOverride appends the wiring of an ISA interrupt.
func appendOverride(b []byte, irq uint8, gsi uint32, flags uint16) []byte {
	b = append(b, madtOverride, 10, isaBus, irq)
	b = le.AppendUint32(b, gsi)
	return le.AppendUint16(b, flags)
}

// hpet is the HPET's table: the block, its address, its number (0), and the
// least periodic interval. IA-PC HPET 1.0a §3.2.4.
func (c *Config) hpet() []byte {
	const noProtection = 0
	b := le.AppendUint32(nil, c.HPET)
	b = append(b, genericAddress(spaceMemory, 64, 0, memmap.HPET)...)
	b = append(b, 0)
	b = le.AppendUint16(b, minTick)
	return table("HPET", 1, append(b, noProtection))
}

// minTick is the least interval in counter ticks at which a guest may ask for
// periodic interrupts: some 10 µs for a counter of 10 to 14.3 MHz, about what
// an interrupt costs a guest.
const minTick = 128

// mcfg is the table of PCI Express configuration space: 8 reserved bytes, then
// base, segment group, first and last bus. PCI Firmware 3.3 §4.1.2.
func mcfg(ecam uint64) []byte {
	const lastBus = pcihost.ECAM>>20 - 1
	b := make([]byte, 8)
	b = le.AppendUint64(b, ecam)
	b = append(b, 0, 0, 0, lastBus, 0, 0, 0, 0)
	return table("MCFG", 1, b)
}
