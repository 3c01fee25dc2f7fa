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
	p := w.processors[0]
	rng := rand.New(rand.NewPCG(3, 4))
	th := newThreads(w, 200)
	for _, one := range th {
		one.state = stateWaiting
	}
	model := map[uint32]uint64{}
	for step := range 20000 {
		one := th[rng.IntN(len(th))]
		if _, ok := model[one.tid]; ok {
			one.timer.unset()
			delete(model, one.tid)
			if one.timer != (timer{}) {
				t.Fatalf("a timer that was taken out is %+v", one.timer)
			}
		} else {
			one.timer.set(p, 1+rng.Uint64N(50)) // with many equal ones
			model[one.tid] = one.timer.at
		}
		first := uint64(never)
		for _, d := range model {
			first = min(first, d)
		}
		if f := p.timers.first(); f == nil && first != never || f != nil && f.at != first {
			t.Fatalf("step %d: first is %+v, want deadline %d", step, f, first)
		}
		if wrong := w.misplacedTimers(func(ref, string) {}); wrong != nil || p.timers.n != len(model) {
			t.Fatalf("step %d: %v, %d timers of %d", step, wrong, p.timers.n, len(model))
		}
	}
	var got, want []uint64
	for f := p.timers.first(); f != nil; f = p.timers.first() {
		got = append(got, f.at)
		f.unset()
	}
	for _, d := range model {
		want = append(want, d)
	}
	slices.Sort(want)
	expectSlice(t, "deadlines in order", got, want)
}

func TestTimerIsUnsetTwice(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	th := newThreads(w, 2)
	for i, one := range th {
		one.timer.set(p, uint64(10+i))
	}
	th[0].timer.unset()
	th[0].timer.unset()
	expectEqual(t, "timers", p.timers.n, 1)
	expectEqual(t, "first", p.timers.first().thread(), th[1])
}

func TestTimersHoldEveryThread(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	for i := range maxThreads {
		one := newThread()
		if one == nil {
			t.Fatalf("no thread %d", i)
		}
		one.timer.set(p, uint64(maxThreads-i))
	}
	for i := range maxThreads {
		f := p.timers.first()
		if f.at != uint64(i+1) {
			t.Fatalf("deadline %d, want %d", f.at, i+1)
		}
		f.unset()
	}
}

// BenchmarkTimer sets and unsets one of a thousand.
func BenchmarkTimer(b *testing.B) {
	p := new(processor)
	all := make([]timer, 1000)
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range all {
		all[i].at = 1 + rng.Uint64N(1e9)
		p.timers.add(&all[i])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		t := &all[i%len(all)]
		p.timers.remove(t)
		t.at = 1 + rng.Uint64N(1e9)
		p.timers.add(t)
	}
}
