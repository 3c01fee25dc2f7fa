package sched

import "sync/atomic"

// State is what a turn does.
type State uint8

// The states of a turn.
const (
	Idle    State = iota // its vCPU does not want to run
	Waiting              // it wants to, and is in a queue
	Running
	Capped // it wants to, but its group has used up what it may use in this period
	closed
)

// String is the state in a word.
func (s State) String() string {
	return [...]string{"idle", "waiting", "running", "capped", "closed"}[s]
}

// Turn is a vCPU's place among those that want to run. Its methods are called by
// the vCPU's own goroutine, but Until by anyone.
type Turn struct {
	group     *Group
	index     int
	interrupt func()
	granted   chan struct{} // holds a value between a grant and its receipt
	until     atomic.Uint64
	processor atomic.Int32 // where it runs or ran last

	// The rest is under the scheduler's lock.
	state     State
	signalled bool   // granted may hold a value
	home      int    // the processor whose queue it belongs to, idle or not; -1: none yet
	from      uint64 // since when it has run on its processor
	began     uint64 // when its slice began
	sliceEnd  uint64 // when the slice is over, Never while nobody waits
	capEnd    uint64 // when the group may have used up what the cap allows
	slice     uint64 // ns of the present or latest slice
	metered   uint64 // until when the cap's account is up to date
	since     uint64 // since when it is in its state, or was last charged
	spent     [closed + 1]uint64
	slices    uint64
	moves     uint64

	pass float64 // Stride's
}

// Granted gets a value when a turn that waits has come to hold its processor.
func (t *Turn) Granted() <-chan struct{} { return t.granted }

// Processor is the host processor that the turn runs on or ran on last, -1 before
// the first time. It is another one only after Begin, or after a wait for Granted.
func (t *Turn) Processor() int { return int(t.processor.Load()) }

// Until is the time at which a turn that runs should call Pass, in ns of the
// Clock; Never while nobody waits for the processor and no cap is set. It may
// come nearer at any time, and then the turn is interrupted.
func (t *Turn) Until() uint64 { return t.until.Load() }

// Weight is the turn's part of its group's weight, for policies: the turns that
// run or wait share it.
func (t *Turn) Weight() float64 { return t.group.share }

// Slice is how much of its slice the turn has used until it was last charged, or
// used of its latest one, in ns, for policies. It is 0 before the first.
func (t *Turn) Slice() uint64 { return t.slice }

// Begin says that the vCPU wants to run. If it is true, the turn runs from now
// on. Else Granted gets a value when it does.
func (t *Turn) Begin() bool {
	s := t.group.scheduler
	s.mu.Lock()
	if t.state != Idle {
		runs := t.state == Running
		s.mu.Unlock()
		return runs
	}
	now := s.clock.Now()
	t.group.activate(1)
	interrupts := Set(0)
	if t.group.exhausted(now) {
		t.park(now)
	} else {
		interrupts = s.put(t, s.choose(t), now, true)
	}
	runs := t.state == Running
	s.unlock(interrupts)
	return runs
}

// Pass says that the slice is over: others have their turn. If it is true, there
// is nobody better, and a new slice has begun on the same processor. Else Granted
// gets a value when the turn runs again, which may be at once, on another
// processor.
func (t *Turn) Pass() bool {
	s := t.group.scheduler
	s.mu.Lock()
	if t.state != Running {
		s.mu.Unlock()
		return false
	}
	goesOn, interrupts := s.pass(t, s.clock.Now())
	s.unlock(interrupts)
	return goesOn
}

// Donate is for a vCPU that spins for a lock, whose holder may be waiting for a
// processor: another vCPU of the VM that waits and may run here does so for the
// rest of this slice, wherever it queued. If there is none, Donate is Pass. The
// result is Pass's.
//
// The slice's end stays, so vCPUs that donate to one another do not keep the
// processor from others.
func (t *Turn) Donate() bool {
	s := t.group.scheduler
	s.mu.Lock()
	if t.state != Running {
		s.mu.Unlock()
		return false
	}
	now := s.clock.Now()
	heir := t.heir()
	if heir == nil || now >= t.until.Load() || t.group.exhausted(now) {
		goesOn, interrupts := s.pass(t, now)
		s.unlock(interrupts)
		return goesOn
	}
	p := &s.processors[t.home]
	began, end := t.began, t.sliceEnd
	s.charge(t, now)
	s.dequeue(heir)
	s.move(heir, p, now)
	p.queue.Running = nil
	s.enqueue(t, p, now)
	interrupts := s.run(heir, p, now)
	if end != Never {
		heir.began = began
		heir.endSlice(end)
	}
	heir.grant()
	s.unlock(interrupts)
	return false
}

// heir is who runs in t's place when it donates: the next vCPU of the VM that
// waits, nil if there is none. It may run where t does; if the VM may not any more,
// t's Until is over.
func (t *Turn) heir() *Turn {
	var before *Turn
	for _, o := range t.group.turns {
		switch {
		case o.state != Waiting:
		case o.index > t.index:
			return o
		case before == nil:
			before = o
		}
	}
	return before
}

// End says that the vCPU does not want to run any more: it halts or is paused. It
// may hold its turn, or wait for it: then Granted gets no value. After another
// End it does nothing.
func (t *Turn) End() {
	s := t.group.scheduler
	s.mu.Lock()
	interrupts := s.end(t)
	s.unlock(interrupts)
}

// Close is End for good. The turn is not used any more.
func (t *Turn) Close() {
	s := t.group.scheduler
	s.mu.Lock()
	interrupts := s.close(t)
	t.group.remove(t)
	s.unlock(interrupts)
}

// become changes the state. A turn that ran has been charged before.
func (t *Turn) become(state State, now uint64) {
	if t.state == Running {
		t.group.scheduler.remember(t, now)
	}
	t.spent[t.state] += elapsed(t.since, now)
	t.since = now
	t.state = state
	if state != Running && t.signalled {
		t.signalled = false
		select {
		case <-t.granted:
		default:
		}
	}
}

// grant tells a turn that waited that it runs.
func (t *Turn) grant() {
	t.signalled = true
	select {
	case t.granted <- struct{}{}:
	default:
	}
}

// endSlice sets when the slice is over. It reports whether Until has come nearer.
func (t *Turn) endSlice(at uint64) bool {
	t.sliceEnd = at
	return t.publish()
}

// publish sets Until. It reports whether it has come nearer.
func (t *Turn) publish() bool {
	until := min(t.sliceEnd, t.capEnd)
	if before := t.until.Load(); until != before {
		t.until.Store(until)
		return until < before
	}
	return false
}
