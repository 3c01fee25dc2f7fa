// Package console is the virtio console device, after VIRTIO 1.2 §5.3: ports by
// which bytes go to and come from the guest. The first is its console; drivers
// that know of no others use that alone.
package console

import (
	"encoding/binary"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
)

// Feature bits. VIRTIO 1.2 §5.3.3.
const (
	FeatureSize           = 1 << 0
	FeatureMultiport      = 1 << 1
	FeatureEmergencyWrite = 1 << 2
)

// The configuration space, as offsets in bytes. VIRTIO 1.2 §5.3.4.
const (
	configColumns   = 0
	configRows      = 2
	configPorts     = 4
	configEmergency = 8
	configSize      = 12
)

// The queues of the first port, those for control messages, and those of the
// other ports behind them. VIRTIO 1.2 §5.3.2.
const (
	controlIn  = 2
	controlOut = 3

	queueSize = 64
	// MaxPorts is how many ports a device can have.
	MaxPorts = 31
)

// Backend is what is at the other end of a port, such as a console.Line. Its
// methods are called with the device lock held.
type Backend interface {
	// Transmit takes a byte from the guest. It never waits.
	Transmit(b byte)
	// Ready says that a Receive that took less than it was given would take
	// more now. It may call Receive.
	Ready()
}

// Port is one of a device's ports.
type Port struct {
	Backend Backend
	Name    string // by which the guest knows it; may be empty
	Console bool   // the guest may have a terminal there

	d         *Device
	id        uint32
	guestOpen bool // somebody in the guest uses it
	short     bool // the back end has more than there was room for
	news      uint8
}

// Device is a console device: a virtio.Device.
type Device struct {
	core   *virtio.Core
	ports  []*Port
	config [configSize]byte
	chain  queue.Chain
}

// New makes a device with 1 to MaxPorts ports.
func New(ports ...*Port) (*Device, error) {
	if len(ports) < 1 || len(ports) > MaxPorts {
		return nil, fmt.Errorf("virtio console: %d ports, want 1 to %d", len(ports), MaxPorts)
	}
	d := &Device{ports: ports}
	for i, p := range ports {
		p.d, p.id = d, uint32(i)
		if len(p.Name) > maxName {
			return nil, fmt.Errorf("virtio console: port %d: a name of %d bytes, at most %d", i, len(p.Name), maxName)
		}
	}
	binary.LittleEndian.PutUint32(d.config[configPorts:], uint32(len(ports)))
	return d, nil
}

// SetSize says how large the terminals are that show the consoles. The device
// lock is held.
func (d *Device) SetSize(columns, rows uint16) {
	binary.LittleEndian.PutUint16(d.config[configColumns:], columns)
	binary.LittleEndian.PutUint16(d.config[configRows:], rows)
	if d.core.Has(FeatureMultiport) {
		for _, p := range d.ports {
			if p.Console && p.guestOpen {
				p.news |= newsResize
			}
		}
		d.tell()
		return
	}
	d.core.ConfigChanged()
}

// Type is virtio.Device's, as are all that follow.
func (d *Device) Type() virtio.Type { return virtio.TypeConsole }

// Features are virtio.Device's.
func (d *Device) Features() uint64 {
	return FeatureSize | FeatureMultiport | FeatureEmergencyWrite
}

// Queues are two for each port, and two for control.
func (d *Device) Queues() []uint16 {
	var sizes []uint16
	for range 2*len(d.ports) + 2 {
		sizes = append(sizes, queueSize)
	}
	return sizes
}

// inQueue is a port's queue to the guest. The one from it follows.
func (p *Port) inQueue() int {
	if p.id == 0 {
		return 0
	}
	return 2*int(p.id) + 2
}

// Attach is virtio.Device's.
func (d *Device) Attach(c *virtio.Core) { d.core = c }

// Config is virtio.Device's.
func (d *Device) Config() []byte { return d.config[:] }

// WriteConfig is the emergency write, a character for the first port.
func (d *Device) WriteConfig(off int, v byte) {
	if off == configEmergency {
		d.ports[0].Backend.Transmit(v)
	}
}

// Start is virtio.Device's.
func (d *Device) Start() {
	for i := range d.Queues() {
		d.Notify(i)
	}
}

// Notify is virtio.Device's.
func (d *Device) Notify(i int) {
	switch {
	case i == controlIn:
		d.tell()
	case i == controlOut:
		d.control()
	case i < controlIn:
		d.ports[0].notify(i%2 != 0)
	default:
		d.ports[i/2-1].notify(i%2 != 0)
	}
}

// Reset is virtio.Device's.
func (d *Device) Reset() {
	for _, p := range d.ports {
		p.guestOpen, p.news = false, 0
	}
}

// Busy is virtio.Device's.
func (d *Device) Busy() bool { return false }
