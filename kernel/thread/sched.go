package thread

import (
	"math/bits"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/amd64"
)

// slice is how long a thread runs, in ns, while another is ready.
const slice = 10_000_000

const (
	maxThreads    = 4096 // threads at a time, idle threads not counted
	maxProcessors = 64
)

// layer is the state all processors share. Everything in it is guarded by
// lock, which is taken only with interrupts off; a processor's own data is
// touched only by that processor, except where a comment says otherwise.
var layer struct {
	lock    spinlock
	machine Machine
	slack   uint64 // ns that a sleep takes longer than it was asked to
	memory  Memory

	threads    [maxThreads]ref // by tid-1, those in the pool too
	nthreads   int             // there have been so far
	spare      ref             // pool of unused threads
	running    int             // threads alive
	processors [maxProcessors]uintptr
	nprocessor int

	ready  readyQueue // threads that may run anywhere
	idle   uint64     // bit i: processor i idles and nothing is on its way to it
	alarms uintptr    // pool of unused alarms
	futex  [futexBuckets]queue

	watch bool    // the watchdog is on
	any   watched // the next thread of ready
	held  uint32  // who has reported that the lock is held, by index plus 1; atomic

	kickDelay uint64 // kicks come up to that late, in ns, for tests
	stale     stale
}

// join makes a processor one of those that run threads.
func join(p *processor) {
	layer.processors[p.index] = p.self
	layer.nprocessor++
}

// spinlock is held for short stretches of layer code only. It is its holder's
// index plus 1, or 0.
type spinlock uint32

func (l *spinlock) try(p *processor) bool {
	return atomic.CompareAndSwapUint32((*uint32)(l), 0, p.index+1)
}

func (l *spinlock) holder() uint32 { return atomic.LoadUint32((*uint32)(l)) }

func (l *spinlock) release() { atomic.StoreUint32((*uint32)(l), 0) }

// lock takes the layer's lock for a processor. Its holder may be waiting for
// this processor's answer, see shootdown.go.
func (p *processor) lock() {
	if !layer.lock.try(p) {
		p.waitForLock()
	}
}

func (p *processor) waitForLock() {
	var w lockWatch
	for !layer.lock.try(p) {
		for layer.lock.holder() != 0 {
			p.answer()
			w.spin(p)
			amd64.Pause()
		}
	}
	w.done(p)
}

// idling tells whether the processor idles and nothing is on its way to it.
func (p *processor) idling() bool { return layer.idle>>p.index&1 != 0 }

func (p *processor) setIdling(idles bool) {
	if idles {
		layer.idle |= 1 << p.index
	} else {
		layer.idle &^= 1 << p.index
	}
}

// makeReady queues a thread that another one woke, and sees to it that some
// processor looks at the queue. One that may run on one processor only, because
// it runs a guest, goes before whatever runs there: of those threads one runs
// its guest, and the others wake up for something short.
func makeReady(p *processor, t *thread) {
	if t.pin != 0 {
		makeUrgent(p, t)
		return
	}
	t.enqueue(false)
	findIdle(p)
}

// makeUrgent queues a thread that an interrupt woke. It goes first, and before
// the thread that the interrupt interrupted if no processor idles: it has
// waited for this moment, and threads that wait a lot run for a short time.
func makeUrgent(p *processor, t *thread) {
	t.enqueue(true)
	switch {
	case t.pin != 0:
		summon(p, processorAt(t.pin-1))
	case !findIdle(p):
		p.preempt = true
	}
}

// enqueue makes a thread ready that waited or ran.
func (t *thread) enqueue(urgent bool) {
	t.state, t.waitsOn, t.since = stateReady, 0, layer.machine.Now()
	t.timer.unset()
	q := &layer.ready
	if t.pin != 0 {
		q = &processorAt(t.pin - 1).ready
	}
	q.push(t, urgent)
}

// findIdle has an idle processor look at the queue, this one if it can. It
// tells false when none idles.
func findIdle(p *processor) bool {
	if p.idling() {
		p.setIdling(false)
		return true
	}
	if layer.idle == 0 {
		return false
	}
	other := processorAt(uint32(bits.TrailingZeros64(layer.idle)))
	other.setIdling(false)
	kick(p, other)
	return true
}

// summon has a processor look at its own queue, whose threads go before the one
// that runs there.
func summon(p, other *processor) {
	switch {
	case other.idling():
		other.setIdling(false)
	case other.current == other.idle:
		return // it will look: it has been called before
	default:
		other.preempt = true
	}
	if other != p {
		kick(p, other)
	}
}

