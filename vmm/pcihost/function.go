package pcihost

import (
	"encoding/binary"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/device"
)

// Header is what a function says about itself.
type Header struct {
	Vendor, Device             uint16
	Class                      uint32 // class, subclass and interface, 8 bits each
	Revision                   uint8
	SubsystemVendor, Subsystem uint16
	Pin                        uint8 // interrupt pin: 1 to 4 for INTA# to INTD#, 0 for none
}

// Function is the configuration space of one function, and its interrupt pin:
// it is the device.IRQ of the device that it belongs to.
type Function struct {
	config   [spaceSize]byte
	initial  [spaceSize]byte // what reset brings back
	writable [spaceSize]byte // bits that the guest can change

	bars    [maxBARs]*bar
	msi     *MSI  // nil: none
	msix    *MSIX // likewise
	onWrite func(off uint8, size int)
	within  delegate

	host     *Host // nil until it is added
	slot     uint8 // device number in bits 7:3, function in bits 2:0
	pin      uint8
	level    bool // the device wants the pin
	asserted bool // the pin is driven

	lastCapability uint8 // offset of the register that will point to the next one
	freeCapability int   // offset for the next one
}

// delegate is a device that answers for a part of a configuration space, from
// off up to end.
type delegate struct {
	off, end int
	ports    device.Ports // nil: none
}

// has tells whether an access at off is the device's.
func (d *delegate) has(off uint8) bool {
	return d.ports != nil && int(off) >= d.off && int(off) < d.end
}

// NewFunction makes a function without BARs and capabilities.
func NewFunction(h Header) (*Function, error) {
	if h.Pin > pins {
		return nil, fmt.Errorf("pcihost: %04x:%04x: interrupt pin %d, there are %d", h.Vendor, h.Device, h.Pin, pins)
	}
	f := &Function{pin: h.Pin, lastCapability: regCapabilities, freeCapability: headerEnd}
	f.Define16(regVendor, h.Vendor, 0)
	f.Define16(regDevice, h.Device, 0)
	f.Define16(regCommand, 0, commandBits)
	f.Define8(regRevision, h.Revision, 0)
	f.Define8(regClass, uint8(h.Class), 0)
	f.Define16(regClass+1, uint16(h.Class>>8), 0)
	f.Define16(regSubsystemVendor, h.SubsystemVendor, 0)
	f.Define16(regSubsystem, h.Subsystem, 0)
	f.Define8(regInterruptPin, h.Pin, 0)
	return f, nil
}

// Define8 gives the byte at off its value after reset, and says which of its
// bits the guest can change. It is for use before the machine starts.
func (f *Function) Define8(off uint8, value, writable uint8) {
	f.config[off], f.initial[off], f.writable[off] = value, value, writable
}

// Define16 is Define8 for the two bytes at off, which is less than 255.
func (f *Function) Define16(off uint8, value, writable uint16) {
	f.Define8(off, uint8(value), uint8(writable))
	f.Define8(off+1, uint8(value>>8), uint8(writable>>8))
}

// OnWrite has a function called after the guest has written size bytes at off.
func (f *Function) OnWrite(fn func(off uint8, size int)) { f.onWrite = fn }

// Delegate has a device answer for n bytes of the configuration space, at off. It
// sees offsets from there. A function has one such device.
func (f *Function) Delegate(off uint8, n int, d device.Ports) {
	f.within = delegate{int(off), int(off) + n, d}
}

// Command is the command register: see CommandMaster.
func (f *Function) Command() uint16 { return binary.LittleEndian.Uint16(f.config[regCommand:]) }

// Read reads size bytes (1, 2 or 4) of the configuration space at off. What
// lies beyond its end reads all ones.
func (f *Function) Read(off uint8, size int) uint32 {
	if int(off)+size > spaceSize {
		return allOnes
	}
	if f.within.has(off) {
		return f.within.ports.In(uint16(int(off)-f.within.off), size)
	}
	switch b := f.config[off:]; size {
	case 1:
		return uint32(b[0])
	case 2:
		return uint32(binary.LittleEndian.Uint16(b))
	default:
		return binary.LittleEndian.Uint32(b)
	}
}

// Write writes size bytes (1, 2 or 4) of the configuration space at off, as
// the guest does: bits that it cannot change stay as they are.
func (f *Function) Write(off uint8, size int, v uint32) {
	if int(off)+size > spaceSize {
		return
	}
	if f.within.has(off) {
		f.within.ports.Out(uint16(int(off)-f.within.off), size, v)
		return
	}
	for i := range size {
		at := int(off) + i
		w := f.writable[at]
		f.config[at] = f.config[at]&^w | byte(v>>(8*i))&w
	}
	if off < regBAREnd || off >= headerEnd {
		f.update()
	}
	if f.onWrite != nil {
		f.onWrite(off, size)
	}
}

// update brings what depends on the header's registers in step with them.
func (f *Function) update() {
	f.mapBARs()
	f.drive()
	if f.msix != nil {
		f.msix.update()
	}
}

// reset is what the reset line does: registers go back, BARs are unmapped. The
// pin is the device's business.
func (f *Function) reset() {
	f.config = f.initial
	if f.msix != nil {
		f.msix.reset()
	}
	f.update()
}
