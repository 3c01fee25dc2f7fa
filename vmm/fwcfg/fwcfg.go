// Package fwcfg is the firmware configuration device of QEMU's virtual
// machines, fw_cfg, by which SeaBIOS and others learn what machine they are in:
// numbered items and named files, read a byte at a time from a port or copied
// into memory by the device. It follows QEMU's specification of it ("fw_cfg",
// docs/specs/fw_cfg).
//
// Whoever builds the machine makes a Device, adds what the firmware is to know
// (AddMachine, AddACPI, AddSMBIOS, AddKernel, AddFile), and registers it on the
// port bus at Base. What is added is configuration and no state of the device:
// the guest can read it and change none of it.
package fwcfg

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// Base and Ports are where the device is registered on the port bus.
const (
	Base  = 0x510
	Ports = 12
)

// Offsets from Base. The selector is 16 bits wide and write-only; the address
// of a DMA control block is 64 bits, big-endian, and reads as dmaSignature.
// fw_cfg, Register Locations and DMA Interface.
const (
	portSelector = 0
	portData     = 1
	portDMAHigh  = 4
	portDMALow   = 8

	dmaSignature = "QEMU CFG"
)

// Bits of a selector. A write bit that is set changes nothing: no item can be
// written. fw_cfg, Selector Register.
const (
	selectWrite = 1 << 14
	selectLocal = 1 << 15 // an item that PCs have and other machines have not
)

const allOnes = ^uint32(0)

var (
	le = binary.LittleEndian
	be = binary.BigEndian
)

// Device is the device: a device.Ports and device.StringPorts.
type Device struct {
	ram   *ram.RAM
	items []item
	files []file

	selector uint16
	data     []byte // of the item that is selected, nil if there is none
	offset   uint32 // of the next byte in it, at most its length
	dmaHigh  uint32 // upper half of the address of the control block
}

// New makes a device that copies to the guest's memory m. It has the items that
// tell that it is there.
func New(m *ram.RAM) *Device {
	d := &Device{ram: m}
	d.items = []item{
		{keySignature, []byte("QEMU")},
		{keyID, le.AppendUint32(nil, idTraditional|idDMA)},
		{keyFiles, make([]byte, directoryHeader)},
	}
	d.Reset()
	return d
}

// Reset is device.Resetter's.
func (d *Device) Reset() {
	d.dmaHigh = 0
	d.choose(keySignature)
}

// choose selects an item, from its first byte on.
func (d *Device) choose(selector uint16) {
	d.selector, d.data, d.offset = selector, nil, 0
	if i := d.find(selector &^ selectWrite); i >= 0 {
		d.data = d.items[i].data
	}
}

// next is the next byte of the item that is selected; behind its end are zeros.
func (d *Device) next() (b byte) {
	if int(d.offset) < len(d.data) {
		b = d.data[d.offset]
		d.offset++
	}
	return b
}

// In reads size bytes (1, 2 or 4) at a port.
func (d *Device) In(off uint16, size int) uint32 {
	switch {
	case off == portData && size == 1:
		return uint32(d.next())
	case off >= portDMAHigh && int(off)+size <= Ports:
		var v uint32
		for i := range size {
			v |= uint32(dmaSignature[int(off)-portDMAHigh+i]) << (8 * i)
		}
		return v
	}
	return allOnes
}

// InString reads the item that is selected. What is behind its end is for In.
func (d *Device) InString(off uint16, size int, p []byte) (items int) {
	if off != portData || size != 1 {
		return 0
	}
	items = copy(p, d.data[d.offset:])
	d.offset += uint32(items)
	return items
}

// OutString writes nothing: no port takes a string.
func (*Device) OutString(uint16, int, []byte) (items int) { return 0 }

// Out writes size bytes (1, 2 or 4) at a port. Only an access of a register's
// own size reaches it.
func (d *Device) Out(off uint16, size int, v uint32) {
	switch {
	case off == portSelector && size == 2:
		d.choose(uint16(v))
	case off == portDMAHigh && size == 4:
		d.dmaHigh = swap(v)
	case off == portDMALow && size == 4:
		block := uint64(d.dmaHigh)<<32 | uint64(swap(v))
		d.dmaHigh = 0
		d.transfer(block)
	}
}

// swap turns a big-endian register the right way round.
func swap(v uint32) uint32 {
	return v<<24 | v&0xff00<<8 | v>>8&0xff00 | v>>24
}

// State is device.Stateful's.
func (d *Device) State(c *state.Codec) {
	c.Version("fwcfg", 1)
	selector, offset := d.selector, d.offset
	c.U16(&selector)
	c.U32(&offset)
	c.U32(&d.dmaHigh)
	if c.Loading() && c.Err() == nil {
		d.choose(selector)
		d.offset = uint32(min(uint64(offset), uint64(len(d.data))))
	}
}
