package sched

import (
	"fmt"
	"slices"
)

// Group is a virtual machine's vCPUs: they share its weight and its cap.
type Group struct {
	scheduler *Scheduler
	name      string
	made      int // turns so far

	// The rest is under the scheduler's lock.
	params Params // complete
	turns  []*Turn
	active int     // turns that are neither idle nor closed
	share  float64 // of the weight, for one active turn
	closed bool
	account
}

// NewGroup makes a group without turns. The error says what in p cannot be.
func (s *Scheduler) NewGroup(name string, p Params) (*Group, error) {
	p, err := p.check(s.exist)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	g := &Group{scheduler: s, name: name}
	g.refill = s.clock.NewTimer(g.unpark)
	s.mu.Lock()
	defer s.mu.Unlock()
	g.params = p
	g.activate(0)
	g.setCap(s.clock.Now())
	s.groups = append(s.groups, g)
	return g, nil
}

// Set changes what the group gets. Turns on processors that they may not be on any
// more leave them: those that wait at once, those that run are interrupted.
func (g *Group) Set(p Params) error {
	s := g.scheduler
	p, err := p.check(s.exist)
	if err != nil {
		return fmt.Errorf("%s: %w", g.name, err)
	}
	s.mu.Lock()
	if g.closed {
		s.mu.Unlock()
		return nil
	}
	now := s.clock.Now()
	old := g.params
	if old.Cap != 0 {
		g.meter(now)
	}
	g.params = p
	g.activate(0)
	interrupts := Set(0)
	if old.Cap != p.Cap {
		interrupts = g.changeCap(now)
	}
	if old.Processors != p.Processors {
		interrupts |= g.spread(now)
	}
	s.unlock(interrupts)
	return nil
}

// spread brings the turns to processors that they may be on.
func (g *Group) spread(now uint64) (interrupts Set) {
	s := g.scheduler
	for _, t := range g.turns {
		switch t.state {
		case Waiting:
			s.dequeue(t)
			interrupts |= s.put(t, s.choose(t), now, false)
			if t.state == Running {
				t.grant()
			}
		case Running:
			if !g.params.Processors.Has(t.home) && t.endSlice(min(now, t.sliceEnd)) {
				interrupts |= s.processors[t.home].bit()
			}
		}
	}
	return interrupts
}

// NewTurn makes the turn of another vCPU. interrupt is called, without the
// scheduler's lock, when Until of a turn that runs has come nearer; it must not
// block. A call that was under way may arrive when the turn does not run any more.
func (g *Group) NewTurn(interrupt func()) *Turn {
	s := g.scheduler
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &Turn{
		group:     g,
		index:     g.made,
		interrupt: interrupt,
		granted:   make(chan struct{}, 1),
		home:      -1,
		sliceEnd:  Never,
		capEnd:    Never,
		since:     s.clock.Now(),
	}
	t.processor.Store(-1)
	t.until.Store(Never)
	if g.closed {
		t.state = closed
		return t
	}
	g.made++
	g.turns = append(g.turns, t)
	return t
}

// Close ends and closes all turns of the group. The vCPUs should have stopped:
// one that waits for Granted waits for ever.
func (g *Group) Close() {
	s := g.scheduler
	s.mu.Lock()
	interrupts := Set(0)
	for _, t := range g.turns {
		interrupts |= s.close(t)
	}
	g.turns, g.closed = nil, true
	g.refill.Stop()
	if i := slices.Index(s.groups, g); i >= 0 {
		s.groups = slices.Delete(s.groups, i, i+1)
	}
	s.unlock(interrupts)
}

// activate counts d more turns that run or wait, and divides the weight anew.
func (g *Group) activate(d int) {
	g.active += d
	g.share = float64(g.params.Weight) / float64(max(g.active, 1))
}

// remove forgets a turn that is closed.
func (g *Group) remove(t *Turn) {
	if i := slices.Index(g.turns, t); i >= 0 {
		g.turns = slices.Delete(g.turns, i, i+1)
	}
}
