package sched

import "sync"

// Options are what a Scheduler is made of.
type Options struct {
	Processors int // of the host, from 1 to MaxProcessors
	Clock      Clock
	Policy     func() Policy // makes the policy of one processor's queue
	Quantum    uint64        // ns of a slice, at least 1
}

// Scheduler shares the host's processors among vCPUs. Its methods may be called
// by any goroutine.
type Scheduler struct {
	clock   Clock
	quantum uint64
	exist   Set

	mu         sync.Mutex // of all that follows, and of all groups and turns
	processors []processor
	free       Set // the processors on which nothing runs
	groups     []*Group
	ring       [sliceRing]Slice
	ended      uint64 // slices so far; the next one's place in ring
}

// New makes a scheduler without any groups. Processors and Quantum outside their
// bounds become the nearest bound.
func New(o Options) *Scheduler {
	n := min(max(o.Processors, 1), MaxProcessors)
	s := &Scheduler{
		clock:      o.Clock,
		quantum:    max(o.Quantum, 1),
		exist:      firstProcessors(n),
		processors: make([]processor, n),
		free:       firstProcessors(n),
	}
	for i := range s.processors {
		p := &s.processors[i]
		p.index = i
		p.policy = o.Policy()
		p.queue.Quantum = s.quantum
	}
	return s
}

// unlock gives up the lock and then interrupts what runs on the processors of
// interrupts. If something else runs there by now, its Until is up to date and
// the interrupt does no harm.
func (s *Scheduler) unlock(interrupts Set) {
	s.mu.Unlock()
	for ; interrupts != 0; interrupts &= interrupts - 1 {
		s.processors[interrupts.first()].latest.Load().interrupt()
	}
}
