package pci

import (
	"fmt"
	"strings"
)

// Device is a function of a PCI device, as Scan found it.
type Device struct {
	Address
	VendorID, DeviceID uint16
	Class, Subclass    uint8
	ProgIF, Revision   uint8
	HeaderType         uint8 // 0 a device, 1 a bridge to a PCI bus, 2 one to CardBus
	SubsystemVendorID  uint16
	SubsystemID        uint16
	// IRQLine is what the firmware noted as the interrupt's number, and Pin
	// the interrupt pin it uses: 1 to 4 for INTA# to INTD#, 0 for none.
	IRQLine, Pin uint8
	// Secondary and Subordinate are, for a bridge, the bus behind it and the
	// last bus reached through it.
	Secondary, Subordinate uint8

	BARs         []BAR
	Capabilities []Capability

	space ConfigSpace
}

// Read32 reads the device's configuration register at byte offset off.
func (d *Device) Read32(off uint16) uint32 { return d.space.Read32(d.Address, off) }

// Write32 writes the device's configuration register at byte offset off.
func (d *Device) Write32(off uint16, v uint32) { d.space.Write32(d.Address, off, v) }

// SetCommand sets and clears bits of the command register. The status register
// shares its word; zeroes leave it as it is.
func (d *Device) SetCommand(set, clear uint16) {
	d.Write32(regCommand, uint32(uint16(d.Read32(regCommand))&^clear|set))
}

// BAR returns the base address register with number index, 0 to 5.
func (d *Device) BAR(index int) (BAR, error) {
	for _, b := range d.BARs {
		if b.Index == index {
			return b, nil
		}
	}
	return BAR{}, fmt.Errorf("pci %v: no BAR %d", d.Address, index)
}

// capability returns the offset of the device's first capability with an id.
func (d *Device) capability(id uint8) (off uint16, ok bool) {
	for _, c := range d.Capabilities {
		if c.ID == id {
			return c.Offset, true
		}
	}
	return 0, false
}

// String returns the device in one line.
func (d *Device) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %04x:%04x %s", d.Address, d.VendorID, d.DeviceID, ClassName(d.Class, d.Subclass, d.ProgIF))
	if name := deviceName(d.VendorID, d.DeviceID); name != "" {
		fmt.Fprintf(&b, ", %s", name)
	}
	if d.HeaderType == headerBridge {
		fmt.Fprintf(&b, ", to buses %02x-%02x", d.Secondary, d.Subordinate)
	}
	for _, bar := range d.BARs {
		fmt.Fprintf(&b, ", %v", bar)
	}
	if d.Pin >= 1 && d.Pin <= maxInterrupt {
		fmt.Fprintf(&b, ", INT%c IRQ %d", 'A'+d.Pin-1, d.IRQLine)
	}
	said := map[uint8]bool{}
	for _, c := range d.Capabilities {
		if !said[c.ID] {
			fmt.Fprintf(&b, ", %v", c)
		}
		said[c.ID] = true
	}
	return b.String()
}
