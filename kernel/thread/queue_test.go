//go:build !tamago

package thread

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// tids lists the threads of a queue, and fails if its two directions differ.
func tids(t *testing.T, q *queue) (list []uint32) {
	t.Helper()
	for r := q.head; r != 0; r = r.get().next {
		list = append(list, r.get().tid)
	}
	var back []uint32
	for r := q.tail; r != 0; r = r.get().prev {
		back = append(back, r.get().tid)
	}
	slices.Reverse(back)
	expectSlice(t, "the queue read backwards", back, list)
	expectEqual(t, "length", q.length, len(list))
	return list
}

func newThreads(w *world, n int) (list []*thread) {
	for range n {
		list = append(list, newThread())
	}
	return list
}

func TestQueueKeepsOrder(t *testing.T) {
	w := newWorld(t, 1)
	th := newThreads(w, 5)
	for _, c := range []struct {
		name string
		do   func(q *queue)
		want []uint32
	}{
		{"empty", func(q *queue) {}, nil},
		{"pushed last is last", func(q *queue) { q.push(th[0]); q.push(th[1]); q.push(th[2]) }, []uint32{1, 2, 3}},
		{"removed from the middle", func(q *queue) { q.push(th[0]); q.push(th[1]); q.push(th[2]); q.remove(th[1]) }, []uint32{1, 3}},
		{"removed from the front", func(q *queue) { q.push(th[0]); q.push(th[1]); q.push(th[2]); q.remove(th[0]) }, []uint32{2, 3}},
		{"removed from the end", func(q *queue) { q.push(th[0]); q.push(th[1]); q.remove(th[1]); q.push(th[2]) }, []uint32{1, 3}},
		{"the only one removed", func(q *queue) { q.push(th[0]); q.remove(th[0]) }, nil},
		{"popped oldest first", func(q *queue) {
			for _, one := range th {
				q.push(one)
			}
			for i := range 3 {
				expectEqual(t, "popped", q.pop(), th[i])
			}
		}, []uint32{4, 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var q queue
			c.do(&q)
			expectSlice(t, "threads", tids(t, &q), c.want)
			expectEqual(t, "empty", q.empty(), len(c.want) == 0)
			for q.pop() != nil {
			}
			if q != (queue{}) {
				t.Errorf("an emptied queue is %+v", q)
			}
		})
	}
}

func TestQueueAgainstSlice(t *testing.T) {
	w := newWorld(t, 1)
	rng := rand.New(rand.NewPCG(1, 2))
	th := newThreads(w, 20)
	var q queue
	var model []uint32
	for range 5000 {
		one := th[rng.IntN(len(th))]
		at := slices.Index(model, one.tid)
		switch {
		case at >= 0:
			q.remove(one)
			model = slices.Delete(model, at, at+1)
		default:
			q.push(one)
			model = append(model, one.tid)
		}
		if rng.IntN(8) == 0 {
			if p := q.pop(); p != nil {
				expectEqual(t, "popped", p.tid, model[0])
				model = model[1:]
			} else {
				expectEqual(t, "threads left", len(model), 0)
			}
		}
		if got := tids(t, &q); !slices.Equal(got, model) {
			t.Fatalf("got %v, want %v", got, model)
		}
	}
}
