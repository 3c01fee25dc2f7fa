package sched

import "sync/atomic"

// processor is one of the host's.
type processor struct {
	index  int
	policy Policy
	queue  Queue
	busy   uint64               // ns
	latest atomic.Pointer[Turn] // the turn that runs or ran last; read without the lock
}

// bit is the set of this processor alone.
func (p *processor) bit() Set { return 1 << p.index }

// load is the weight of all that run or wait there.
func (p *processor) load() float64 {
	load := 0.0
	if r := p.queue.Running; r != nil {
		load = r.Weight()
	}
	for _, t := range p.queue.Waiting {
		load += t.Weight()
	}
	return load
}

// choose is where a turn that wants to run goes: where it was, if that is free,
// else any other that is free, else the one with the least load, where it was if
// that is as good as the others.
func (s *Scheduler) choose(t *Turn) *processor {
	allowed := t.group.params.Processors
	if free := s.free & allowed; free != 0 {
		if free.Has(t.home) {
			return &s.processors[t.home]
		}
		return &s.processors[free.first()]
	}
	return s.lightest(allowed, max(t.home, 0))
}

// lightest is the processor of a set with the least load, nil if there is none. Of
// equals it is the first from a given one on, round about.
func (s *Scheduler) lightest(of Set, from int) *processor {
	var best *processor
	var least float64
	for n := range s.processors {
		p := &s.processors[(from+n)%len(s.processors)]
		if !of.Has(p.index) {
			continue
		}
		if load := p.load(); best == nil || load < least {
			best, least = p, load
		}
	}
	return best
}

// put lets t, which neither runs nor waits, run on p if that is free, or wait
// there. woke says that it has not wanted to run until now. Like other functions
// here it returns the processors that must be interrupted.
func (s *Scheduler) put(t *Turn, p *processor, now uint64, woke bool) (interrupts Set) {
	running := p.queue.Running
	s.chargeRunning(p, now)
	s.move(t, p, now)
	if woke {
		p.policy.Ready(&p.queue, t)
	}
	if running == nil {
		return s.run(t, p, now)
	}
	s.enqueue(t, p, now)
	end := running.began + s.quantum
	if woke && p.policy.Before(&p.queue, t) {
		end = min(end, now)
	}
	if end < running.sliceEnd && running.endSlice(end) {
		return p.bit()
	}
	return 0
}

// move makes p's queue the one that t belongs to. Who runs there and here is
// charged first, so that the policies know what the time is.
func (s *Scheduler) move(t *Turn, p *processor, now uint64) {
	if t.home == p.index {
		return
	}
	if t.home >= 0 {
		old := &s.processors[t.home]
		s.chargeRunning(old, now)
		old.policy.Leave(&old.queue, t)
	}
	s.chargeRunning(p, now)
	p.policy.Enter(&p.queue, t)
	t.home = p.index
}

// enqueue makes t wait in p's queue.
func (s *Scheduler) enqueue(t *Turn, p *processor, now uint64) {
	t.become(Waiting, now)
	p.queue.Waiting = append(p.queue.Waiting, t)
}

// dequeue takes t out of the queue in which it waits. If nobody else waits there,
// the slice of the one that runs has no end any more, unless it must leave.
func (s *Scheduler) dequeue(t *Turn) {
	q := &s.processors[t.home].queue
	q.remove(t)
	if r := q.Running; len(q.Waiting) == 0 && r != nil && r.group.params.Processors.Has(r.home) {
		r.endSlice(Never)
	}
}

// run lets t, which belongs to p's queue but is not in it, run on p, which is
// free.
func (s *Scheduler) run(t *Turn, p *processor, now uint64) (interrupts Set) {
	t.become(Running, now)
	p.queue.Running = t
	p.latest.Store(t)
	s.free &^= p.bit()
	if at := int(t.processor.Load()); at != p.index {
		if at >= 0 {
			t.moves++
		}
		t.processor.Store(int32(p.index))
	}
	t.from, t.metered = now, now
	return s.beginSlice(t, now) &^ p.bit()
}

// beginSlice gives t, which runs, a new slice.
func (s *Scheduler) beginSlice(t *Turn, now uint64) (interrupts Set) {
	t.slices++
	t.slice = 0
	t.began = now
	t.sliceEnd = Never
	if len(s.processors[t.home].queue.Waiting) > 0 {
		t.sliceEnd = now + s.quantum
	}
	t.capEnd = Never
	if t.group.budget != 0 {
		interrupts = t.group.limit(now)
	}
	t.publish()
	return interrupts
}

