//go:build !tamago

package thread

import "fmt"

// The layer's invariants, which hold whenever nobody is inside it.

// check reports every broken invariant. coming are the processors that will
// look at the ready queue by themselves: an interrupt is on its way to them.
func (w *world) check(coming func(p *processor) bool) {
	w.Helper()
	for _, problem := range append(w.misplaced(), w.misled(coming)...) {
		w.Error(problem)
	}
}

// problems collects broken invariants.
type problems []string

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// misplaced lists what is wrong with the queues: every thread must be in
// exactly one place, the one that its state tells.
func (w *world) misplaced() (wrong problems) {
	if layer.lock != 0 {
		wrong.add("the lock is held")
	}
	place := map[ref]string{}
	put := func(r ref, where string) {
		if old, ok := place[r]; ok {
			wrong.add("thread %d is in %s and in %s", r.get().tid, old, where)
		}
		place[r] = where
	}
	walk := func(q *queue, where string, each func(t *thread)) {
		n, last := 0, ref(0)
		for r := q.head; r != 0 && n <= maxThreads; r = r.get().next {
			if r.get().prev != last {
				wrong.add("%s: the back link of thread %d is wrong", where, r.get().tid)
			}
			put(r, where)
			each(r.get())
			last = r
			n++
		}
		if q.tail != last || q.length != n {
			wrong.add("%s: tail or length %d wrong, %d threads are linked", where, q.length, n)
		}
	}
	walkReady := func(q *readyQueue, where string, pin uint32) {
		turn := uint64(0)
		each := func(t *thread) {
			if t.state != stateReady || t.waitsOn != 0 || t.timer.at != 0 || t.pin != pin || t.turn < turn {
				wrong.add("thread %d in %s: state %s, waits on %#x, timer %d, pin %d, turn %d after %d", t.tid, where, stateNames[t.state], t.waitsOn, t.timer.at, t.pin, t.turn, turn)
			}
			turn = t.turn
		}
		walk(&q.urgent, where+", urgent", each)
		turn = 0
		walk(&q.other, where, each)
	}
	walkReady(&layer.ready, "the ready queue", 0)
	for _, p := range w.processors {
		walkReady(&p.ready, fmt.Sprintf("processor %d's queue", p.index), p.index+1)
	}
	for i := range layer.futex {
		if layer.futex[i] == (queue{}) {
			continue
		}
		walk(&layer.futex[i], fmt.Sprintf("futex bucket %d", i), func(t *thread) {
			if t.state != stateWaiting || bucket(t.waitsOn) != &layer.futex[i] {
				wrong.add("thread %d in bucket %d: state %s, waits on %#x", t.tid, i, stateNames[t.state], t.waitsOn)
			}
		})
	}
	walk(&poller.waiters, "the poller", func(t *thread) {
		if t.state != stateWaiting || t.waitsOn != waitPoll {
			wrong.add("thread %d in the poller: state %s, waits on %#x", t.tid, stateNames[t.state], t.waitsOn)
		}
	})
	for _, p := range w.processors {
		if t := p.current.get(); p.current != p.idle {
			put(p.current, fmt.Sprintf("processor %d", p.index))
			if t.state != stateRunning || t.cpu != p.index {
				wrong.add("thread %d on processor %d: state %s, cpu %d", t.tid, p.index, stateNames[t.state], t.cpu)
			}
		}
		if p.idle.get().state != stateIdle {
			wrong.add("the idle thread of processor %d is %s", p.index, stateNames[p.idle.get().state])
		}
	}
	wrong = append(wrong, w.misplacedTimers(put)...)
	alive := 0
	for i, r := range layer.threads[:layer.nthreads] {
		if r.get().state == stateFree {
			continue
		}
		alive++
		if int(r.get().tid) != i+1 {
			wrong.add("thread %d is in slot %d", r.get().tid, i)
		}
		if place[r] == "" {
			wrong.add("thread %d (%s) is nowhere", r.get().tid, stateNames[r.get().state])
		}
		delete(place, r)
	}
	if alive != layer.running {
		wrong.add("%d threads are alive, the layer counts %d", alive, layer.running)
	}
	for r, where := range place {
		wrong.add("%s holds thread %d, which does not exist", where, r.get().tid)
	}
	seen := map[ref]bool{}
	for r := layer.spare; r != 0; r = r.get().next {
		if seen[r] || r.get().state != stateFree {
			wrong.add("the pool holds a thread twice or one that is %s", stateNames[r.get().state])
			break
		}
		seen[r] = true
	}
	return wrong
}

