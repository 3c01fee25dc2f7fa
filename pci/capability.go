package pci

import "fmt"

// Capability ids. PCI Code and ID Assignment Specification §2.
const (
	capPower    = 0x01
	capMSI      = 0x05
	capVendor   = 0x09
	capSSID     = 0x0d
	capPCIe     = 0x10
	capMSIX     = 0x11
	capSATA     = 0x12
	capFeatures = 0x13
)

// Capability is an entry of a device's capability list.
type Capability struct {
	ID     uint8
	Offset uint16 // in bytes in configuration space, 0x40 to 0xfc
}

// String returns the capability's name.
func (c Capability) String() string {
	switch c.ID {
	case capPower:
		return "PM"
	case capMSI:
		return "MSI"
	case capVendor:
		return "vendor"
	case capSSID:
		return "SSID"
	case capPCIe:
		return "PCIe"
	case capMSIX:
		return "MSI-X"
	case capSATA:
		return "SATA"
	case capFeatures:
		return "AF"
	}
	return fmt.Sprintf("cap %#02x", c.ID)
}

// capabilities walks a device's capability list: a linked list in the upper
// 192 bytes, of words that hold an id and the next entry's offset. An offset
// seen before ends the walk. PCI 3.0 §6.7.
func (s *scan) capabilities(d *Device) {
	const (
		aligned = 0xfc
		words   = portSpaceSize / 4
		noID    = 0xff
	)
	if d.Read32(regCommand)&statusCapabilities == 0 {
		return
	}
	var seen [words]bool
	for off := uint16(d.Read32(regCapabilities)) & aligned; off != 0; {
		if off < firstCapOffset {
			s.problem(d.Address, "the capability list leads to offset %#x, into the header", off)
			return
		}
		if seen[off/4] {
			s.problem(d.Address, "the capability list leads back to offset %#x", off)
			return
		}
		seen[off/4] = true
		word := d.Read32(off)
		if uint8(word) == noID {
			s.problem(d.Address, "the capability at offset %#x reads as all ones", off)
			return
		}
		d.Capabilities = append(d.Capabilities, Capability{ID: uint8(word), Offset: off})
		off = uint16(word>>8) & aligned
	}
}

// Vendor returns the offsets of the device's vendor-specific capabilities, in
// the order of its list. What they hold is for the device's driver to know; the
// byte at offset 2 of each is its length in bytes. PCI 3.0 appendix H.
func (d *Device) Vendor() (offsets []uint16) {
	for _, c := range d.Capabilities {
		if c.ID == capVendor {
			offsets = append(offsets, c.Offset)
		}
	}
	return offsets
}
