package sched

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// realClock is the host's.
type realClock struct{ start time.Time }

func (c realClock) Now() uint64 { return uint64(time.Since(c.start)) }
func (c realClock) NewTimer(fire func()) Timer {
	t := time.AfterFunc(time.Hour, fire)
	t.Stop()
	return &realTimer{t, c}
}

type realTimer struct {
	t *time.Timer
	c realClock
}

func (t *realTimer) Stop() { t.t.Stop() }
func (t *realTimer) Set(at uint64) {
	t.t.Reset(time.Duration(elapsed(t.c.Now(), at)))
}

// TestNoGrantIsLostAndNoProcessorHeldTwice runs many vCPUs, a goroutine each, on
// few processors in real time.
func TestNoGrantIsLostAndNoProcessorHeldTwice(t *testing.T) {
	const processors, groups, vcpus, rounds = 3, 5, 4, 400
	for _, policy := range policies {
		s := New(Options{Processors: processors, Clock: realClock{time.Now()}, Policy: policy.make, Quantum: 50_000})
		var held [processors]atomic.Int32
		var wait sync.WaitGroup
		var all []*Group
		for i := range groups {
			p := Params{Weight: uint32(1 + i)}
			if i == 1 {
				p.Processors = 1 << 1
			}
			g, err := s.NewGroup("vm", p)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, g)
			for j := range vcpus {
				wait.Go(func() { live(t, g, uint64(i*vcpus+j), rounds, &held) })
			}
		}
		done := make(chan struct{})
		go func() { wait.Wait(); close(done) }()
		r := random(9)
		limit := time.After(60 * time.Second)
		tick := time.NewTicker(time.Millisecond)
		for running := true; running; {
			select {
			case <-done:
				running = false
			case <-limit:
				for _, u := range s.Usage() {
					t.Logf("%+v", u)
				}
				t.Fatalf("%s: no end in sight", policy.name)
			case <-tick.C:
				p := Params{Weight: 1 + r.Uint32N(9), Processors: Set(1 + r.IntN(7))}
				if r.IntN(8) == 0 {
					p.Cap = 50 + r.Uint32N(200)
				}
				if err := all[r.IntN(groups)].Set(p); err != nil {
					t.Fatal(err)
				}
				s.Usage()
			}
		}
		tick.Stop()
		for _, g := range all {
			g.Close()
		}
		if s.free != s.exist {
			t.Errorf("%s: only %v are free in the end", policy.name, s.free)
		}
	}
}

// live is a vCPU's life: it ends after so many rounds in which it held its turn.
func live(t *testing.T, g *Group, seed uint64, rounds int, held *[3]atomic.Int32) {
	r := random(seed)
	var kicked atomic.Bool
	turn := g.NewTurn(func() { kicked.Store(true) })
	defer turn.Close()
	clock := g.scheduler.clock
	for done := 0; done < rounds; {
		runs := turn.Begin()
		for {
			if !runs {
				if r.IntN(20) == 0 {
					break // it does not want to any more, granted or not
				}
				<-turn.Granted()
			}
			p := turn.Processor()
			if held[p].Add(1) != 1 {
				t.Errorf("processor %d is held twice", p)
			}
			kicked.Store(false)
			leave := clock.Now() + r.Uint64N(100_000)
			for now := clock.Now(); now < leave && (!kicked.Load() || now < turn.Until()); now = clock.Now() {
			}
			done++
			held[p].Add(-1)
			switch n := r.IntN(10); {
			case n < 2:
				runs = turn.Donate()
			case n < 7:
				runs = turn.Pass()
			default:
				runs = false
			}
			if !runs && r.IntN(4) == 0 || done >= rounds {
				break
			}
			if !runs && turn.Begin() {
				runs = true
			}
		}
		turn.End()
		if r.IntN(4) == 0 {
			time.Sleep(time.Duration(r.IntN(50_000)))
		}
	}
}