// waiting tells whether a thread is ready that this processor may run.
func (p *processor) waiting() bool { return !p.ready.empty() || !layer.ready.empty() }

// pop takes the thread whose turn it is, nil if there is none.
func (p *processor) pop() *thread { return next(p.ready.next(), layer.ready.next()).pop() }

// wait makes the current thread of p wait until makeReady or, unless deadline
// is 0, until that time, when its system call returns result.
func wait(p *processor, t *thread, on uintptr, deadline, result uint64) {
	t.state, t.waitsOn, t.result, t.since = stateWaiting, on, result, layer.machine.Now()
	if deadline != 0 {
		t.timer.set(p, deadline)
	}
}

// deadlineIn is the time ns nanoseconds from now, at least 1 ns so that it is
// never the 0 that stands for none.
func deadlineIn(ns uint64) uint64 {
	now := layer.machine.Now()
	if ns > never-1-now {
		return never - 1
	}
	return now + ns + 1
}

// expire does what is due on this processor: above all it wakes the threads and
// sets off the alarms whose time has come.
func expire(p *processor) {
	now := layer.machine.Now()
	watch(p, now)
	p.sendLate(now)
	for t := p.timers.first(); t != nil && t.at <= now; t = p.timers.first() {
		p.timers.remove(t)
		if t.flag != 0 {
			t.sound()
			continue
		}
		th := t.thread()
		if th.waitsOn != 0 {
			forgetWait(th)
		}
		th.rax = th.result
		makeUrgent(p, th)
	}
}

// yield lets ready threads run before the current one.
func yield(p *processor) {
	t := p.current.get()
	if t.state != stateRunning || !p.waiting() {
		return
	}
	t.enqueue(false)
	if t.pin == 0 {
		findIdle(p)
	}
}

// leave chooses the thread to resume, arms the timer for whatever comes first
// and releases the lock. After it only the current thread's signals are looked
// at before the processor leaves the layer: another processor may run the
// thread that this one has left.
func leave(p *processor) {
	last := p.current
	t := last.get()
	switch {
	case t.state == stateRunning && t.pin != 0 && t.pin-1 != p.index:
		makeReady(p, t)
	case p.preempt:
		yield(p)
	}
	p.preempt = false
	if t.state != stateRunning {
		t = p.pop()
		if t == nil {
			t = p.idle.get()
		} else {
			t.state, t.cpu, t.since = stateRunning, p.index, layer.machine.Now()
			if t.pin != 0 && !layer.ready.empty() {
				// It may have been called for a thread that now waits on.
				findIdle(p)
			}
		}
	}
	if t.ref() != last {
		p.current = t.ref()
		p.switches++
		p.sliceEnd = 0
	}
	if t.state == stateIdle {
		p.setIdling(true)
		p.rest()
	} else {
		p.setIdling(false)
	}
	arm(p)
	accountIdle(p)
	if t.ref() != last {
		p.remember(t)
	}
	layer.lock.release()
	if t.state != stateIdle {
		deliver(p, t)
	}
}

// arm sets the timer to the first deadline: a waiting thread's, or the end of
// the current one's slice when others are ready.
func arm(p *processor) {
	next := uint64(never)
	if t := p.timers.first(); t != nil {
		next = t.at
	}
	if !p.waiting() || p.current == p.idle {
		p.sliceEnd = 0
	} else {
		if p.sliceEnd == 0 {
			p.sliceEnd = layer.machine.Now() + slice
		}
		next = min(next, p.sliceEnd)
	}
	if layer.watch {
		next = min(next, p.watchAt)
	}
	if p.late != 0 {
		next = min(next, p.lateAt)
	}
	if next != p.armed {
		p.armed = next
		layer.machine.SetTimer(next)
	}
}

// TimerLost tells the layer that somebody else has used this processor's
// timer. The caller runs with interrupts off inside Call, at whose end the
// layer sets the timer again.
func TimerLost() { this().armed = 0 }

// accountIdle keeps the time that a processor spends waiting.
func accountIdle(p *processor) {
	switch idles := p.current == p.idle; {
	case idles && p.idleFrom == 0:
		p.idleFrom = layer.machine.Now()
	case !idles && p.idleFrom != 0:
		p.idleTime += layer.machine.Now() - p.idleFrom
		p.idleFrom = 0
	}
}

// forgetWait takes a waiting thread out of the queue it waits in.
func forgetWait(t *thread) {
	if t.waitsOn == waitPoll {
		poller.waiters.remove(t)
	} else {
		bucket(t.waitsOn).remove(t)
	}
}
