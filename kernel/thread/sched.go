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

	threads    [maxThreads]ref // by tid-1
	threadLow  int             // no free slot below
	spare      ref             // pool of unused threads
	running    int             // threads alive
	processors [maxProcessors]uintptr
	nprocessor int

	ready  queue  // threads that may run anywhere
	order  uint64 // the next number for thread.since
	idle   uint64 // bit i: processor i idles and nothing is on its way to it
	alarms [MaxAlarms]alarm
	futex  [futexBuckets]queue
	stale  stale
}

// join makes a processor one of those that run threads.
func join(p *processor) {
	layer.processors[p.index] = p.self
	layer.nprocessor++
}

// spinlock is held for short stretches of layer code only.
type spinlock uint32

func (l *spinlock) try() bool { return atomic.CompareAndSwapUint32((*uint32)(l), 0, 1) }

func (l *spinlock) busy() bool { return atomic.LoadUint32((*uint32)(l)) != 0 }

func (l *spinlock) release() { atomic.StoreUint32((*uint32)(l), 0) }

// lock takes the layer's lock for a processor. Its holder may be waiting for
// this processor's answer, see shootdown.go.
func (p *processor) lock() {
	for !layer.lock.try() {
		for layer.lock.busy() {
			p.answer()
			amd64.Pause()
		}
	}
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

// queue is where a ready thread queues.
func (t *thread) queue() *queue {
	if t.pin != 0 {
		return &processorAt(t.pin - 1).ready
	}
	return &layer.ready
}

// makeReady queues a thread that another one woke, and sees to it that some
// processor looks at the queue.
func makeReady(p *processor, t *thread) {
	stopWaiting(t)
	layer.order++
	t.since = layer.order
	t.queue().push(t)
	if t.pin == 0 {
		findIdle(p)
	} else {
		summon(p, processorAt(t.pin-1), false)
	}
}

// makeUrgent queues a thread that an interrupt woke. It goes first, and before
// the thread that the interrupt interrupted if no processor idles: it has
// waited for this moment, and threads that wait a lot run for a short time.
func makeUrgent(p *processor, t *thread) {
	stopWaiting(t)
	t.since = 0
	t.queue().pushFront(t)
	switch {
	case t.pin != 0:
		summon(p, processorAt(t.pin-1), true)
	case !findIdle(p):
		p.preempt = true
	}
}

// stopWaiting makes a thread ready that waited or ran.
func stopWaiting(t *thread) {
	t.state, t.waitsOn = stateReady, 0
	t.unsetTimer()
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
	layer.machine.Kick(other.apicID)
	return true
}

// summon has a processor look at its own queue. A thread that may run elsewhere
// gives way there at once, and any other if it is urgent.
func summon(p, other *processor, urgent bool) {
	switch t := other.current.get(); {
	case other.idling():
		other.setIdling(false)
	case t.state == stateIdle:
		return // it will look: it has been called before
	case other != p && t.pin == 0 || urgent:
		other.preempt = true
	}
	if other != p {
		layer.machine.Kick(other.apicID)
	}
}

// waiting tells whether a thread is ready that this processor may run.
func (p *processor) waiting() bool { return p.ready.head != 0 || layer.ready.head != 0 }

// pop takes the thread that has been ready for longest, nil if there is none.
func (p *processor) pop() *thread {
	own, any := p.ready.head, layer.ready.head
	if own == 0 || any != 0 && any.get().since < own.get().since {
		return layer.ready.pop()
	}
	return p.ready.pop()
}

// wait makes the current thread of p wait until makeReady or, unless deadline
// is 0, until that time, when its system call returns result.
func wait(p *processor, t *thread, on uintptr, deadline, result uint64) {
	t.state, t.waitsOn, t.result = stateWaiting, on, result
	if deadline != 0 {
		t.deadline, t.home = deadline, p.index
		p.timers().add(t)
	}
}

// unsetTimer forgets the deadline of t's wait, if it has one.
func (t *thread) unsetTimer() {
	if t.timerIndex >= 0 {
		processorAt(t.home).timers().remove(t)
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

// expire wakes the threads whose deadline has come on this processor.
func expire(p *processor) {
	now := layer.machine.Now()
	soundAlarms(p, now)
	h := p.timers()
	for t := h.first(); t != nil && t.deadline <= now; t = h.first() {
		if t.waitsOn != 0 {
			forgetWait(t)
		}
		t.rax = t.result
		makeUrgent(p, t)
	}
}

// yield lets ready threads run before the current one.
func yield(p *processor) {
	if t := p.current.get(); t.state == stateRunning && p.waiting() {
		makeReady(p, t)
	}
}

// leave chooses the thread to resume, arms the timer for whatever comes first
// and releases the lock. After it only the current thread's signals are looked
// at before the processor leaves the layer: another processor may run the
// thread that this one has left.
func leave(p *processor) {
	last := p.current
	t := last.get()
	if t.pin != 0 && t.pin-1 != p.index && t.state == stateRunning {
		makeReady(p, t)
	}
	if t.state != stateRunning {
		t = p.pop()
		if t == nil {
			t = p.idle.get()
		} else {
			t.state, t.cpu = stateRunning, p.index
			if t.pin != 0 && !layer.ready.empty() {
				// It may have been called for a thread that now waits on.
				findIdle(p)
			}
		}
	}
	if t.ref() != last {
		p.current = t.ref()
		p.switches++
		p.sliceEnd, p.preempt = 0, false
	}
	if t.state == stateIdle {
		p.setIdling(true)
		p.rest()
	} else {
		p.setIdling(false)
	}
	arm(p)
	accountIdle(p)
	layer.lock.release()
	if t.state != stateIdle {
		deliver(p, t)
	}
}

// arm sets the timer to the first deadline: a waiting thread's, or the end of
// the current one's slice when others are ready.
func arm(p *processor) {
	next := uint64(never)
	if p.firstAlarm != 0 {
		next = p.firstAlarm
	}
	if t := p.timers().first(); t != nil {
		next = min(next, t.deadline)
	}
	if !p.waiting() || p.current == p.idle {
		p.sliceEnd = 0
	} else {
		if p.sliceEnd == 0 {
			p.sliceEnd = layer.machine.Now() + slice
		}
		next = min(next, p.sliceEnd)
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
