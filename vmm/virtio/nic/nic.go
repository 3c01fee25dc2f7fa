// Package nic is the virtio network device, after VIRTIO 1.2 §5.1: an ether.NIC
// in a guest.
//
// What the guest sends goes to the switch in its notification, a bounded number
// of frames at a time. A frame for the guest is put in its memory by who sends
// it, another machine's processor say. That goroutine must not wait for this
// machine's device lock, nor may two machines that send to each other: so if the
// lock is taken, the frame waits in a queue for a goroutine of the device.
package nic

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
)

// Feature bits. VIRTIO 1.2 §5.1.3.
const (
	FeatureChecksum      = 1 << 0 // the guest may leave checksums to us
	FeatureGuestChecksum = 1 << 1 // and we to it
	FeatureGuestOffloads = 1 << 2 // which of them can be changed
	FeatureMTU           = 1 << 3
	FeatureMAC           = 1 << 5
	FeatureGuestTSO4     = 1 << 7
	FeatureGuestTSO6     = 1 << 8
	FeatureGuestECN      = 1 << 9
	FeatureHostTSO4      = 1 << 11
	FeatureHostTSO6      = 1 << 12
	FeatureHostECN       = 1 << 13
	FeatureMergeable     = 1 << 15
	FeatureStatus        = 1 << 16
	FeatureControl       = 1 << 17
	FeatureControlRX     = 1 << 18
	FeatureMultiQueue    = 1 << 22
	FeatureControlMAC    = 1 << 23

	features = FeatureChecksum | FeatureGuestChecksum | FeatureGuestOffloads | FeatureMTU | FeatureMAC |
		FeatureGuestTSO4 | FeatureGuestTSO6 | FeatureGuestECN | FeatureHostTSO4 | FeatureHostTSO6 | FeatureHostECN |
		FeatureMergeable | FeatureStatus | FeatureControl | FeatureControlRX | FeatureControlMAC
	guestOffloads = FeatureGuestChecksum | FeatureGuestTSO4 | FeatureGuestTSO6 | FeatureGuestECN
)

// The configuration space, as offsets in bytes. VIRTIO 1.2 §5.1.4.
const (
	configMAC    = 0
	configStatus = 6
	configPairs  = 8
	configMTU    = 10
	configSize   = 12

	statusLinkUp = 1 << 0
)

const (
	queueSize    = 256
	controlSize  = 64
	backlogMax   = 1024 // frames, of backlogBytes together: about a window of TCP
	backlogBytes = 1 << 20

	// MaxPairs is how many pairs of queues a device can have.
	MaxPairs = 8
)

// Config is what a network device is made of.
type Config struct {
	MAC   ether.MAC
	Pairs int         // of queues, 1 to MaxPairs
	Port  ether.Port  // where it is plugged in
	Lock  *sync.Mutex // the machine's device lock
	// Broken is told of a bug that came up with a frame from outside, with
	// the lock held. What it ends is the machine.
	Broken func(bug any)
}

// Device is a network device: a virtio.Device. NIC is its other side.
type Device struct {
	made   Config
	core   *virtio.Core
	config [configSize]byte
	up     bool

	settings
	takes atomic.Uint32 // feature bits that the driver takes unfinished

	backlog *ether.Queue
	waiting atomic.Int32 // frames in it
	stopped chan struct{}

	flows flows
	chain queue.Chain
	rx    []*queue.Chain // for the buffers of one frame
	frame [ether.MaxFrame]byte
	stats Stats
}

// Stats counts frames that the device dropped, by reason.
type Stats struct {
	BadSend uint64 // the driver asked for what cannot be
	NoRoom  uint64 // the driver gave no buffer that is large enough
}

// New makes a device, and starts its goroutine, which Close ends.
func New(c Config) (*Device, error) {
	if c.Pairs < 1 || c.Pairs > MaxPairs {
		return nil, fmt.Errorf("virtio net: %d pairs of queues, want 1 to %d", c.Pairs, MaxPairs)
	}
	d := &Device{made: c, up: true, backlog: ether.NewQueue(backlogMax, backlogBytes), stopped: make(chan struct{})}
	binary.LittleEndian.PutUint16(d.config[configPairs:], uint16(c.Pairs))
	binary.LittleEndian.PutUint16(d.config[configMTU:], ether.MTU)
	go d.work()
	return d, nil
}

// Close ends the device's goroutine. The caller does not hold the device lock.
func (d *Device) Close() {
	d.backlog.Close()
	<-d.stopped
}

// SetLink plugs the cable in or out. The device lock is held.
func (d *Device) SetLink(up bool) {
	d.up = up
	d.setStatus()
	d.core.ConfigChanged()
}

func (d *Device) setStatus() {
	d.config[configStatus] = 0
	if d.up {
		d.config[configStatus] = statusLinkUp
	}
}

// Stats is what has been dropped so far. The device lock is held.
func (d *Device) Stats() Stats { return d.stats }

// Type is virtio.Device's, as are all that follow.
func (d *Device) Type() virtio.Type { return virtio.TypeNet }

// Features are virtio.Device's.
func (d *Device) Features() uint64 {
	if d.made.Pairs > 1 {
		return features | FeatureMultiQueue
	}
	return features
}

// Queues are pairs to and from the guest, and the control queue.
func (d *Device) Queues() []uint16 {
	var sizes []uint16
	for range 2 * d.made.Pairs {
		sizes = append(sizes, queueSize)
	}
	return append(sizes, controlSize)
}

// controlQueue is the control queue's number. VIRTIO 1.2 §5.1.2.
func (d *Device) controlQueue() int {
	if d.core.Has(FeatureMultiQueue) {
		return 2 * d.made.Pairs
	}
	return 2
}

// Attach is virtio.Device's.
func (d *Device) Attach(c *virtio.Core) { d.core = c }

// Config is virtio.Device's.
func (d *Device) Config() []byte { return d.config[:] }

// WriteConfig sets the address, as legacy drivers do. VIRTIO 1.2 §5.1.4.3.
func (d *Device) WriteConfig(off int, v byte) {
	if off < configStatus && !d.core.Has(virtio.FeatureVersion1) {
		d.config[off] = v
		copy(d.mac[:], d.config[configMAC:])
	}
}

// Start is virtio.Device's.
func (d *Device) Start() {
	d.takes.Store(0)
	if d.core.Has(FeatureGuestChecksum) {
		d.offer(guestOffloads)
	}
	for i := range 2*d.made.Pairs + 1 {
		d.Notify(i)
	}
}

// offer says which work on frames the guest takes on, of what was negotiated.
func (d *Device) offer(bits uint32) {
	for bit := uint32(1); bit != 0; bit <<= 1 {
		if bits&bit != 0 && !d.core.Has(uint64(bit)) {
			bits &^= bit
		}
	}
	d.takes.Store(bits)
}

// Notify is virtio.Device's.
func (d *Device) Notify(i int) {
	switch {
	case i == d.controlQueue():
		d.control()
	case i%2 == 0:
		d.drain()
	default:
		d.send(i)
	}
}

// Reset is virtio.Device's.
func (d *Device) Reset() {
	d.takes.Store(0)
	d.settings = settings{mac: d.made.MAC, promiscuous: true, pairs: 1}
	copy(d.config[configMAC:], d.made.MAC[:])
	d.setStatus()
	for {
		if _, ok := d.backlog.Get(); !ok {
			break
		}
		d.drop()
	}
}

// Busy is virtio.Device's.
func (d *Device) Busy() bool { return false }
