// Package bus routes a guest's accesses to its devices: I/O ports and
// guest-physical addresses. Registration finds overlaps and names both sides;
// an access costs a table look-up. What nobody answers to reads all ones, as
// on a PC, and is reported once for each place.
package bus

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/device"
)

// Ports is a guest's I/O port space.
type Ports struct {
	// Unclaimed, if not nil, is told of the first access to each port that
	// no device answers to.
	Unclaimed func(port uint16, write bool)

	// slots has a device for each port, by pages of 256 ports so that a
	// machine costs no more than what it has. Slot 0 is nobody.
	pages   [256]*[256]uint8
	devices [maxPortDevices + 1]portDevice
	seen    [1 << 16 / 64]uint64 // unclaimed ports that were reported
}

type portDevice struct {
	name    string
	base    uint16
	device  device.Ports
	strings device.StringPorts // nil if it has none
}

const maxPortDevices = 255

// Register gives count ports from base to a device. A port that another device
// has is an error that names both.
func (b *Ports) Register(name string, base uint16, count int, d device.Ports) error {
	if count < 1 || int(base)+count > 1<<16 {
		return fmt.Errorf("bus: %s: %d ports from %#x are not in the port space", name, count, base)
	}
	for i := range count {
		port := int(base) + i
		if page := b.pages[port>>8]; page != nil && page[port&0xff] != 0 {
			return fmt.Errorf("bus: %s wants port %#x, which %s has", name, port, b.devices[page[port&0xff]].name)
		}
	}
	slot, ok := b.freeSlot()
	if !ok {
		return fmt.Errorf("bus: %s: more than %d devices with ports", name, maxPortDevices)
	}
	strings, _ := d.(device.StringPorts)
	b.devices[slot] = portDevice{name, base, d, strings}
	for i := range count {
		port := int(base) + i
		if b.pages[port>>8] == nil {
			b.pages[port>>8] = new([256]uint8)
		}
		b.pages[port>>8][port&0xff] = slot
	}
	return nil
}

// freeSlot is a slot without a device: one that Unregister left, since a guest
// can move a PCI BAR as often as it likes, or a new one.
func (b *Ports) freeSlot() (slot uint8, ok bool) {
	for slot := 1; slot < len(b.devices); slot++ {
		if b.devices[slot].device == nil {
			return uint8(slot), true
		}
	}
	return 0, false
}

// Unregister takes the ports of a device away: its registration moves, as a
// PCI BAR does.
func (b *Ports) Unregister(d device.Ports) {
	for slot := range b.devices {
		if b.devices[slot].device != d || d == nil {
			continue
		}
		b.devices[slot] = portDevice{}
		for _, page := range b.pages {
			if page == nil {
				continue
			}
			for i := range page {
				if page[i] == uint8(slot) {
					page[i] = 0
				}
			}
		}
	}
}

// In reads size bytes (1, 2 or 4) at a port.
func (b *Ports) In(port uint16, size int) uint32 {
	if page := b.pages[port>>8]; page != nil {
		if slot := page[port&0xff]; slot != 0 {
			d := &b.devices[slot]
			return d.device.In(port-d.base, size) & masks[size&7]
		}
	}
	b.miss(port, false)
	return masks[size&7]
}

// Out writes size bytes (1, 2 or 4) at a port.
func (b *Ports) Out(port uint16, size int, v uint32) {
	if page := b.pages[port>>8]; page != nil {
		if slot := page[port&0xff]; slot != 0 {
			d := &b.devices[slot]
			d.device.Out(port-d.base, size, v&masks[size&7])
			return
		}
	}
	b.miss(port, true)
}

// Name is the device at a port, "" if there is none.
func (b *Ports) Name(port uint16) string {
	if page := b.pages[port>>8]; page != nil {
		if slot := page[port&0xff]; slot != 0 {
			return b.devices[slot].name
		}
	}
	return ""
}

func (b *Ports) miss(port uint16, write bool) {
	word, bit := port/64, uint64(1)<<(port%64)
	if b.seen[word]&bit == 0 {
		b.seen[word] |= bit
		if b.Unclaimed != nil {
			b.Unclaimed(port, write)
		}
	}
}

// masks are the bits of an access, by its size in bytes.
var masks = [8]uint32{1: 0xff, 2: 0xffff, 4: 0xffffffff}