// charge brings what is known of a turn that runs up to date.
func (s *Scheduler) charge(t *Turn, now uint64) {
	ns := elapsed(t.since, now)
	if ns == 0 {
		return
	}
	p := &s.processors[t.home]
	t.since = now
	t.spent[Running] += ns
	t.slice += ns
	p.busy += ns
	p.policy.Ran(&p.queue, t, ns)
}

// chargeRunning charges the turn that runs on p, if one does.
func (s *Scheduler) chargeRunning(p *processor, now uint64) {
	if r := p.queue.Running; r != nil {
		s.charge(r, now)
	}
}

// pass ends the slice of t, which runs. It reports whether t goes on.
func (s *Scheduler) pass(t *Turn, now uint64) (goesOn bool, interrupts Set) {
	p := &s.processors[t.home]
	s.charge(t, now)
	if t.group.exhausted(now) {
		p.queue.Running = nil
		t.park(now)
		interrupts = t.group.park(now)
		return false, interrupts | s.release(p, now)
	}
	if to := s.better(t, p); to != nil {
		p.queue.Running = nil
		interrupts = s.put(t, to, now, false)
		if t.state == Running {
			t.grant()
		}
		return false, interrupts | s.release(p, now)
	}
	q := &p.queue
	if len(q.Waiting) == 0 {
		return true, s.beginSlice(t, now) &^ p.bit()
	}
	q.Running = nil
	q.Waiting = append(q.Waiting, t)
	next := p.policy.Next(q)
	q.remove(next)
	if next == t {
		q.Running = t
		return true, s.beginSlice(t, now) &^ p.bit()
	}
	t.become(Waiting, now)
	interrupts = s.run(next, p, now)
	next.grant()
	return false, interrupts
}

// better is the processor on which t, which runs on p, should be instead; nil if
// it is right here. It moves if that makes the loads more equal, and also if the
// difference would only change sides: three turns on two processors have two
// thirds each because of that.
func (s *Scheduler) better(t *Turn, p *processor) *processor {
	allowed := t.group.params.Processors
	if !allowed.Has(p.index) {
		return s.choose(t)
	}
	if len(p.queue.Waiting) == 0 {
		return nil
	}
	to := s.lightest(allowed&^p.bit(), p.index+1)
	if to == nil || p.load()-to.load() < t.Weight() {
		return nil
	}
	return to
}

// release finds something to run on p, which has just become free: the next of
// its queue, else one of another's.
func (s *Scheduler) release(p *processor, now uint64) (interrupts Set) {
	q := &p.queue
	var next *Turn
	if len(q.Waiting) > 0 {
		next = p.policy.Next(q)
		q.remove(next)
	} else if next = s.stealable(p); next != nil {
		s.dequeue(next)
		s.move(next, p, now)
	} else {
		s.free |= p.bit()
		return 0
	}
	interrupts = s.run(next, p, now)
	next.grant()
	return interrupts
}

// stealable is a turn that may run on p: of those that wait in the most loaded
// queue that has any, the one that came first.
func (s *Scheduler) stealable(p *processor) *Turn {
	if len(s.processors) == s.free.len()+1 {
		return nil
	}
	var best *Turn
	var most float64
	for i := range s.processors {
		from := &s.processors[i]
		for _, t := range from.queue.Waiting {
			if !t.group.params.Processors.Has(p.index) {
				continue
			}
			if load := from.load(); best == nil || load > most {
				best, most = t, load
			}
			break
		}
	}
	return best
}

// end makes t idle.
func (s *Scheduler) end(t *Turn) (interrupts Set) {
	now := s.clock.Now()
	switch t.state {
	case Running:
		p := &s.processors[t.home]
		s.charge(t, now)
		if t.group.budget != 0 {
			t.group.meter(now)
		}
		p.queue.Running = nil
		t.become(Idle, now)
		t.group.activate(-1)
		return s.release(p, now)
	case Waiting:
		s.dequeue(t)
		t.become(Idle, now)
		t.group.activate(-1)
	case Capped:
		t.become(Idle, now)
		t.group.activate(-1)
	}
	return 0
}

// close makes t unusable.
func (s *Scheduler) close(t *Turn) (interrupts Set) {
	interrupts = s.end(t)
	t.become(closed, s.clock.Now())
	return interrupts
}
