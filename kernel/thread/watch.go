package thread

import (
	"sync/atomic"

	"github.com/ringo-vmm/ringo/amd64"
)

// The watchdog. Every processor takes a timer interrupt each second, at which it
// looks whether its neighbour has taken one too and whether the threads that
// are next to run have run. Who waits for the layer's lock looks at the time.
// What does not change for ten seconds is reported, once, with all there is to
// know, and things go on. It counts ticks rather than time: when the whole
// machine stands still, which is what happens to one that is emulated, so does
// the count.

const (
	watchPeriod = 1_000_000_000 // ns
	watchTicks  = 10
)

// watched is something that should change from tick to tick.
type watched struct {
	what, since uint64
	ticks       int
}

// stuck tells, once, that what and since have been the same for too long. A
// what of 0 is nothing to watch.
func (w *watched) stuck(what, since uint64) bool {
	if what == 0 || w.what != what || w.since != since {
		*w = watched{what: what, since: since}
		return false
	}
	w.ticks++
	return w.ticks == watchTicks
}

// watch is p's tick. The caller holds the lock.
func watch(p *processor, now uint64) {
	if !layer.watch || now < p.watchAt {
		return
	}
	p.watchAt = now + watchPeriod
	p.ticks++
	other := processorAt((p.index + 1) % uint32(layer.nprocessor))
	if other != p && p.neighbour.stuck(other.ticks+1, 0) {
		end(line().Str("watchdog: processor ").Dec(uint64(other.index)).Str(" has not entered the layer for 10 s"))
		dump(p)
	}
	watchReady(p, &p.own, &p.ready, now)
	// One processor looks after the threads that may run anywhere, another one
	// when that does not run.
	if p.index == 0 || other.index == 0 && p.neighbour.ticks >= watchTicks {
		watchReady(p, &layer.any, &layer.ready, now)
	}
}

// watchReady reports the next thread of a queue if it does not get to run.
func watchReady(p *processor, w *watched, q *readyQueue, now uint64) {
	r, since := q.next().head, uint64(0)
	if r != 0 {
		since = r.get().since
	}
	if w.stuck(uint64(r), since) {
		end(line().Str("watchdog: thread ").Dec(uint64(r.get().tid)).Str(" is ready and has not run for ").Dec((now - since) / 1e9).Str(" s"))
		dump(p)
	}
}

// lockWatch is the watch of a processor that waits for the lock.
type lockWatch struct{ spins, waited, last uint64 }

// spinsPerLook is how often a processor spins before it looks at the time.
const spinsPerLook = 1 << 14

// spin counts one more turn.
func (w *lockWatch) spin(p *processor) {
	w.spins++
	if w.spins%spinsPerLook != 0 || !layer.watch {
		return
	}
	now := layer.machine.Now()
	if w.last == 0 {
		w.last = now
	}
	before := w.waited
	w.waited += min(now-w.last, watchPeriod)
	w.last = now
	const limit = watchTicks * watchPeriod
	if before < limit && w.waited >= limit && atomic.CompareAndSwapUint32(&layer.held, 0, p.index+1) {
		end(line().Str("watchdog: processor ").Dec(uint64(layer.lock.holder() - 1)).Str(" has held the layer's lock for 10 s"))
		dump(p)
	}
}

// done ends the incident that p has reported, since it has the lock.
func (w *lockWatch) done(p *processor) { atomic.CompareAndSwapUint32(&layer.held, p.index+1, 0) }

// dump prints what all processors and threads do. The caller may or may not
// hold the lock, whose holder may be what has stopped.
func dump(p *processor) {
	for i := range uint32(layer.nprocessor) {
		other := processorAt(i)
		t := other.current.get()
		l := line().Str("processor ").Dec(uint64(i)).Str(" APIC id ").Dec(uint64(other.apicID))
		if t.state == stateIdle {
			l.Str(" idle")
		} else {
			l.Str(" thread ").Dec(uint64(t.tid))
		}
		l.Str(", ").Dec(uint64(other.ready.length())).Str(" ready, ").Dec(uint64(other.timers.n)).Str(" timers, ")
		l.Dec(other.interrupts).Str(" interrupts")
		switch {
		case other == p:
			l.Str(", reports this")
		case t.state != stateIdle:
			pc, ok := other.look()
			if !ok {
				l.Str(", takes no NMI")
				break
			}
			l.Str(" at ")
			symbol(l, pc)
		}
		end(l)
	}
	l := line().Dec(uint64(layer.ready.length())).Str(" threads are ready for any processor, ")
	l.Dec(uint64(layer.running)).Str(" alive")
	if by := layer.lock.holder(); by != 0 {
		l.Str(", the lock is held by processor ").Dec(uint64(by - 1))
	}
	end(l)
	threadTable()
}

// What processor.looked says.
const (
	lookNone uint32 = iota
	lookAsked
	lookDone
)

// lookTime bounds the wait for an answer to an NMI, in ns.
const lookTime = 100_000_000

// look is the address of the instruction that the processor, which is another
// one, executes. An NMI tells, so it works whatever the processor does.
func (p *processor) look() (pc uint64, ok bool) {
	atomic.StoreUint32(&p.looked, lookAsked)
	layer.machine.NMI(p.apicID)
	for until := layer.machine.Now() + lookTime; layer.machine.Now() < until; {
		if atomic.CompareAndSwapUint32(&p.looked, lookDone, lookNone) {
			return p.aborted().rip, true
		}
		amd64.Pause()
	}
	return 0, false
}

// seen answers look. It tells whether an NMI came for that.
func (p *processor) seen() bool {
	return atomic.CompareAndSwapUint32(&p.looked, lookAsked, lookDone)
}
