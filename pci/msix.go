package pci

import (
	"fmt"

	"github.com/ringo-vmm/ringo/amd64"
)

// The MSI-X capability. PCI 3.0 §6.8.2. Its first word holds the control
// register in the upper half.
const (
	msixEnable   = 1 << 31
	msixMaskAll  = 1 << 30
	msixCountBit = 16
	msixCount    = 0x7ff // one less than the number of entries
	msixTable    = 4
	msixSize     = 12
	msixBIR      = 7 // which BAR; the offset in it is the rest
)

// An entry of the MSI-X table. PCI 3.0 §6.8.2.6 to §6.8.2.9.
const (
	entrySize    = 16
	entryAddress = 0
	entryUpper   = 4
	entryData    = 8
	entryControl = 12
	entryMasked  = 1 << 0
)

// MSIX is a device's MSI-X capability.
type MSIX struct {
	Vectors int    // entries of the table
	Phys    uint64 // host-physical address of the table
	Size    uint64 // of the table in bytes

	d     *Device
	off   uint16
	table amd64.MMIO
}

// MSIX returns the device's MSI-X capability, or an error if it has none, or
// if its table is not within one of the device's memory BARs.
func (d *Device) MSIX() (*MSIX, error) {
	off, ok := d.capability(capMSIX)
	if !ok {
		return nil, fmt.Errorf("pci %v: no MSI-X", d.Address)
	}
	if off+msixSize > configLength {
		return nil, fmt.Errorf("pci %v: MSI-X at offset %#x does not fit the configuration space", d.Address, off)
	}
	m := &MSIX{d: d, off: off}
	m.Vectors = int(d.Read32(off)>>msixCountBit&msixCount) + 1
	m.Size = uint64(m.Vectors) * entrySize
	where := d.Read32(off + msixTable)
	index, start := int(where&msixBIR), uint64(where&^msixBIR)
	bar, err := d.BAR(index)
	if err != nil {
		return nil, fmt.Errorf("%w, where the MSI-X table should be", err)
	}
	if bar.IO || bar.Base == 0 || start+m.Size > bar.Size {
		return nil, fmt.Errorf("pci %v: the MSI-X table of %d bytes at %#x is not within %v", d.Address, m.Size, start, bar)
	}
	m.Phys = bar.Base + start
	return m, nil
}

// Enable turns MSI-X on, in place of the device's interrupt pin, with all
// entries masked. table is the Size bytes at Phys, mapped uncached. The device
// must answer at its memory BARs and be a bus master.
func (m *MSIX) Enable(table amd64.MMIO) {
	m.table = table
	control := m.d.Read32(m.off)
	m.d.Write32(m.off, control|msixEnable|msixMaskAll)
	for i := range uintptr(m.Vectors) {
		table.Write32(i*entrySize+entryControl, entryMasked)
	}
	m.d.SetCommand(CommandNoINTx, 0)
	m.d.Write32(m.off, control&^uint32(msixMaskAll)|msixEnable)
}

// Disable turns MSI-X off.
func (m *MSIX) Disable() {
	m.d.Write32(m.off, m.d.Read32(m.off)&^uint32(msixEnable))
}

// Set makes entry i send msg, and unmasks it. It may be called after Enable.
func (m *MSIX) Set(i int, msg Message) error {
	at, err := m.entry(i)
	if err != nil {
		return err
	}
	m.table.Write32(at+entryControl, entryMasked)
	m.table.Write32(at+entryAddress, uint32(msg.Address))
	m.table.Write32(at+entryUpper, uint32(msg.Address>>32))
	m.table.Write32(at+entryData, msg.Data)
	m.table.Write32(at+entryControl, 0)
	return nil
}

// Mask holds back the interrupt of entry i.
func (m *MSIX) Mask(i int) error { return m.control(i, entryMasked) }

// Unmask lets the interrupt of entry i through again.
func (m *MSIX) Unmask(i int) error { return m.control(i, 0) }

func (m *MSIX) control(i int, v uint32) error {
	at, err := m.entry(i)
	if err != nil {
		return err
	}
	m.table.Write32(at+entryControl, v)
	return nil
}

// entry returns the offset of entry i in the table.
func (m *MSIX) entry(i int) (uintptr, error) {
	if m.table == nil {
		return 0, fmt.Errorf("pci %v: MSI-X is not enabled", m.d.Address)
	}
	if i < 0 || i >= m.Vectors {
		return 0, fmt.Errorf("pci %v: no MSI-X entry %d among %d", m.d.Address, i, m.Vectors)
	}
	return uintptr(i) * entrySize, nil
}
