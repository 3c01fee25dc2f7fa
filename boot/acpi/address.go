package acpi

import (
	"encoding/binary"
	"fmt"
)

// AddressSpace says what kind of address a register has, ACPI 6.4 §5.2.3.2.
type AddressSpace uint8

const (
	SystemMemory AddressSpace = 0 // host-physical memory
	SystemIO     AddressSpace = 1 // I/O port space
	// PCIConfig is configuration space of segment 0, bus 0: device number in
	// address bits 47:32, function in bits 31:16, offset in bits 15:0.
	PCIConfig AddressSpace = 2
)

// String is the address space in words.
func (s AddressSpace) String() string {
	switch s {
	case SystemMemory:
		return "memory"
	case SystemIO:
		return "I/O port"
	case PCIConfig:
		return "PCI configuration"
	}
	return fmt.Sprintf("address space %#x", uint8(s))
}

// GenericAddress is the place of a register, the Generic Address Structure of
// ACPI 6.4 §5.2.3.2. There is no register when Address is zero.
type GenericAddress struct {
	Space      AddressSpace
	Width      uint8 // bits
	Offset     uint8 // bits, from the start of the register
	AccessSize uint8 // 0 undefined, 1 byte, 2 word, 3 dword, 4 qword
	Address    uint64
}

// String is the address in words.
func (g GenericAddress) String() string {
	if g.Address == 0 {
		return "none"
	}
	return fmt.Sprintf("%v %#x, %d bits", g.Space, g.Address, g.Width)
}

const (
	genericAddressSize = 12
	lastPort           = 0xFFFF // of the I/O port space
)

// parseGenericAddress reads a Generic Address Structure from b, which has at
// least genericAddressSize bytes.
func parseGenericAddress(b []byte) GenericAddress {
	return GenericAddress{
		Space:      AddressSpace(b[0]),
		Width:      b[1],
		Offset:     b[2],
		AccessSize: b[3],
		Address:    binary.LittleEndian.Uint64(b[4:]),
	}
}

// usable says whether g is a register in memory or in the I/O port space that
// exists on this architecture.
func (g GenericAddress) usable() bool {
	switch g.Space {
	case SystemMemory:
		return g.Address != 0
	case SystemIO:
		return g.Address != 0 && g.Address <= lastPort
	}
	return false
}
