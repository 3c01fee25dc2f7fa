package sched

// RoundRobin lets turns run in the order in which they came, a quantum each. It
// looks at no weights, and who wakes queues up.
type RoundRobin struct{ forgetful }

// NewRoundRobin makes a RoundRobin.
func NewRoundRobin() Policy { return RoundRobin{} }

// Next is the one that has waited longest.
func (RoundRobin) Next(q *Queue) *Turn { return q.Waiting[0] }
