package virtio

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/virtio/queue"
)

// Config is what a device is wired to, whatever the transport.
type Config struct {
	Memory *ram.RAM
	Clock  device.Clock
	// Log is told when the driver has broken the device.
	Log func(format string, args ...any)
	// Packed offers packed rings to drivers that know them.
	Packed bool
}

// Core is a device's part in any transport. A Device uses it to reach its
// queues and to interrupt.
type Core struct {
	Config
	dev     Device
	wire    wire
	offered uint64

	status       uint8
	features     uint64 // the driver's
	deviceSelect uint32
	driverSelect uint32
	queueSelect  uint16
	configVector uint16
	generation   uint8
	interrupts   uint8 // causes that the driver has not seen
	started      bool
	queues       []*vqueue
	timer        device.Timer // for those to be seen to again
}

// vqueue is a queue with what a transport knows of it.
type vqueue struct {
	*queue.Queue
	most   uint16 // the largest size
	vector uint16
	again  bool // the device has not done all
}

// wire is how a transport interrupts.
type wire interface {
	// interrupt sends a vector, for causes that are not MSI-X's to tell.
	interrupt(vector uint16, cause uint8)
	// level says whether there is a cause that the driver has not seen.
	level(on bool)
}

// noVector is no interrupt. VIRTIO 1.2 §4.1.5.1.2.
const noVector = 0xffff

// init makes the core of a transport.
func (c *Core) init(d Device, config Config, w wire) error {
	c.Config, c.dev, c.wire = config, d, w
	c.offered = d.Features() | FeatureIndirect | FeatureEventIdx | FeatureAnyLayout | FeatureVersion1
	if config.Packed {
		c.offered |= FeaturePacked
	}
	for i, n := range d.Queues() {
		if n == 0 || n > queue.MaxSize || n&(n-1) != 0 {
			return fmt.Errorf("virtio: %v: queue %d has %d descriptors", d.Type(), i, n)
		}
		q := &vqueue{Queue: queue.New(config.Memory), most: n}
		q.Broken = func(err error) { c.Break(fmt.Errorf("queue %d: %w", i, err)) }
		c.queues = append(c.queues, q)
	}
	c.timer = config.Clock.NewTimer(c.resume)
	d.Attach(c)
	c.Reset()
	return nil
}

// Queue is a virtqueue. It is there even if the driver does not use it.
func (c *Core) Queue(i int) *queue.Queue { return c.queues[i].Queue }

// Has tells whether a feature, given as its bit, has been negotiated.
func (c *Core) Has(feature uint64) bool { return c.features&c.offered&feature != 0 }

// Offers tells whether a driver can have a feature.
func (c *Core) Offers(feature uint64) bool { return c.offered&feature != 0 }

// Live tells whether the device may use its queues. Legacy drivers are known to
// use them before they say that they are ready. VIRTIO 1.2 §3.1.2.
func (c *Core) Live() bool {
	return c.status&(StatusDriverOK|StatusNeedsReset) == StatusDriverOK ||
		c.status&(StatusDriver|StatusNeedsReset|StatusFeaturesOK) == StatusDriver && !c.Has(FeatureVersion1)
}

// Flush shows the driver what the device has used of a queue, and interrupts it
// if it wants to be.
func (c *Core) Flush(i int) {
	if q := c.queues[i]; q.Flush() {
		c.wire.interrupt(q.vector, interruptQueue)
	}
}

// Again has Notify called for a queue soon, but not before the guest had its
// turn: what a notification costs is bounded, and what is left comes later.
func (c *Core) Again(i int) {
	c.queues[i].again = true
	c.timer.Set(c.Clock.Now())
}

// resume sees to what was left.
func (c *Core) resume() {
	for i, q := range c.queues {
		if q.again {
			q.again = false
			c.notify(uint32(i))
		}
	}
}

// ConfigChanged tells the driver that the configuration space is another.
func (c *Core) ConfigChanged() {
	c.generation++
	if c.status&StatusDriverOK != 0 {
		c.wire.interrupt(c.configVector, interruptConfig)
	}
}

// Break says that the driver has done what no driver may do. The device does
// nothing more until it is reset. VIRTIO 1.2 §2.1.2.
func (c *Core) Break(err error) {
	if c.status&StatusNeedsReset != 0 {
		return
	}
	c.status |= StatusNeedsReset
	for _, q := range c.queues {
		q.Halt()
	}
	c.Log("virtio %v is broken until it is reset: %v", c.dev.Type(), err)
	if c.status&StatusDriverOK != 0 {
		c.wire.interrupt(c.configVector, interruptConfig)
	}
}

// Reset is the device's reset, and device.Resetter's.
func (c *Core) Reset() {
	c.status, c.features, c.started = 0, 0, false
	c.deviceSelect, c.driverSelect, c.queueSelect = 0, 0, 0
	c.configVector, c.generation = noVector, 0
	for _, q := range c.queues {
		q.Stop()
		q.Size, q.vector, q.again = q.most, noVector, false
	}
	c.timer.Stop()
	c.dev.Reset()
	c.acknowledge(^uint8(0))
}

// acknowledge takes causes of interrupts away.
func (c *Core) acknowledge(causes uint8) {
	c.interrupts &^= causes
	c.wire.level(c.interrupts != 0)
}
