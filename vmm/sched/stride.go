package sched

// Stride is proportional share without chance. Each turn has a pass: the time
// that it has run, divided by its weight. If all passes advance alike, each has
// its share. (C. Waldspurger, W. Weihl: Stride Scheduling, MIT/LCS/TM-528, 1995.
// A stride there is what one quantum adds to the pass, Quantum/weight.)
//
// Where all turns would be if time could be divided at will is the virtual time
// of the queue: the mean of the passes, by weight. One whose pass is greater has
// had more than its share.
//
// The stride scheduler of the paper lets the lowest pass run. Then a turn of
// great weight can run ahead of its share by half as many quanta as there are
// others: with weights 100 and a hundred times 1 it runs 100 slices in a row.
// Here only those that are not ahead of the virtual time may run, and of these
// the one whose slice would end at the lowest pass. So a turn is never more than
// one quantum ahead or behind. (I. Stoica, H. Abdel-Wahab: Earliest Eligible
// Virtual Deadline First, Old Dominion University TR-95-22, 1995.)
type Stride struct {
	now float64 // virtual time
}

// NewStride makes a Stride.
func NewStride() Policy { return new(Stride) }

// stride is what a whole slice adds to t's pass.
func stride(q *Queue, t *Turn) float64 { return float64(q.Quantum) / t.Weight() }

// Ran advances the pass.
func (s *Stride) Ran(q *Queue, t *Turn, ns uint64) {
	t.pass += float64(ns) / t.Weight()
	s.now = virtualTime(q)
}

// Next is the one that would finish its slice first, of those that have not had
// more than their share. There is always one: the least is not above the mean.
func (s *Stride) Next(q *Queue) *Turn {
	s.now = virtualTime(q)
	var next *Turn
	var end float64
	for _, t := range q.Waiting {
		if e := t.pass + stride(q, t); t.pass <= s.now && (next == nil || e < end) {
			next, end = t, e
		}
	}
	return next
}

// Before lets the one that has had less go first.
func (s *Stride) Before(q *Queue, woken *Turn) bool { return woken.pass < q.Running.pass }

// Ready bounds what is left from before t slept. The virtual time went on
// meanwhile: too much that it had had is forgiven by and by, and what it did not
// use it has for the most part lost. A quantum is what it may be ahead or behind.
func (s *Stride) Ready(q *Queue, t *Turn) {
	bound := stride(q, t)
	t.pass = min(max(t.pass, s.now-bound), s.now+bound)
}

// Leave and Enter keep how far t is ahead or behind: between the two, its pass is
// relative to the virtual time. A new turn is neither ahead nor behind.
func (s *Stride) Leave(q *Queue, t *Turn) { t.pass -= s.now }

// Enter is Leave's counterpart.
func (s *Stride) Enter(q *Queue, t *Turn) { t.pass += s.now }

// virtualTime is the mean by weight of the passes of all that run or wait. It is
// a sum above the lowest, so that rounding cannot take it below that.
func virtualTime(q *Queue) float64 {
	least := q.Running
	for _, t := range q.Waiting {
		if least == nil || t.pass < least.pass {
			least = t
		}
	}
	sum, weights := 0.0, 0.0
	if r := q.Running; r != nil {
		sum, weights = r.Weight()*(r.pass-least.pass), r.Weight()
	}
	for _, t := range q.Waiting {
		sum += t.Weight() * (t.pass - least.pass)
		weights += t.Weight()
	}
	return least.pass + sum/weights
}
