package virtio

import "fmt"

// readStatus is the device status. A reset is over when it is 0. VIRTIO 1.2
// §2.4.2.
func (c *Core) readStatus() uint8 {
	if c.status == 0 && c.dev.Busy() {
		return StatusNeedsReset
	}
	return c.status
}

// writeStatus does what a status says that is new. VIRTIO 1.2 §3.1.1.
func (c *Core) writeStatus(v uint8) {
	if v == 0 {
		c.Reset()
		return
	}
	set := v & statusDrivers &^ c.status
	if !c.Has(FeatureVersion1) || c.features&^c.offered != 0 {
		set &^= StatusFeaturesOK // modern drivers are to take it, and nothing that is not offered
	}
	c.status |= set
	if set&StatusDriverOK != 0 {
		c.start()
	}
}

func (c *Core) start() {
	if !c.started && c.Live() {
		c.started = true
		c.dev.Start()
	}
}

// readFeatures are the offered ones that are selected, 32 of them.
func (c *Core) readFeatures() uint32 {
	if c.deviceSelect > 1 {
		return 0
	}
	return uint32(c.offered >> (32 * c.deviceSelect))
}

func (c *Core) driverFeatures() uint32 {
	if c.driverSelect > 1 {
		return 0
	}
	return uint32(c.features >> (32 * c.driverSelect))
}

// writeFeatures takes 32 features of the driver's.
func (c *Core) writeFeatures(sel uint32, v uint32) {
	if sel > 1 || c.status&(StatusFeaturesOK|StatusDriverOK) != 0 {
		return
	}
	shift := 32 * sel
	c.features = c.features&^(legacyFeatures<<shift) | uint64(v)<<shift
}

// selected is the queue that registers are about; ok is false if there is no
// such queue.
func (c *Core) selected() (i int, ok bool) {
	return int(c.queueSelect), int(c.queueSelect) < len(c.queues)
}

// changeable tells whether the selected queue may be set up.
func (c *Core) changeable() (i int, ok bool) {
	i, ok = c.selected()
	return i, ok && !c.queues[i].Ready() && c.status&StatusNeedsReset == 0
}

// writeSize sets the size of the selected queue.
func (c *Core) writeSize(v uint32) {
	if i, ok := c.changeable(); ok {
		c.queues[i].Size = uint16(min(v, 1<<16-1))
	}
}

// enable starts the selected queue.
func (c *Core) enable() {
	i, ok := c.changeable()
	if !ok {
		return
	}
	q := c.queues[i]
	if q.Size > q.most {
		q.Broken(fmt.Errorf("a ring of %d descriptors, at most %d can be", q.Size, q.most))
	} else if err := q.Start(c.Has(FeaturePacked), c.Has(FeatureEventIdx)); err != nil {
		q.Broken(err)
	}
}

// notify is the driver's word that a queue has buffers.
func (c *Core) notify(i uint32) {
	if i >= uint32(len(c.queues)) || !c.Live() {
		return
	}
	c.start()
	c.dev.Notify(int(i))
}

// writeAddress sets half of one of the three addresses of the selected queue, of
// its descriptors, driver area and device area.
func (c *Core) writeAddress(which uint32, high bool, v uint32) {
	i, ok := c.changeable()
	if !ok {
		return
	}
	p := c.queues[i].address(which)
	if high {
		*p = *p&(1<<32-1) | uint64(v)<<32
	} else {
		*p = *p&^(1<<32-1) | uint64(v)
	}
}

// readAddress is half of one of them.
func (c *Core) readAddress(which uint32, high bool) uint32 {
	i, ok := c.selected()
	if !ok {
		return 0
	}
	v := *c.queues[i].address(which)
	if high {
		v >>= 32
	}
	return uint32(v)
}

// address is where a queue's layout has one of the three addresses.
func (q *vqueue) address(which uint32) *uint64 {
	switch which {
	case 0:
		return &q.Desc
	case 1:
		return &q.Driver
	}
	return &q.Device
}
