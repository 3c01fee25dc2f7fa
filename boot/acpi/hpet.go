package acpi

import (
	"encoding/binary"
	"fmt"
)

// HPET is a High Precision Event Timer block, from the table that IA-PC HPET
// Specification 1.0a §3.2.4 defines.
type HPET struct {
	Address           uint64 // host-physical, of the register block
	Number            uint8  // sequence number of the block
	MinTick           uint16 // least periodic interval without lost interrupts, in counter ticks
	Comparators       int    // number of comparators in the block
	Counter64         bool   // the main counter has 64 bits, not 32
	LegacyReplacement bool   // it can take over IRQ 0 and IRQ 8
	Vendor            uint16 // PCI vendor ID
}

// Layout of the HPET table and of its event timer block ID, which has the
// layout of the low half of the capabilities register; IA-PC HPET
// Specification 1.0a §2.3.4 and §3.2.4.
const (
	hpetBlockID = 36
	hpetAddress = 40
	hpetNumber  = 52
	hpetMinTick = 53
	hpetSize    = 56

	hpetComparatorsShift  = 8 // number of the last comparator, 5 bits
	hpetComparatorsMask   = 0x1F
	hpetCounter64         = 1 << 13
	hpetLegacyReplacement = 1 << 15
	hpetVendorShift       = 16
)

// parseHPET reads an HPET table, header included. It returns nil and adds a
// problem when the table does not lead to a register block.
func parseHPET(table []byte, p *problems) *HPET {
	if len(table) < hpetSize {
		p.addf("HPET: %d bytes, want %d", len(table), hpetSize)
		return nil
	}
	base := parseGenericAddress(table[hpetAddress:])
	if base.Space != SystemMemory || base.Address == 0 {
		p.addf("HPET: registers at %v, want memory", base)
		return nil
	}
	id := binary.LittleEndian.Uint32(table[hpetBlockID:])
	return &HPET{
		Address:           base.Address,
		Number:            table[hpetNumber],
		MinTick:           binary.LittleEndian.Uint16(table[hpetMinTick:]),
		Comparators:       int(id>>hpetComparatorsShift&hpetComparatorsMask) + 1,
		Counter64:         id&hpetCounter64 != 0,
		LegacyReplacement: id&hpetLegacyReplacement != 0,
		Vendor:            uint16(id >> hpetVendorShift),
	}
}

// String is the timer block, one fact a line.
func (h *HPET) String() string {
	bits := 32
	if h.Counter64 {
		bits = 64
	}
	return fmt.Sprintf("HPET %d at %#x, vendor %#04x\n%d comparators, %d-bit counter, legacy replacement: %v\nminimum periodic interval: %d ticks",
		h.Number, h.Address, h.Vendor, h.Comparators, bits, h.LegacyReplacement, h.MinTick)
}