// misplacedTimers is misplaced for the timer heaps; put notes the threads that
// wait for nothing else.
func (w *world) misplacedTimers(put func(ref, string)) (wrong problems) {
	seen := map[uintptr]bool{}
	for _, p := range w.processors {
		before := len(seen)
		var walk func(addr, parent uintptr)
		walk = func(addr, parent uintptr) {
			from := uint64(0)
			if parent != 0 {
				from = timerAt(parent).at
			}
			for prev := parent; addr != 0; prev, addr = addr, timerAt(addr).next {
				t := timerAt(addr)
				if seen[addr] {
					wrong.add("a timer is in a heap twice")
					return
				}
				seen[addr] = true
				if t.prev != prev || t.home != p.index || t.at == 0 || t.at < from {
					wrong.add("a timer of processor %d: home %d, at %d, below one at %d", p.index, t.home, t.at, from)
				}
				if th := t.thread(); t.flag == 0 {
					if th.state != stateWaiting {
						wrong.add("thread %d has a timer and is %s", th.tid, stateNames[th.state])
					}
					if th.waitsOn == 0 {
						put(th.ref(), "the timers")
					}
				}
				walk(t.child, addr)
			}
		}
		walk(p.timers.root, 0)
		if n := len(seen) - before; n != p.timers.n {
			wrong.add("processor %d counts %d timers of %d", p.index, p.timers.n, n)
		}
	}
	for _, r := range layer.threads[:layer.nthreads] {
		if t := r.get(); seen[t.timer.addr()] != (t.timer.at != 0) {
			wrong.add("thread %d has a timer that is set to %d and in a heap: %t", t.tid, t.timer.at, seen[t.timer.addr()])
		}
	}
	return wrong
}

// misled lists what is wrong with what the processors will do next: no thread
// may be ready while a processor idles that may run it and nothing tells it,
// and each processor's timer must come before its first deadline and the end of
// a slice.
func (w *world) misled(coming func(p *processor) bool) (wrong problems) {
	known, late := 0, 0 // processors that idle, and those of them that nothing will wake
	slicing := layer.ready.empty()
	for _, p := range w.processors {
		timer := w.machine.timers[p.index]
		idle := p.current == p.idle
		switch {
		case !idle && p.idling():
			wrong.add("processor %d works and counts as idle", p.index)
		case idle && coming(p):
			known++
		case idle:
			late++
			if !p.idling() {
				wrong.add("processor %d idles, nothing comes, and it will never be kicked", p.index)
			}
		case p.sliceEnd != 0 && (timer <= p.sliceEnd || coming(p)):
			slicing = true
		}
		if !p.ready.empty() && !coming(p) && (idle || p.sliceEnd == 0 || timer > p.sliceEnd) {
			wrong.add("%d threads wait for processor %d, which does not know", p.ready.length(), p.index)
		}
		first := uint64(never)
		if t := p.timers.first(); t != nil {
			first = t.at
		}
		if p.late != 0 {
			first = min(first, p.lateAt)
		}
		if timer > first && !coming(p) {
			wrong.add("the first deadline of processor %d is %d, its timer %d", p.index, first, timer)
		}
	}
	if n := layer.ready.length(); n > known && late > 0 {
		wrong.add("%d threads are ready, %d processors will look, %d idle", n, known, late)
	}
	if !slicing && known == 0 {
		wrong.add("%d threads are ready and no running one has a slice that ends", layer.ready.length())
	}
	return wrong
}
