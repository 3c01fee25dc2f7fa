//go:build !tamago

package thread

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/apic"
)

// TestProcessorsInParallel runs each processor as a goroutine, so that the race
// detector sees whether the layer's lock guards all that processors share.
// Threads pass tokens around a ring by futexes, and send each other signals; a
// lost wake-up stops them.
func TestProcessorsInParallel(t *testing.T) {
	const (
		processors = 3
		members    = 9
		tokens     = 3
		rounds     = 600
	)
	w := newWorld(t, processors)
	r := &tokenRing{world: w, done: make(chan struct{})}
	r.left.Store(rounds * members)
	m := &parallelMachine{fakeMachine: &w.machine, kicks: map[uint32]chan struct{}{}}
	for _, p := range w.processors {
		m.kicks[p.apicID] = make(chan struct{}, 1)
	}
	layer.machine = m
	first := w.processors[0]
	w.run(first)
	for i := range members {
		r.words = append(r.words, put(w, uint32(0)))
		if i < tokens {
			*(*uint32)(pointer(r.words[i])) = 1
		}
		if i > 0 {
			w.clone(first)
		}
	}
	var group sync.WaitGroup
	for i, p := range w.processors {
		group.Go(func() { r.live(p, m.kicks[p.apicID], rand.New(rand.NewPCG(7, uint64(i)))) })
	}
	stuck := time.AfterFunc(time.Minute, func() {
		t.Errorf("the tokens do not move, %d hops before the end", r.left.Load())
		r.finish()
	})
	group.Wait()
	stuck.Stop()
}

// parallelMachine is a machine whose kicks arrive by themselves and whose
// timers never do.
type parallelMachine struct {
	*fakeMachine
	kicks map[uint32]chan struct{} // by APIC id
}

func (m *parallelMachine) Acknowledge()    {}
func (m *parallelMachine) SetTimer(uint64) {}
func (m *parallelMachine) Kick(apicID uint32) {
	select {
	case m.kicks[apicID] <- struct{}{}:
	default: // one is on its way
	}
}

// tokenRing is what the threads do: number i waits for its word to be 1, and hands
// the token to the next.
type tokenRing struct {
	*world
	words []uintptr
	left  atomic.Int64 // hops
	done  chan struct{}
	once  sync.Once
}

func (r *tokenRing) finish() { r.once.Do(func() { close(r.done) }) }

// live is a processor.
func (r *tokenRing) live(p *processor, kicks chan struct{}, rng *rand.Rand) {
	kick := func() {
		p.current.get().full = 1
		interruptFrom(p, (apic.KickVector-amd64.Exceptions)*gateBytes)
	}
	for {
		if p.current == p.idle {
			select {
			case <-kicks:
			case <-r.done:
				return
			}
			kick()
			continue
		}
		select {
		case <-kicks:
			kick()
			continue
		case <-r.done:
			return
		default:
		}
		switch rng.IntN(8) {
		case 0:
			parallelCall(p, sysSchedYield)
		case 1:
			parallelCall(p, sysTgkill, 1, 1+rng.Uint64N(uint64(len(r.words))), sigURG)
		}
		r.hop(p)
	}
}

// hop lets the current thread of p go on by a step.
func (r *tokenRing) hop(p *processor) {
	i := int(p.current.get().tid) - 1
	word, next := r.words[i], r.words[(i+1)%len(r.words)]
	if !atomic.CompareAndSwapUint32((*uint32)(pointer(word)), 1, 0) {
		parallelCall(p, sysFutex, uint64(word), testWait, 0)
		return
	}
	if r.left.Add(-1) <= 0 {
		r.finish()
		return
	}
	if atomic.CompareAndSwapUint32((*uint32)(pointer(next)), 0, 1) {
		parallelCall(p, sysFutex, uint64(next), testWake, 1)
		return
	}
	// The next one has a token already: keep this one for later.
	atomic.StoreUint32((*uint32)(pointer(word)), 1)
	parallelCall(p, sysSchedYield)
}

// parallelCall is world.call without testProcessor, which is not shared.
func parallelCall(p *processor, number uint64, args ...uint64) {
	t := p.current.get()
	t.rax, t.full, t.r10 = number, 0, 0
	for i, r := range []*uint64{&t.rdi, &t.rsi, &t.rdx} {
		if i < len(args) {
			*r = args[i]
		}
	}
	systemCall(p)
}
