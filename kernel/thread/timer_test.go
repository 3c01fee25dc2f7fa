//go:build !tamago

package thread

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTimersAgainstSortedModel adds and removes at random and compares the
// first deadline with a model's after each step.
func TestTimersAgainstSortedModel(t *testing.T) {
	w := newWorld(t, 1)
	rng := rand.New(rand.NewPCG(3, 4))
	th := newThreads(w, 200)
	h := w.processors[0].timers()
	model := map[uint32]uint64{}
	for step := range 20000 {
		one := th[rng.IntN(len(th))]
		if _, ok := model[one.tid]; ok {
			h.remove(one)
			delete(model, one.tid)
			if one.timerIndex != -1 || one.deadline != 0 {
				t.Fatalf("removed thread has index %d and deadline %d", one.timerIndex, one.deadline)
			}
		} else {
			one.state = stateWaiting
			one.deadline = 1 + rng.Uint64N(50) // with many equal ones
			h.add(one)
			model[one.tid] = one.deadline
		}
		if int(h.n) != len(model) {
			t.Fatalf("step %d: %d timers, want %d", step, h.n, len(model))
		}
		first := uint64(never)
		for _, d := range model {
			first = min(first, d)
		}
		if f := h.first(); f == nil && first != never || f != nil && f.deadline != first {
			t.Fatalf("step %d: first is %+v, want deadline %d", step, f, first)
		}
		if wrong := w.misplacedTimers(200, func(ref, string) {}); wrong != nil {
			t.Fatalf("step %d: %v", step, wrong)
		}
	}
	var got, want []uint64
	for h.first() != nil {
		got = append(got, h.first().deadline)
		h.remove(h.first())
	}
	for _, d := range model {
		want = append(want, d)
	}
	slices.Sort(want)
	expectSlice(t, "deadlines in order", got, want)
}

func TestTimersRemoveTwice(t *testing.T) {
	w := newWorld(t, 1)
	th := newThreads(w, 2)
	h := w.processors[0].timers()
	for i, one := range th {
		one.deadline = uint64(10 + i)
		h.add(one)
	}
	h.remove(th[0])
	h.remove(th[0])
	expectEqual(t, "timers", h.n, 1)
	expectEqual(t, "first", h.first(), th[1])
}

func TestTimersHoldEveryThread(t *testing.T) {
	w := newWorld(t, 1)
	h := w.processors[0].timers()
	for i := range maxThreads {
		one := newThread()
		if one == nil {
			t.Fatalf("no thread %d", i)
		}
		one.deadline = uint64(maxThreads - i)
		h.add(one)
	}
	for i := range maxThreads {
		if d := h.first().deadline; d != uint64(i+1) {
			t.Fatalf("deadline %d, want %d", d, i+1)
		}
		h.remove(h.first())
	}
}
