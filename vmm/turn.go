package vmm

// A processor's turns on the host's processors. Package sched decides; here is
// what it means for the one whose turn it is. Whoever has no turn may still see
// to the machine's timers, and does: they are due whether a guest runs or not.

// takeTurn waits until it is the processor's turn, and lets others go first when
// its slice is over. It tells whether the alarm must be set again.
func (c *VCPU) takeTurn() (changed bool) {
	switch {
	case !c.holds:
		c.holds = c.turn.Begin()
	case c.vm.host.Now() >= c.turn.Until():
		c.holds = c.turn.Pass()
	default:
		return false
	}
	c.awaitTurn()
	return true
}

// pause is an exit by a guest that spins: somebody else has what it waits for.
func (c *VCPU) pause() {
	c.next()
	c.holds = c.turn.Donate()
	c.awaitTurn()
	c.Attention.Or(attendTimer)
}

// awaitTurn waits until it is the processor's turn, if it is not yet, and goes
// where that is.
func (c *VCPU) awaitTurn() {
	if !c.holds {
		stamp := c.vm.host.TSC()
		c.halted.Store(true)
		for !c.turn.Begin() {
			c.lock()
			c.tick()
			c.unlock()
			c.sleep(c.turn.Granted())
		}
		c.halted.Store(false)
		c.holds = true
		c.Stats.skip(c.vm.host.TSC() - stamp)
	}
	if place := c.turn.Processor(); place != c.place {
		if c.place >= 0 {
			c.cpu.Leave()
		}
		c.alarm.Move(place)
		c.place, c.alarmAt = place, 0
	}
}

// endTurn gives the turn up.
func (c *VCPU) endTurn() {
	c.turn.End()
	c.holds = false
}
