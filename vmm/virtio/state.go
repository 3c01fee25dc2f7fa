package virtio

import "github.com/ringo-vmm/ringo/vmm/state"

// State is device.Stateful's. It may be saved at any time; what a device works
// on for the driver is begun again after a load. To load, nothing may be in
// flight.
func (c *Core) State(s *state.Codec) {
	s.Version("virtio "+c.dev.Type().String(), 1)
	if s.Loading() && c.dev.Busy() {
		s.Fail("a request is in flight")
	}
	s.U8(&c.status)
	s.U64(&c.features)
	s.U32(&c.deviceSelect)
	s.U32(&c.driverSelect)
	s.U16(&c.queueSelect)
	s.U16(&c.configVector)
	s.U8(&c.generation)
	s.U8(&c.interrupts)
	s.Bool(&c.started)
	for _, q := range c.queues {
		q.State(s)
		s.U16(&q.vector)
		s.Bool(&q.again)
	}
	if s.Loading() {
		c.status &= statusDrivers | StatusNeedsReset
		c.interrupts &= interruptQueue | interruptConfig
		c.check(s)
	}
	c.dev.State(s)
	if !s.Loading() {
		return
	}
	if s.Err() != nil {
		c.Reset()
		return
	}
	c.wire.level(c.interrupts != 0)
	c.timer.Stop()
	for i, q := range c.queues {
		if q.again {
			c.Again(i)
		}
	}
}

// check finds queues that a device cannot have.
func (c *Core) check(s *state.Codec) {
	for i, q := range c.queues {
		if q.Size > q.most && q.Ready() {
			s.Fail("queue %d has %d descriptors, at most %d", i, q.Size, q.most)
		}
	}
}
