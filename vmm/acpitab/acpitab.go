// Package acpitab builds the ACPI tables by which a virtual machine's guest
// learns what the machine has: processors and interrupt controllers (MADT),
// power management registers (FADT), timers (HPET), PCI Express configuration
// space (MCFG), and the devices, interrupt wiring and sleep states that only
// AML can describe (DSDT).
//
// Whoever builds the machine calls Build and writes the result into the guest's
// memory at memmap.ACPITables. The package follows the Advanced Configuration
// and Power Interface Specification 6.4 ("ACPI 6.4"), chapters 4 to 6.
package acpitab

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// SCI is the ISA interrupt of power management events, level-triggered.
const SCI = 9

// Config is the machine that the tables describe. Local APICs, the I/O APIC,
// the HPET and PCI memory are where package memmap says. Every machine has a
// pair of 8259 interrupt controllers and a real-time clock.
type Config struct {
	// Processors is their number, 1 to 255. Their local APIC ids count up
	// from 0.
	Processors int
	IOAPICID   uint8

	// PM1Event, PM1Control and PMTimer are the first ports of the power
	// management registers: 4 bytes of status and enable, 2 bytes of control,
	// 4 bytes of timer. ACPI 6.4 §4.8.3.
	PM1Event, PM1Control, PMTimer uint16
	PMTimer32                     bool // the timer has 32 bits, not 24
	// GPE is the first port of the general-purpose events' status and enable
	// registers, GPELength bytes in all; 0 is none. ACPI 6.4 §4.8.4.
	GPE          uint16
	GPELength    uint8
	PowerButton  bool // PM1 status has a power button. ACPI 6.4 §4.8.2.2.1.1
	SCIActiveLow bool // polarity of the SCI at the I/O APIC

	// SoftOff is the sleep type, 0 to 7, that switches the machine off when
	// it is written to PM1 control. ACPI 6.4 §7.4.2.
	SoftOff uint8
	// ResetPort is a port that resets the machine when ResetValue is written
	// to it, 0 if there is none. ACPI 6.4 §4.8.3.6.
	ResetPort  uint16
	ResetValue uint8

	Serials []Serial
	I8042   bool // a PC/AT keyboard controller with a keyboard
	Mouse   bool // and with a mouse
	VGA     bool

	// HPET is the low half of the HPET's capabilities register, 0 if there is
	// none. IA-PC HPET 1.0a §2.3.4.
	HPET uint32

	// Virtio is the virtio devices that have registers in memory.
	Virtio []Window

	PCI *PCI // nil if there is no PCI bus
}

// Serial is a serial port, a 16550.
type Serial struct {
	Number uint8  // 1 to 9: of the name, COM1
	Port   uint16 // its first
	IRQ    uint8  // ISA interrupt, which several can have
}

// Window is the registers of a device, at a guest-physical address below 4 GiB.
type Window struct {
	Address, Size uint64 // the latter in bytes
	Interrupt     uint32 // a global system interrupt: a level, shared
}

// PCI is a PCI bus whose devices' interrupt pins are wired as its chipset does.
type PCI struct {
	Chipset pcihost.Chipset
	// Routes is the ISA interrupt of each of PIRQA# to PIRQD#, and of PIRQE#
	// to PIRQH#.
	Routes [4]uint8
	// ECAM is where configuration space is in memory too, pcihost.ECAM bytes
	// from a guest-physical address below 4 GiB; 0 is nowhere.
	ECAM uint64
	// Start and End are where the functions' memory can be, guest-physical
	// addresses; End 0 is from memmap.PCI to memmap.PCIEnd.
	Start, End uint64
}

const (
	maxProcessors = 255 // 8-bit APIC ids, of which 255 is everybody. ACPI 6.4 §5.2.12.2
	maxSleepType  = 7   // ACPI 6.4 §4.8.3.2.1
	isaInterrupts = 16
	maxSerial     = 9  // that a name of four characters has room for
	alignment     = 64 // of the FACS, and of the tables in all. ACPI 6.4 §5.2.10
	addressLimit  = 1 << 32
)

// Build is the tables as they are to be in the guest's memory from
// guest-physical address at on, a multiple of 64. The RSDP comes first.
func Build(c Config, at uint64) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if at%alignment != 0 || at >= addressLimit {
		return nil, fmt.Errorf("acpitab: tables at %#x, want a multiple of %d below 4 GiB", at, alignment)
	}
	b := blob{at: at, bytes: make([]byte, rsdpSize)}
	facs := b.add(facs())
	dsdt := b.add(c.dsdt())
	tables := []uint64{
		b.add(c.fadt(facs, dsdt)),
		b.add(c.madt()),
	}
	if c.HPET != 0 {
		tables = append(tables, b.add(c.hpet()))
	}
	if c.PCI != nil && c.PCI.ECAM != 0 {
		tables = append(tables, b.add(mcfg(c.PCI.ECAM)))
	}
	rsdt := b.add(rsdt(tables))
	xsdt := b.add(xsdt(tables))
	copy(b.bytes, rsdp(rsdt, xsdt))
	if n := uint64(len(b.bytes)); n > addressLimit-at {
		return nil, fmt.Errorf("acpitab: %d bytes of tables at %#x end beyond 4 GiB", n, at)
	}
	return b.bytes, nil
}

func (c *Config) check() error {
	switch {
	case c.Processors < 1 || c.Processors > maxProcessors:
		return fmt.Errorf("acpitab: %d processors, want 1 to %d", c.Processors, maxProcessors)
	case c.PM1Event == 0 || c.PM1Control == 0 || c.PMTimer == 0:
		return fmt.Errorf("acpitab: power management registers at ports %#x, %#x and %#x: 0 is none", c.PM1Event, c.PM1Control, c.PMTimer)
	case c.SoftOff > maxSleepType:
		return fmt.Errorf("acpitab: sleep type %d, want at most %d", c.SoftOff, maxSleepType)
	}
	for _, s := range c.Serials {
		if s.Number < 1 || s.Number > maxSerial || s.IRQ >= isaInterrupts {
			return fmt.Errorf("acpitab: COM%d with interrupt %d, want COM1 to COM%d with at most %d", s.Number, s.IRQ, maxSerial, isaInterrupts-1)
		}
	}
	for i, w := range c.Virtio {
		if w.Address >= addressLimit || w.Size > addressLimit-w.Address {
			return fmt.Errorf("acpitab: virtio device %d: %#x bytes at %#x end beyond 4 GiB", i, w.Size, w.Address)
		}
	}
	if c.PCI != nil {
		if e := c.PCI.ECAM; e%pcihost.ECAM != 0 || e >= addressLimit {
			return fmt.Errorf("acpitab: configuration space at %#x, want a multiple of %#x below 4 GiB", e, pcihost.ECAM)
		}
		for i, r := range c.PCI.Routes {
			if r >= isaInterrupts {
				return fmt.Errorf("acpitab: PIRQ%c# is routed to interrupt %d, want at most %d", 'A'+i, r, isaInterrupts-1)
			}
		}
	}
	return nil
}

// blob is tables one behind the other.
type blob struct {
	at    uint64 // guest-physical address of the first byte
	bytes []byte
}

// add appends a table at the next aligned address, which it returns.
func (b *blob) add(table []byte) uint64 {
	pad := -len(b.bytes) & (alignment - 1)
	b.bytes = append(b.bytes, make([]byte, pad)...)
	addr := b.at + uint64(len(b.bytes))
	b.bytes = append(b.bytes, table...)
	return addr
}

// hpetPage is the memory that belongs to an HPET, IA-PC HPET 1.0a §3.2.4.
const hpetPage = 1024
