package kvmclock

import "github.com/ringo-vmm/ringo/vmm/state"

// State is device.Stateful's. The structures are part of the guest's memory;
// Resumed brings them in step with this machine after a load.
func (c *Clock) State(s *state.Codec) {
	s.Version("kvmclock", 1)
	n := len(c.cpus)
	s.Int(&n)
	if n != len(c.cpus) {
		s.Fail("%d processors, want %d", n, len(c.cpus))
	}
	s.U64(&c.wallClock.msr)
	s.U32(&c.wallClock.version)
	for i := range c.cpus {
		s.U64(&c.cpus[i].msr)
		s.U32(&c.cpus[i].version)
	}
	if !s.Loading() {
		return
	}
	c.sampled = false
	bad := c.wallClock.msr != 0 && !c.valid(c.wallClock.msr, wallClockSize)
	for i := range c.cpus {
		msr := c.cpus[i].msr
		bad = bad || msr&enable != 0 && !c.valid(msr&^enable, timeInfoSize)
		c.cpus[i].version &^= 1
	}
	c.wallClock.version &^= 1
	if bad {
		s.Fail("a structure is not in guest memory")
		c.Reset()
	}
}
