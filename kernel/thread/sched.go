package thread

import (
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

	ready      queue
	timers     timers
	alarms     [MaxAlarms]alarm
	firstAlarm uint64 // no alarm is earlier; 0 is none
	futex      [futexBuckets]queue
}

// spinlock is held for short stretches of layer code only.
type spinlock uint32

func (l *spinlock) try() bool { return atomic.CompareAndSwapUint32((*uint32)(l), 0, 1) }

func (l *spinlock) acquire() {
	for !l.try() {
		for atomic.LoadUint32((*uint32)(l)) != 0 {
			amd64.Pause()
		}
	}
}

func (l *spinlock) release() { atomic.StoreUint32((*uint32)(l), 0) }

// makeReady queues a thread that another one woke, and sees to it that some
// processor looks at the queue.
func makeReady(p *processor, t *thread) {
	t.state, t.waitsOn = stateReady, 0
	layer.timers.remove(t)
	layer.ready.push(t)
	findIdle(p)
}

// makeUrgent queues a thread that an interrupt woke. It goes first, and before
// the thread that the interrupt interrupted: it has waited for this moment,
// and threads that wait a lot run for a short time.
func makeUrgent(p *processor, t *thread) {
	t.state, t.waitsOn = stateReady, 0
	layer.timers.remove(t)
	layer.ready.pushFront(t)
	p.preempt = true
	findIdle(p)
}

// findIdle has an idle processor, if there is one, look at the queue.
func findIdle(p *processor) {
	for i := range layer.nprocessor {
		other := (*processor)(pointer(layer.processors[i]))
		if other.idling {
			other.idling = false
			if other != p {
				layer.machine.Kick(other.apicID)
			}
			return
		}
	}
}

// wait makes the current thread wait until makeReady or, unless deadline is
// 0, until that time, when its system call returns result.
func wait(t *thread, on uintptr, deadline, result uint64) {
	t.state, t.waitsOn, t.result = stateWaiting, on, result
	if deadline != 0 {
		t.deadline = deadline
		layer.timers.add(t)
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

// expire wakes the threads whose deadline has come.
func expire(p *processor) {
	now := layer.machine.Now()
	soundAlarms(now)
	for t := layer.timers.first(); t != nil && t.deadline <= now; t = layer.timers.first() {
		if t.waitsOn != 0 {
			forgetWait(t)
		}
		t.rax = t.result
		makeUrgent(p, t)
	}
}

// yield lets ready threads run before the current one.
func yield(p *processor) {
	t := p.current.get()
	if t.state == stateRunning && !layer.ready.empty() {
		t.state = stateReady
		layer.ready.push(t)
	}
}

// leave chooses the thread to resume, arms the timer for whatever comes first
// and releases the lock. After it only the current thread's signals are looked
// at before the processor leaves the layer.
func leave(p *processor) {
	last := p.current
	t := last.get()
	if t.state != stateRunning {
		t = layer.ready.pop()
		if t == nil {
			t = p.idle.get()
		} else {
			t.state, t.cpu = stateRunning, p.index
		}
	}
	if t.ref() != last {
		// The thread that this processor leaves may be resumed by another
		// one as soon as the lock is free, so give back its g's slot.
		setFSBase(p, p.tls)
		p.current = t.ref()
		p.switches++
		p.sliceEnd = 0
	}
	p.idling = t.state == stateIdle
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
	if layer.firstAlarm != 0 {
		next = layer.firstAlarm
	}
	if t := layer.timers.first(); t != nil {
		next = min(next, t.deadline)
	}
	if p.idling || layer.ready.empty() {
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
	switch {
	case p.idling && p.idleFrom == 0:
		p.idleFrom = layer.machine.Now()
	case !p.idling && p.idleFrom != 0:
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
