package fwcfg

import (
	"fmt"
	"strings"
)

// Keys of items. fw_cfg, Firmware Configuration Items; the rest are from the
// header with which Linux shares them, include/uapi/linux/qemu_fw_cfg.h, and
// those of PCs alone from what SeaBIOS asks for.
const (
	keySignature   = 0x00
	keyID          = 0x01
	keyUUID        = 0x02
	keyRAMSize     = 0x03 // bytes, 64 bits
	keyNoGraphic   = 0x04 // 16 bits
	keyCPUs        = 0x05 // 16 bits
	keyKernelAddr  = 0x07
	keyKernelSize  = 0x08
	keyInitrdAddr  = 0x0a
	keyInitrdSize  = 0x0b
	keyBootMenu    = 0x0e // 16 bits
	keyMaxCPUs     = 0x0f // 16 bits; more than the highest local APIC id
	keyKernelData  = 0x11
	keyInitrdData  = 0x12
	keyCmdlineAddr = 0x13
	keyCmdlineSize = 0x14
	keyCmdlineData = 0x15
	keySetupAddr   = 0x16
	keySetupSize   = 0x17
	keySetupData   = 0x18
	keyFiles       = 0x19
	keyFirstFile   = 0x20
	keyIRQ0        = selectLocal | 2 // the timer is at input 2 of the I/O APIC; 8 bits
)

// What keyID says the device can do. fw_cfg, Revision / feature bitmap.
const (
	idTraditional = 1 << 0
	idDMA         = 1 << 1
)

// The directory of files: their number, then an entry each of size, key, two
// reserved bytes and name, big-endian. fw_cfg, File Directory.
const (
	directoryHeader = 4
	entrySize       = 64
	nameSize        = 56 // with a NUL
	maxFiles        = 64
)

// maxItem bounds an item, in bytes: sizes have 32 bits.
const maxItem = 1<<32 - 1

// item is what a selector selects.
type item struct {
	key  uint16
	data []byte
}

// file is an item with a name; its key follows from its place.
type file struct {
	name string
	size uint32
}

// find is the index of an item, -1 if there is none.
func (d *Device) find(key uint16) int {
	for i := range d.items {
		if d.items[i].key == key {
			return i
		}
	}
	return -1
}

// add gives the device an item. Its bytes are not copied.
func (d *Device) add(key uint16, data []byte) error {
	if d.find(key) >= 0 {
		return fmt.Errorf("fwcfg: item %#x is there already", key)
	}
	if uint64(len(data)) > maxItem {
		return fmt.Errorf("fwcfg: item %#x has %d bytes, at most %d are possible", key, len(data), uint64(maxItem))
	}
	d.items = append(d.items, item{key, data})
	return nil
}

// addAll adds items until there is an error.
func (d *Device) addAll(items ...item) error {
	for _, i := range items {
		if err := d.add(i.key, i.data); err != nil {
			return err
		}
	}
	return nil
}

// AddFile gives the device a file, up to 64 in all. Names have up to 55 bytes;
// SeaBIOS takes an option ROM "pci1234,1111.rom" for the PCI function with that
// vendor and device, for one. The bytes are not copied, and must not change.
func (d *Device) AddFile(name string, data []byte) error {
	switch {
	case name == "" || len(name) >= nameSize || strings.IndexByte(name, 0) >= 0:
		return fmt.Errorf("fwcfg: file name %q, want 1 to %d bytes without NUL", name, nameSize-1)
	case len(d.files) == maxFiles:
		return fmt.Errorf("fwcfg: file %s is one more than the %d there can be", name, maxFiles)
	}
	for _, f := range d.files {
		if f.name == name {
			return fmt.Errorf("fwcfg: file %s is there already", name)
		}
	}
	if err := d.add(keyFirstFile+uint16(len(d.files)), data); err != nil {
		return fmt.Errorf("fwcfg: file %s: %w", name, err)
	}
	d.files = append(d.files, file{name, uint32(len(data))})
	d.items[d.find(keyFiles)].data = d.directory()
	d.choose(d.selector)
	return nil
}

// directory is the item that lists the files.
func (d *Device) directory() []byte {
	b := be.AppendUint32(nil, uint32(len(d.files)))
	for i, f := range d.files {
		b = be.AppendUint32(b, f.size)
		b = be.AppendUint16(b, keyFirstFile+uint16(i))
		b = append(b, 0, 0)
		var name [nameSize]byte
		copy(name[:], f.name)
		b = append(b, name[:]...)
	}
	return b
}
