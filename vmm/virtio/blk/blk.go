// Package blk is the virtio block device, after VIRTIO 1.2 §5.2. Its requests
// are served by a block.Disk, on that disk's goroutine, right in the guest's
// memory.
//
// As long as the disk has requests, the driver is told not to notify: what it
// adds meanwhile is found when one of them is done, for a disk serves them one
// after the other. A busy queue so costs no exit for a request.
package blk

import (
	"encoding/binary"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/virtio"
)

// Feature bits. VIRTIO 1.2 §5.2.3.
const (
	FeatureSegMax      = 1 << 2
	FeatureGeometry    = 1 << 4
	FeatureReadOnly    = 1 << 5
	FeatureBlockSize   = 1 << 6
	FeatureFlush       = 1 << 9
	FeatureTopology    = 1 << 10
	FeatureWriteback   = 1 << 11
	FeatureMultiQueue  = 1 << 12
	FeatureDiscard     = 1 << 13
	FeatureWriteZeroes = 1 << 14
)

// The configuration space, as offsets in bytes. VIRTIO 1.2 §5.2.4.
const (
	configCapacity         = 0 // 64 bits, in sectors
	configSegMax           = 12
	configCylinders        = 16
	configHeads            = 18
	configSectors          = 19
	configBlockSize        = 20
	configPhysicalExp      = 24 // blocks in a physical block, as a power of two
	configMinIO            = 26
	configOptIO            = 28
	configWriteback        = 32
	configQueues           = 34
	configDiscardSectors   = 36
	configDiscardSegments  = 40
	configDiscardAlign     = 44
	configZeroesSectors    = 48
	configZeroesSegments   = 52
	configZeroesMayDiscard = 56
	configSize             = 60
)

const (
	queueSize = 256
	// MaxQueues is how many queues a device can have.
	MaxQueues = 16

	segMax     = queueSize - 2 // one each for header and status
	pageBlocks = 3             // 4 KiB are 8 sectors: what a back end's memory is made of
	discardMax = 1 << 22       // sectors
)

// Config is what a block device is made of.
type Config struct {
	Disk   *block.Disk
	Queues int    // 1 to MaxQueues
	Serial string // 20 bytes of it are used
}

// Device is a block device: a virtio.Device.
type Device struct {
	disk     *block.Disk
	serial   [serialSize]byte
	queues   int
	config   [configSize]byte
	core     *virtio.Core
	free     *request // a list
	flying   *request // those that the disk has, oldest first
	last     *request
	inFlight int // of them, those of before a reset left out
	stale    int // those of before a reset
}

// New makes a device.
func New(c Config) (*Device, error) {
	if c.Queues < 1 || c.Queues > MaxQueues {
		return nil, fmt.Errorf("virtio block: %d queues, want 1 to %d", c.Queues, MaxQueues)
	}
	d := &Device{disk: c.Disk, queues: c.Queues}
	copy(d.serial[:], c.Serial)
	le, b := binary.LittleEndian, d.config[:]
	sectors := c.Disk.Size() / block.SectorSize
	le.PutUint64(b[configCapacity:], sectors)
	le.PutUint32(b[configSegMax:], segMax)
	le.PutUint16(b[configCylinders:], uint16(min(sectors/(heads*trackSectors), maxCylinders)))
	b[configHeads], b[configSectors] = heads, trackSectors
	le.PutUint32(b[configBlockSize:], block.SectorSize)
	b[configPhysicalExp] = pageBlocks
	le.PutUint16(b[configMinIO:], 1<<pageBlocks)
	le.PutUint16(b[configQueues:], uint16(c.Queues))
	le.PutUint32(b[configDiscardSectors:], discardMax)
	le.PutUint32(b[configDiscardSegments:], 1)
	le.PutUint32(b[configDiscardAlign:], 1<<pageBlocks)
	le.PutUint32(b[configZeroesSectors:], discardMax)
	le.PutUint32(b[configZeroesSegments:], 1)
	b[configZeroesMayDiscard] = 1
	return d, nil
}

// The geometry that disks have that need none. ATA-6 annex C has the largest.
const (
	heads        = 16
	trackSectors = 63
	maxCylinders = 16383
)

// Type is virtio.Device's, as are the methods that follow.
func (d *Device) Type() virtio.Type { return virtio.TypeBlock }

// Features are those of the disk.
func (d *Device) Features() uint64 {
	f := uint64(FeatureSegMax | FeatureGeometry | FeatureBlockSize | FeatureTopology | FeatureFlush)
	if d.queues > 1 {
		f |= FeatureMultiQueue
	}
	if d.disk.ReadOnly() {
		return f | FeatureReadOnly
	}
	return f | FeatureWriteback | FeatureDiscard | FeatureWriteZeroes
}

// Queues are all alike.
func (d *Device) Queues() []uint16 {
	var sizes []uint16
	for range d.queues {
		sizes = append(sizes, queueSize)
	}
	return sizes
}

// Attach is virtio.Device's.
func (d *Device) Attach(c *virtio.Core) { d.core = c }

// Config is virtio.Device's.
func (d *Device) Config() []byte { return d.config[:] }

// WriteConfig turns the write cache on and off.
func (d *Device) WriteConfig(off int, v byte) {
	if off == configWriteback && d.core.Has(FeatureWriteback) {
		d.config[off] = v & 1
	}
}

// Start begins with a write cache, if the driver knows to flush it. VIRTIO 1.2
// §5.2.5.
func (d *Device) Start() {
	if d.core.Has(FeatureFlush) {
		d.config[configWriteback] = 1
	}
	d.run()
}

// Notify is virtio.Device's.
func (d *Device) Notify(int) { d.run() }

// Busy is virtio.Device's.
func (d *Device) Busy() bool { return d.stale != 0 }

// Reset forgets what is in flight. The disk finishes it all the same.
func (d *Device) Reset() {
	for r := d.flying; r != nil; r = r.next {
		if !r.stale {
			r.stale = true
			d.stale++
		}
	}
	d.inFlight = 0
	d.config[configWriteback] = 0
}

// rounds bounds what a driver can have done in one go that adds buffers as fast
// as they are answered.
const rounds = 4

// run takes what is available. With requests in flight there is no need to be
// notified.
func (d *Device) run() {
	for range rounds {
		for i := range d.queues {
			for d.take(i) {
			}
			d.core.Flush(i) // what was refused at once
		}
		more := false
		for i := range d.queues {
			more = d.core.Queue(i).Notify(d.inFlight == 0) || more
		}
		if !more {
			return
		}
	}
	d.core.Again(0)
}
