//go:build !solution

package scheduler

import "github.com/ringo-vmm/ringo/vmm/sched"

// policy is one processor's queue. What it must remember of a turn, a map from
// *sched.Turn can hold.
type policy struct {
	// GAP: add what you need.
}

func newPolicy() sched.Policy { return &policy{} }

// Enter and Leave are called when t joins this processor's queue and leaves it
// for another's.
func (p *policy) Enter(q *sched.Queue, t *sched.Turn) {}
func (p *policy) Leave(q *sched.Queue, t *sched.Turn) {}

// Ready is called when t has woken up and wants to run.
func (p *policy) Ready(q *sched.Queue, t *sched.Turn) {
	// GAP: t has slept. It must not have saved up time meanwhile.
}

// Ran is called when t, which runs, has used some ns of processor time.
func (p *policy) Ran(q *sched.Queue, t *sched.Turn, ns uint64) {
	// GAP: account for it.
}

// Next chooses one of q.Waiting, which is not empty.
func (p *policy) Next(q *sched.Queue) *sched.Turn {
	// GAP: choose by weight. This is round robin.
	return q.Waiting[0]
}

// Before tells whether woken may interrupt the turn that runs.
func (p *policy) Before(q *sched.Queue, woken *sched.Turn) bool { return false }
