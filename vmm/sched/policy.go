package sched

import (
	"fmt"
	"slices"
	"strings"
)

// Policy decides the order in which the turns of one processor's queue run.
// There is one object for each processor. The scheduler decides all else: in
// which queue a turn waits, and when a slice is over. All calls are made with
// the scheduler's lock held: a policy must not block, and it should not allocate.
//
// A policy that wants to remember something of a turn has a field in Turn.
type Policy interface {
	// Ready tells that t has woken, and is about to run here or to wait in q. It
	// is not in q.Waiting yet.
	Ready(q *Queue, t *Turn)
	// Leave and Enter tell that t moves from one queue to another, whether it is
	// idle or waits: first Leave of the policy there, then Enter of the one here.
	// A new turn enters its first queue. t is in neither q.Waiting.
	Leave(q *Queue, t *Turn)
	Enter(q *Queue, t *Turn)
	// Ran charges t, which is q.Running, for the ns that it ran since it was last
	// charged. A slice may be charged in pieces.
	Ran(q *Queue, t *Turn, ns uint64)
	// Next is the one of q.Waiting, which is not empty, that runs next. One whose
	// slice is over is among them, as the last. Nothing runs here meanwhile.
	Next(q *Queue) *Turn
	// Before reports whether woken should not wait for the end of q.Running's
	// slice. The running one has just been charged.
	Before(q *Queue, woken *Turn) bool
}

// Queue is what a policy sees of its processor.
type Queue struct {
	Waiting []*Turn // in the order in which they came
	Running *Turn   // nil if the processor is free
	Quantum uint64  // ns of a slice
}

// forgetful is the part of a policy that remembers nothing, for embedding.
type forgetful struct{}

func (forgetful) Ready(q *Queue, t *Turn)           {}
func (forgetful) Leave(q *Queue, t *Turn)           {}
func (forgetful) Enter(q *Queue, t *Turn)           {}
func (forgetful) Ran(q *Queue, t *Turn, ns uint64)  {}
func (forgetful) Before(q *Queue, woken *Turn) bool { return false }

// policies are the ones that a user can name.
var policies = []struct {
	name string
	make func() Policy
}{
	{"lottery", NewLottery(1)},
	{"roundrobin", NewRoundRobin},
	{"stride", NewStride},
}

// ByName is the maker of a policy, for Options.Policy.
func ByName(name string) (func() Policy, error) {
	var names []string
	for _, p := range policies {
		if p.name == name {
			return p.make, nil
		}
		names = append(names, p.name)
	}
	return nil, fmt.Errorf("scheduling policy %q: there are %s", name, strings.Join(names, ", "))
}

// remove takes t out of those that wait.
func (q *Queue) remove(t *Turn) {
	if i := slices.Index(q.Waiting, t); i >= 0 {
		q.Waiting = slices.Delete(q.Waiting, i, i+1)
	}
}
