package pci

import "fmt"

// The MSI capability. PCI 3.0 §6.8.1. Its first word holds the control
// register in the upper half.
const (
	msiEnable      = 1 << 16
	msiCapableBit  = 17 // log2 of the messages the device can use, 3 bits
	msiEnabledMask = 7 << 20
	msi64          = 1 << 23
	msiMaskable    = 1 << 24

	msiAddress   = 4
	msiData32    = 8
	msiUpper     = 8
	msiData64    = 12
	msiSize32    = 12
	msiSize64    = 16
	msiMaskBits  = 4 // from the data register
	msiMaskSize  = 8
	msiMaxLog    = 5
	configLength = portSpaceSize
)

// MSI is a device's MSI capability.
type MSI struct {
	Vectors  int  // how many interrupts the device can tell apart
	Is64     bool // it reaches addresses above 4 GiB
	Maskable bool // each interrupt has a mask bit

	d   *Device
	off uint16
}

// MSI returns the device's MSI capability, or an error if it has none or none
// that makes sense.
func (d *Device) MSI() (*MSI, error) {
	off, ok := d.capability(capMSI)
	if !ok {
		return nil, fmt.Errorf("pci %v: no MSI", d.Address)
	}
	word := d.Read32(off)
	m := &MSI{Is64: word&msi64 != 0, Maskable: word&msiMaskable != 0, d: d, off: off}
	log := word >> msiCapableBit & 7
	if log > msiMaxLog {
		return nil, fmt.Errorf("pci %v: MSI with 2^%d interrupts", d.Address, log)
	}
	m.Vectors = 1 << log
	size := uint16(msiSize32)
	if m.Is64 {
		size = msiSize64
	}
	if m.Maskable {
		size += msiMaskSize
	}
	if off+size > configLength {
		return nil, fmt.Errorf("pci %v: MSI at offset %#x does not fit the configuration space", d.Address, off)
	}
	return m, nil
}

// Enable makes the device send msg as its only interrupt, in place of its
// interrupt pin. The device must be a bus master.
func (m *MSI) Enable(msg Message) error {
	if msg.Address>>32 != 0 && !m.Is64 {
		return fmt.Errorf("pci %v: its MSI does not reach address %#x", m.d.Address, msg.Address)
	}
	m.Disable()
	m.d.Write32(m.off+msiAddress, uint32(msg.Address))
	data := m.off + msiData32
	if m.Is64 {
		m.d.Write32(m.off+msiUpper, uint32(msg.Address>>32))
		data = m.off + msiData64
	}
	m.d.Write32(data, msg.Data)
	if m.Maskable {
		m.d.Write32(data+msiMaskBits, 0)
	}
	m.d.SetCommand(CommandNoINTx, 0)
	m.d.Write32(m.off, m.d.Read32(m.off)&^uint32(msiEnabledMask)|msiEnable)
	return nil
}

// Disable stops the device's MSI.
func (m *MSI) Disable() {
	m.d.Write32(m.off, m.d.Read32(m.off)&^uint32(msiEnable))
}
