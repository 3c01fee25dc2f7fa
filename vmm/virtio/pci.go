package virtio

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// The PCI function of a transitional device: one that legacy and modern drivers
// know. VIRTIO 1.2 §4.1.2.
const (
	pciVendor     = 0x1af4
	pinA          = 1
	barLegacy     = 0
	barMSIX       = 1
	barModern     = 4
	modernSize    = 16 << 10 // bytes
	capabilityOwn = 9        // vendor-specific. PCI 3.0 appendix H

	capabilityHead = 2 // bytes: id and pointer
)

// identity is the device id of a transitional device, and its class. VIRTIO 1.2
// §4.1.2.1; PCI 3.0 appendix D.
var identity = map[Type]struct {
	device uint16
	class  uint32
}{
	TypeNet:     {0x1000, 0x020000},
	TypeBlock:   {0x1001, 0x010000},
	TypeBalloon: {0x1002, 0x00ff00},
	TypeConsole: {0x1003, 0x078000},
	TypeEntropy: {0x1005, 0x00ff00},
}

// PCI is a device on a PCI bus: a device.MMIO of the modern registers.
type PCI struct {
	Core
	Function *pcihost.Function
	msix     *pcihost.MSIX
	window   uint8 // where its capability is
}

// NewPCI makes a device for a PCI bus, of which Function is what the bus is to
// have.
func NewPCI(d Device, c Config) (*PCI, error) {
	id := identity[d.Type()]
	f, err := pcihost.NewFunction(pcihost.Header{
		Vendor: pciVendor, Device: id.device, Class: id.class,
		SubsystemVendor: pciVendor, Subsystem: uint16(d.Type()), Pin: pinA})
	if err != nil {
		return nil, err
	}
	p := &PCI{Function: f}
	if err := p.init(d, c, p); err != nil {
		return nil, err
	}
	name := "virtio " + d.Type().String()
	if err := f.AddBAR(barLegacy, pcihost.BAR{Kind: pcihost.IO, Size: legacyPorts, Name: name, Ports: (*legacy)(p)}); err != nil {
		return nil, err
	}
	if p.msix, err = f.AddMSIX(barMSIX, len(p.queues)+1); err != nil {
		return nil, err
	}
	if err := f.AddBAR(barModern, pcihost.BAR{Kind: pcihost.Memory32, Size: modernSize, Name: name, MMIO: p}); err != nil {
		return nil, err
	}
	return p, p.capabilities()
}

// Structures that capabilities tell the place of. VIRTIO 1.2 §4.1.4.
const (
	structCommon = 1
	structNotify = 2
	structISR    = 3
	structDevice = 4
)

// Where they are in the modern BAR, and how a queue's place among the
// notifications follows from its number.
const (
	offCommon    = 0x0000
	offISR       = 0x1000
	offDevice    = 0x2000
	offNotify    = 0x3000
	structMask   = 0xf000
	offsetMask   = 0x0fff
	notifyStride = 4
)

// capabilities tells where the structures are. Notifications are in ports first:
// the exit for an OUT says all there is to know, and one for memory has an
// instruction to be decoded. All queues have the same port, that of legacy
// drivers, which does just that.
func (p *PCI) capabilities() error {
	for _, s := range []struct {
		kind, bar   uint8
		off, length uint32
		stride      uint32
	}{
		{structCommon, barModern, offCommon, commonSize, 0},
		{structISR, barModern, offISR, 1, 0},
		{structDevice, barModern, offDevice, offNotify - offDevice, 0},
		{structNotify, barLegacy, legacyNotify, 2, 0},
		{structNotify, barModern, offNotify, notifyStride * uint32(len(p.queues)), notifyStride},
	} {
		body := make([]byte, 16-capabilityHead)
		if s.kind == structNotify {
			body = binary.LittleEndian.AppendUint32(body, s.stride)
		}
		body[0], body[1], body[2] = uint8(capabilityHead+len(body)), s.kind, s.bar
		binary.LittleEndian.PutUint32(body[6:], s.off)
		binary.LittleEndian.PutUint32(body[10:], s.length)
		if _, err := p.Function.AddCapability(capabilityOwn, body, nil); err != nil {
			return err
		}
	}
	return p.addWindow()
}

// interrupt is wire's: by a message, or by the pin.
func (p *PCI) interrupt(vector uint16, cause uint8) {
	if p.msix.Enabled() {
		p.msix.Raise(int(vector)) // noVector is beyond the table
		return
	}
	p.interrupts |= cause
	p.Function.Set(true)
}

// level is wire's.
func (p *PCI) level(on bool) { p.Function.Set(on) }

// readISR is the causes of interrupts by the pin, which reading clears.
func (p *PCI) readISR() uint8 {
	v := p.interrupts
	if v != 0 {
		p.acknowledge(v)
	}
	return v
}

// vector is a vector that a driver chose, or noVector if it cannot be.
func (p *PCI) vector(v uint16) uint16 {
	if int(v) > len(p.queues) {
		return noVector
	}
	return v
}
