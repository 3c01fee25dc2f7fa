// Package rng is the virtio entropy device, after VIRTIO 1.2 §5.4: the guest
// gives it memory, and gets it back with random bytes.
package rng

import (
	"github.com/ringo-vmm/ringo/vmm/state"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
)

const (
	queueSize = 64
	// most is how many bytes one buffer gets, in bytes; a driver asks for the
	// rest again. rounds and most bound what one notification costs.
	most   = 256
	rounds = queueSize
)

// Device is an entropy device: a virtio.Device.
type Device struct {
	random func(p []byte)
	core   *virtio.Core
	chain  queue.Chain
	buf    [most]byte
}

// New makes a device. random fills p with random bytes, and never waits.
func New(random func(p []byte)) *Device { return &Device{random: random} }

// Type is virtio.Device's, as are all that follow.
func (d *Device) Type() virtio.Type { return virtio.TypeEntropy }

// Features are none.
func (d *Device) Features() uint64 { return 0 }

// Queues are requests alone.
func (d *Device) Queues() []uint16 { return []uint16{queueSize} }

// Attach is virtio.Device's.
func (d *Device) Attach(c *virtio.Core) { d.core = c }

// Config is empty.
func (d *Device) Config() []byte { return nil }

// WriteConfig does nothing.
func (d *Device) WriteConfig(int, byte) {}

// Start serves what came before the driver was ready.
func (d *Device) Start() { d.Notify(0) }

// Notify fills what buffers there are.
func (d *Device) Notify(int) {
	q := d.core.Queue(0)
	for n := 0; ; n++ {
		if n == rounds {
			d.core.Again(0)
			break
		}
		if !q.Next(&d.chain) {
			if !q.Notify(true) {
				break
			}
			continue
		}
		done := 0
		if room := min(d.chain.InLen(), most); room > 0 {
			d.random(d.buf[:room])
			done = d.chain.Write(d.buf[:room])
		}
		q.Use(d.chain.Token(), uint32(done))
	}
	d.core.Flush(0)
}

// Reset does nothing.
func (d *Device) Reset() {}

// Busy is false: nothing is kept.
func (d *Device) Busy() bool { return false }

// State is nothing.
func (d *Device) State(*state.Codec) {}
