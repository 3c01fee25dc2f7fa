package aml

import (
	"encoding/binary"
	"slices"
)

// Tags of resource descriptors: small ones have their length in bits 2:0, of
// large ones the length follows. ACPI 6.4 §6.4.2, §6.4.3.
const (
	irqTag      = 0x23 // with information byte
	ioTag       = 0x47
	endTag      = 0x79
	memory32Tag = 0x86 // fixed
	dwordTag    = 0x87
	wordTag     = 0x88
	extendedTag = 0x89 // interrupts by number
)

// The resource types and flags of address space descriptors, ACPI 6.4
// §6.4.3.5.
const (
	memoryRange = 0
	ioRange     = 1
	busRange    = 2

	fixedRange    = 3 << 2 // minimum and maximum are fixed
	entireIO      = 3      // ISA and non-ISA addresses
	readWrite     = 1 << 0
	granularity   = 0
	noTranslation = 0
)

// Resources is a buffer of resource descriptors, as _CRS returns it.
func Resources(descriptors ...[]byte) []byte {
	const noChecksum = 0
	return Buffer(append(slices.Concat(descriptors...), endTag, noChecksum))
}

// IRQ is an edge-triggered, active-high interrupt of the ISA bus, not shared.
// ACPI 6.4 §6.4.2.1.
func IRQ(irq uint8) []byte {
	const edge = 1 << 0
	b := binary.LittleEndian.AppendUint16([]byte{irqTag}, 1<<(irq&0xf))
	return append(b, edge)
}

// Interrupt is a global system interrupt: a level, active-high, shared. ACPI 6.4
// §6.4.3.6.
func Interrupt(gsi uint32) []byte {
	const length, consumer, sharedLevel, one = 6, 1 << 0, 1 << 3, 1
	return binary.LittleEndian.AppendUint32([]byte{extendedTag, length, 0, consumer | sharedLevel, one}, gsi)
}

// IO is n ports from a port on. ACPI 6.4 §6.4.2.5.
func IO(port uint16, n uint8) []byte {
	const decode16, alignment = 1, 1
	b := binary.LittleEndian.AppendUint16([]byte{ioTag, decode16}, port)
	b = binary.LittleEndian.AppendUint16(b, port)
	return append(b, alignment, n)
}

// Memory32 is n bytes of memory that can be written, from a guest-physical
// address below 4 GiB on. ACPI 6.4 §6.4.3.4.
func Memory32(address, n uint32) []byte {
	const length = 9
	b := []byte{memory32Tag, length, 0, readWrite}
	b = binary.LittleEndian.AppendUint32(b, address)
	return binary.LittleEndian.AppendUint32(b, n)
}

// Buses is the bus numbers behind a bridge, first to last. ACPI 6.4 §6.4.3.5.3.
func Buses(first, last uint8) []byte {
	return word(busRange, 0, uint16(first), uint16(last))
}

// PortWindow is the ports that a bridge passes on, first to last. ACPI 6.4
// §6.4.3.5.3.
func PortWindow(first, last uint16) []byte {
	return word(ioRange, entireIO, first, last)
}

// MemoryWindow is the guest-physical addresses below 4 GiB that a bridge
// passes on, first to last: not cacheable, writable. ACPI 6.4 §6.4.3.5.2.
func MemoryWindow(first, last uint32) []byte {
	const length = 23
	b := []byte{dwordTag, length, 0, memoryRange, fixedRange, readWrite}
	for _, v := range [...]uint32{granularity, first, last, noTranslation, last - first + 1} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// word is a word address space descriptor of a window.
func word(kind, flags uint8, first, last uint16) []byte {
	const length = 13
	b := []byte{wordTag, length, 0, kind, fixedRange, flags}
	for _, v := range [...]uint16{granularity, first, last, noTranslation, last - first + 1} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}
