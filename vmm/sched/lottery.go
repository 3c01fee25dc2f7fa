package sched

import "math/rand/v2"

// Lottery is proportional share by chance: each turn that waits has as many
// tickets as its weight, and one is drawn for each slice. Nobody starves, and no
// memory of the past is needed; but over n slices the number that a turn with the
// share p wins is off by sqrt(n*p*(1-p)) on average. (C. Waldspurger, W. Weihl:
// Lottery Scheduling, OSDI 1994.)
//
// Who wakes takes part in the next draw. What Turn.Slice remembers is enough.
type Lottery struct {
	forgetful
	random *rand.Rand
}

// NewLottery makes a maker of lotteries. The same seed gives the same draws; each
// lottery that is made has its own.
func NewLottery(seed uint64) func() Policy {
	lotteries := uint64(0)
	return func() Policy {
		lotteries++
		return &Lottery{random: rand.New(rand.NewPCG(seed, lotteries))}
	}
}

// maxCompensation bounds what tickets are multiplied by.
const maxCompensation = 100

// tickets are t's. One that used only a part f of its last slice has 1/f as many
// until it wins: compensation tickets. Else it would get its share of the slices,
// but not of the time.
func tickets(q *Queue, t *Turn) float64 {
	used := t.Slice()
	if used == 0 || used >= q.Quantum {
		return t.Weight()
	}
	return t.Weight() * min(float64(q.Quantum)/float64(used), maxCompensation)
}

// Next draws.
func (l *Lottery) Next(q *Queue) *Turn {
	total := 0.0
	for _, t := range q.Waiting {
		total += tickets(q, t)
	}
	drawn := l.random.Float64() * total
	for _, t := range q.Waiting {
		if drawn -= tickets(q, t); drawn < 0 {
			return t
		}
	}
	return q.Waiting[0] // rounding left over a bit of a ticket
}
