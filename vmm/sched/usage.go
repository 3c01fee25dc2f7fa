package sched

// Usage is what a vCPU has used. Times are in ns since its turn was made.
type Usage struct {
	Group     string // name
	Index     int    // of the turn in its group, from 0
	Weight    uint32 // the group's
	Cap       uint32 // the group's, percent of a processor, 0 is none
	State     State
	Processor int    // that it belongs to, -1 before it ran or waited
	Run       uint64 // ns it ran
	Wait      uint64 // ns it waited for a processor
	Idle      uint64 // ns it did not want to run
	Capped    uint64 // ns it wanted to, but the cap did not let it
	Slices    uint64 // that it was given
	Moves     uint64 // from one processor to another
}

// Usage is that of all vCPUs as of now, groups and turns in the order in which
// they were made.
func (s *Scheduler) Usage() []Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	var all []Usage
	for _, g := range s.groups {
		for _, t := range g.turns {
			spent := t.spent
			spent[t.state] += elapsed(t.since, now)
			all = append(all, Usage{
				Group: g.name, Index: t.index, Weight: g.params.Weight, Cap: g.params.Cap,
				State: t.state, Processor: t.home,
				Run: spent[Running], Wait: spent[Waiting], Idle: spent[Idle], Capped: spent[Capped],
				Slices: t.slices, Moves: t.moves,
			})
		}
	}
	return all
}

// Busy is how long each host processor has run vCPUs, in ns.
func (s *Scheduler) Busy() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	busy := make([]uint64, len(s.processors))
	for i := range s.processors {
		p := &s.processors[i]
		busy[i] = p.busy
		if r := p.queue.Running; r != nil {
			busy[i] += elapsed(r.since, now)
		}
	}
	return busy
}
