// Package memmap says what lies where in the guest-physical address space of a
// virtual machine that looks like a PC, and describes it as such machines do:
// as the list of address ranges that INT 15h E820h returns (ACPI 6.4 §15.1).
//
//	0000_0000  interrupt vectors, BIOS data area, then memory
//	0009_fc00  extended BIOS data area
//	000a_0000  video memory and option ROMs, no memory for the guest
//	000e_0000  ACPI tables
//	000f_0000  BIOS
//	0010_0000  memory, to 3 GiB at the most
//	c000_0000  PCI memory
//	e000_0000  PCI Express configuration space
//	fec0_0000  I/O APIC, HPET, local APICs, firmware
//	1_0000_0000  the rest of the memory
//
// The loaders, the ACPI tables and whoever places devices take their addresses
// from here. Where memory is comes from package ram.
package memmap

import "github.com/ringo-vmm/ringo/vmm/ram"

// Guest-physical addresses in the first MiB, where PCs have always had them.
const (
	BIOSData     = 0x400   // BIOS data area, 256 bytes
	ExtendedData = 0x9fc00 // extended BIOS data area (EBDA): end of the memory below 1 MiB
	Video        = 0xa0000 // VGA's memory
	OptionROMs   = 0xc0000
	ACPITables   = 0xe0000 // RSDP first: one of the places to look for it, ACPI 6.4 §5.2.5.1
	BIOS         = 0xf0000
	Extended     = 0x100000 // memory again
)

// Guest-physical addresses between the two parts of the memory. The local
// APICs are where reset leaves them (Intel SDM vol. 3 §11.4.1), the I/O APIC
// where PCs have it (82093AA §3.0), the HPET where its specification suggests
// it (IA-PC HPET 1.0a §3.2.4).
const (
	PCI     = ram.LowEnd // where PCI devices' memory can be, up to PCIEnd
	PCIEnd  = 0xe0000000
	ECAM    = 0xe0000000 // PCI Express configuration space, 1 MiB a bus
	ECAMEnd = 0xf0000000
	Devices = 0xfec00000 // the range from here to 4 GiB is the platform's own
	IOAPIC  = 0xfec00000
	HPET    = 0xfed00000
	LAPIC   = 0xfee00000
	Top     = ram.HighStart // the end of a firmware's read-only memory
)

// Type is what an address range is for. ACPI 6.4 §15, table 15.1.
type Type uint32

const (
	RAM      Type = 1
	Reserved Type = 2
)

// Range is Size bytes from guest-physical address Start.
type Range struct {
	Start, Size uint64
	Type        Type
}

// End is the guest-physical address behind the range.
func (r Range) End() uint64 { return r.Start + r.Size }

// Contains tells whether all n bytes from guest-physical address gpa are in
// the range.
func (r Range) Contains(gpa, n uint64) bool {
	return gpa >= r.Start && gpa-r.Start < r.Size && n <= r.Size-(gpa-r.Start)
}

// E820 is the address map of a machine with this memory, sorted and without
// overlaps. What it does not list is free for devices. Configuration space is
// reserved in machines that have none there too, where nothing else is: guests
// use it only if the map says so. PCI Firmware Specification 3.0 §4.1.2.
func E820(m *ram.RAM) []Range {
	ranges := []Range{
		between(0, ExtendedData, RAM),
		between(ExtendedData, Video, Reserved),
		between(ACPITables, Extended, Reserved),
		between(Extended, m.Low(), RAM),
		between(ECAM, ECAMEnd, Reserved),
		between(Devices, Top, Reserved),
	}
	if m.High() > Top {
		ranges = append(ranges, between(Top, m.High(), RAM))
	}
	return ranges
}

func between(start, end uint64, t Type) Range { return Range{start, end - start, t} }
