package sched

// A cap is kept by periods. In each the group may use its budget; when that is
// used up its turns are parked until the period ends. What it used beyond its
// budget, because a turn did not pass in time, it has less in the next.
const (
	period     = 100e6 // ns
	percent    = period / 100
	shortestNS = 1e6 // what a turn is given at least, lest slices get too short
)

// account is what a group has used of its cap.
type account struct {
	budget uint64 // ns of processor time in a period, 0 is no cap
	used   uint64 // ns of it in the present one
	end    uint64 // when that ends
	refill Timer  // set to the end when turns are parked
}

// setCap begins the first period of a cap.
func (g *Group) setCap(now uint64) {
	g.budget = uint64(g.params.Cap) * percent
	g.used = 0
	g.end = now + period
}

// changeCap makes a new cap hold. One that was there goes on with its period.
func (g *Group) changeCap(now uint64) (interrupts Set) {
	if g.budget == 0 {
		g.setCap(now)
		for _, t := range g.turns {
			t.metered = now
		}
	}
	g.budget = uint64(g.params.Cap) * percent
	if !g.exhausted(now) {
		interrupts = g.admit(now)
	}
	return interrupts | g.limit(now)
}

// meter brings the account up to now.
func (g *Group) meter(now uint64) {
	if now >= g.end {
		g.spend(g.end)
		debt := g.used - min(g.used, g.budget)
		missed := (now - g.end) / period
		if missed > 0 {
			debt = 0
		}
		g.used = min(debt, g.budget)
		g.end += (missed + 1) * period
	}
	g.spend(now)
}

// spend adds what ran until a time to what is used.
func (g *Group) spend(until uint64) {
	for _, t := range g.turns {
		if t.state == Running && t.metered < until {
			g.used += until - t.metered
			t.metered = until
		}
	}
}

// exhausted reports whether the group may not run any more in this period.
func (g *Group) exhausted(now uint64) bool {
	if g.budget == 0 {
		return false
	}
	g.meter(now)
	return g.used >= g.budget
}

// limit divides what is left among the turns that run, as the time at which each
// must pass. They pass at the end of the period at the latest.
func (g *Group) limit(now uint64) (interrupts Set) {
	at := Never
	if g.budget != 0 {
		g.meter(now)
		running := uint64(0)
		for _, t := range g.turns {
			if t.state == Running {
				running++
			}
		}
		left := g.budget - min(g.used, g.budget)
		at = min(now+max(left/max(running, 1), shortestNS), g.end)
	}
	for _, t := range g.turns {
		if t.state == Running {
			t.capEnd = at
			if t.publish() {
				interrupts |= g.scheduler.processors[t.home].bit()
			}
		}
	}
	return interrupts
}

// park takes the group's turns out of the queues, and lets those that run pass.
func (g *Group) park(now uint64) (interrupts Set) {
	s := g.scheduler
	for _, t := range g.turns {
		switch t.state {
		case Waiting:
			s.dequeue(t)
			t.park(now)
		case Running:
			t.capEnd = now
			if t.publish() {
				interrupts |= s.processors[t.home].bit()
			}
		}
	}
	return interrupts
}

// park makes a turn that is in no queue wait for the next period.
func (t *Turn) park(now uint64) {
	t.become(Capped, now)
	t.group.refill.Set(t.group.end)
}

// unpark is called by the timer at the end of a period.
func (g *Group) unpark() {
	s := g.scheduler
	s.mu.Lock()
	if g.closed {
		s.mu.Unlock()
		return
	}
	now := s.clock.Now()
	interrupts := Set(0)
	if g.exhausted(now) {
		g.refill.Set(g.end)
	} else {
		interrupts = g.admit(now)
	}
	s.unlock(interrupts)
}

// admit lets turns that were parked run or wait again.
func (g *Group) admit(now uint64) (interrupts Set) {
	s := g.scheduler
	for _, t := range g.turns {
		if t.state == Capped {
			interrupts |= s.put(t, s.choose(t), now, true)
			if t.state == Running {
				t.grant()
			}
		}
	}
	return interrupts
}
