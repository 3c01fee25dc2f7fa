package virtionet

import (
	"fmt"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/pci"
)

// Window is registers of three widths, each of which must be accessed in its
// own (V §4.1.3.1). Offsets are in bytes.
type Window interface {
	amd64.MMIO
	Read8(off uintptr) uint8
	Read16(off uintptr) uint16
	Write8(off uintptr, v uint8)
	Write16(off uintptr, v uint16)
}

// Open maps size bytes of registers at host-physical address phys, uncached.
type Open func(phys, size uint64) (Window, error)

// IDs of network adapters. V §4.1.2, §5.1.1.
const (
	vendor             = 0x1af4
	deviceModern       = 0x1041
	deviceTransitional = 0x1000
)

// Match tells whether a PCI device is a virtio network adapter.
func Match(vendorID, deviceID uint16) bool {
	return vendorID == vendor && (deviceID == deviceModern || deviceID == deviceTransitional)
}

// windows are the device's registers.
type windows struct {
	common, isr, device, notify Window
	notifySize, multiplier      uint64
}

// smallest is the least size of each kind of register window.
var smallest = map[uint8]uint64{typeCommon: commonBytes, typeNotify: 2, typeISR: 1, typeDevice: configBytes}

// find finds and maps the device's registers. Of each kind the first that makes
// sense is taken. V §4.1.4.1.
func find(d *pci.Device, open Open) (w windows, err error) {
	slots := map[uint8]*Window{typeCommon: &w.common, typeNotify: &w.notify, typeISR: &w.isr, typeDevice: &w.device}
	for _, off := range d.Vendor() {
		kind := uint8(d.Read32(off) >> 24)
		slot := slots[kind]
		if slot == nil || *slot != nil {
			continue
		}
		phys, size, bad := place(d, off, kind)
		if bad != nil {
			err = bad
			continue
		}
		if *slot, bad = open(phys, size); bad != nil {
			return w, bad
		}
		if kind == typeNotify {
			w.notifySize, w.multiplier = size, uint64(d.Read32(off+capMultiplier))
		}
	}
	if w.common != nil && w.notify != nil && w.isr != nil && w.device != nil {
		return w, nil
	}
	if err == nil {
		err = fmt.Errorf("pci %v: not all registers of a modern virtio device", d.Address)
	}
	return w, err
}

// place is where the registers are that the capability at off describes.
func place(d *pci.Device, off uint16, kind uint8) (phys, size uint64, err error) {
	need := uint16(capBytes)
	if kind == typeNotify {
		need = notifyBytes
	}
	const configEnd = 256
	if length := uint16(d.Read32(off) >> 16 & 0xff); length < need || off+need > configEnd {
		return 0, 0, fmt.Errorf("pci %v: virtio capability of %d bytes at offset %#x", d.Address, length, off)
	}
	bar, err := d.BAR(int(uint8(d.Read32(off + capBAR))))
	if err != nil {
		return 0, 0, err
	}
	start, size := uint64(d.Read32(off+capOffset)), uint64(d.Read32(off+capSize))
	if bar.IO || bar.Base == 0 || size < smallest[kind] || start%4 != 0 || start+size > bar.Size {
		return 0, 0, fmt.Errorf("pci %v: virtio registers of type %d, %d bytes at %#x of %v", d.Address, kind, size, start, bar)
	}
	return bar.Base + start, size, nil
}
