package sched

// RoundRobin lets turns run in the order in which they came, a quantum each. It
// looks at no weights.
type RoundRobin struct{}

// NewRoundRobin makes a RoundRobin.
func NewRoundRobin() Policy { return RoundRobin{} }

// Next is the one that has waited longest.
func (RoundRobin) Next(q *Queue) *Turn { return q.Waiting[0] }

// Before is false: who wakes queues up.
func (RoundRobin) Before(q *Queue, woken *Turn) bool { return false }

// Ready does nothing: the order is that of the queue.
func (RoundRobin) Ready(q *Queue, t *Turn) {}

// Leave does nothing.
func (RoundRobin) Leave(q *Queue, t *Turn) {}

// Enter does nothing.
func (RoundRobin) Enter(q *Queue, t *Turn) {}

// Ran does nothing.
func (RoundRobin) Ran(q *Queue, t *Turn, ns uint64) {}
