//go:build solution

package scheduler

import "github.com/ringo-vmm/ringo/vmm/sched"

// policy is stride scheduling: the lowest pass runs, and a pass advances by the
// time used over the weight.
type policy struct {
	pass map[*sched.Turn]float64
	now  float64 // the pass of the one that ran last: where a turn begins that joins
}

func newPolicy() sched.Policy { return &policy{pass: map[*sched.Turn]float64{}} }

func (p *policy) Enter(q *sched.Queue, t *sched.Turn) { p.pass[t] = p.now }
func (p *policy) Leave(q *sched.Queue, t *sched.Turn) { delete(p.pass, t) }

// Ready lets a turn that slept begin where the others are.
func (p *policy) Ready(q *sched.Queue, t *sched.Turn) { p.pass[t] = max(p.pass[t], p.now) }

func (p *policy) Ran(q *sched.Queue, t *sched.Turn, ns uint64) {
	p.pass[t] += float64(ns) / t.Weight()
	p.now = p.pass[t]
}

func (p *policy) Next(q *sched.Queue) *sched.Turn {
	next := q.Waiting[0]
	for _, t := range q.Waiting {
		if p.pass[t] < p.pass[next] {
			next = t
		}
	}
	return next
}

func (p *policy) Before(q *sched.Queue, woken *sched.Turn) bool {
	return p.pass[woken] < p.pass[q.Running]
}
