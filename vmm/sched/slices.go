package sched

// sliceRing is how many slices a scheduler remembers.
const sliceRing = 4096

// Slice is a time in which a vCPU had a processor, through all the slices that
// followed one another there.
type Slice struct {
	Group     string // name
	Index     int    // of the turn in its group
	Processor int
	From, To  uint64 // ns of the Clock
}

// remember keeps that t had its processor until now.
func (s *Scheduler) remember(t *Turn, now uint64) {
	if now > t.from {
		s.ring[s.ended%sliceRing] = t.present(now)
		s.ended++
	}
}

// present is the slice of a turn that runs, up to now.
func (t *Turn) present(now uint64) Slice {
	return Slice{t.group.name, t.index, int(t.processor.Load()), t.from, now}
}

// Slices are the latest slices in the order in which they ended, and then those
// that go on as of now.
func (s *Scheduler) Slices() []Slice {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	var list []Slice
	for i := s.ended - min(s.ended, sliceRing); i < s.ended; i++ {
		list = append(list, s.ring[i%sliceRing])
	}
	for i := range s.processors {
		if t := s.processors[i].queue.Running; t != nil && now > t.from {
			list = append(list, t.present(now))
		}
	}
	return list
}
