package clock

const (
	// rounds is how often one pass measures; each round starts at the point
	// where the last one ended.
	rounds = 5
	points = rounds + 1

	// roundsPerSec sets the length of a round, 1.6 ms: over a pass, 8 ms, an
	// HPET is good for about 100 ppm where reading it takes a microsecond.
	roundsPerSec = 625
	// slowRoundsPerSec is for a lone counter slower than slowHz (the PIT), whose
	// ticks would blur the rate more.
	slowRoundsPerSec = 250
	slowHz           = 2_000_000

	// gapPolls bounds the wait between two points. Reading a counter takes 10 ns
	// and more.
	gapPolls = 1_000_000

	// passes bounds how often a measurement is made that turns out unsteady.
	passes = 3
)

// pass measures all counters at the same time.
type pass struct {
	m      *Machine
	tracks []track // of the references, then of the timer
	// paceHz is the rate of the TSC, which times the rounds where no counter
	// of a known rate runs.
	paceHz uint64
}

// counter returns the counter of track i.
func (p *pass) counter(i int) Counter {
	if i < len(p.m.References) && i < MaxReferences {
		return p.m.References[i]
	}
	return p.m.Timer
}

// alive reports whether there is anything to measure.
func (p *pass) alive() bool {
	for i := range p.tracks {
		if p.tracks[i].state == Good {
			return true
		}
	}
	return false
}

// measure makes passes until the good counters are steady, and fits each. The
// tracks whose counters stopped are left Stuck, those that made no sense
// Unsteady.
func (p *pass) measure(fits []fit) {
	for i := range p.tracks {
		p.tracks[i].init(p.counter(i), p.m.TSC)
	}
	for try := 0; try < passes && p.alive(); {
		if !p.run() {
			continue // one reference the fewer
		}
		try++
		steady := true
		for i := range p.tracks {
			if p.tracks[i].state != Stuck {
				fits[i] = p.tracks[i].fit()
				steady = steady && fits[i].steady
			}
		}
		if steady {
			return
		}
	}
	for i := range p.tracks {
		if p.tracks[i].state == Good && !fits[i].steady {
			p.tracks[i].state = Unsteady
		}
	}
}

// run samples every counter at every point. It reports false when a reference
// did not get through a round, which is then Stuck.
func (p *pass) run() bool {
	for i := range points {
		if i > 0 && !p.wait() {
			return false
		}
		for j := range p.tracks {
			if t := &p.tracks[j]; t.state == Good {
				t.at[i] = t.take(p.counter(j), p.m.TSC)
			}
		}
	}
	return true
}

// wait lets a round pass. It is over when two references say so, or the only
// one: a counter that lies about its rate alone makes it neither short nor
// long.
func (p *pass) wait() bool {
	need := p.startRound()
	begin := p.m.TSC()
	for range gapPolls {
		if need == 0 {
			if p.m.TSC()-begin >= p.paceHz/roundsPerSec {
				return true
			}
			continue
		}
		done := 0
		for i := range p.tracks {
			t := &p.tracks[i]
			if !t.known() {
				continue
			}
			t.done = t.done || t.elapsed(t.start, p.counter(i).Read()) >= t.ticks
			if t.done {
				done++
			}
		}
		if done >= need {
			return true
		}
	}
	stopped := false
	for i := range p.tracks {
		if t := &p.tracks[i]; t.known() && !t.done {
			t.state, stopped = Stuck, true
		}
	}
	return !stopped
}

// startRound notes where the references stand, and returns how many of them
// have to say that the round is over.
func (p *pass) startRound() (need int) {
	last := 0
	for i := range p.tracks {
		if t := &p.tracks[i]; t.known() {
			t.start, t.done = p.counter(i).Read(), false
			t.ticks = t.hz / roundsPerSec
			need++
			last = i
		}
	}
	if t := &p.tracks[last]; need == 1 && t.hz < slowHz && !p.m.Rough {
		t.ticks = t.hz / slowRoundsPerSec
	}
	return min(need, 2)
}
