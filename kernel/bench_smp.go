//go:build tamago

package main

import (
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// What several processors cost each other. Both print a line
//
//	NAME p50 N ns, p99 N ns, most N ns, N times

// benchGC collects n times, and tells how long each stop of the world took:
// from the decision to stop it until it went on.
func benchGC(c *monitor.Context, n int) {
	sample := []metrics.Sample{{Name: "/sched/pauses/total/gc:seconds"}}
	counts := func() (*metrics.Float64Histogram, []uint64) {
		metrics.Read(sample)
		h := sample[0].Value.Float64Histogram()
		return h, slices.Clone(h.Counts)
	}
	_, before := counts()
	for range n {
		if c.Err() != nil {
			break
		}
		runtime.GC()
	}
	h, after := counts()
	var took []uint64 // the upper ends of the buckets
	for i := range after {
		end := h.Buckets[i+1]
		if math.IsInf(end, 0) {
			end = h.Buckets[i]
		}
		for range after[i] - before[i] {
			took = append(took, uint64(end*1e9))
		}
	}
	printSpread(c, "stop", took)
}

// benchWake wakes a goroutine on the last processor from the first, n times,
// and tells how long it took.
func benchWake(c *monitor.Context, n int) {
	const pause = time.Millisecond // for the other to park, and its processor to idle
	stamps, ready := make(chan uint64), make(chan uint64)
	go func() {
		defer thread.PinTo(uint32(thread.Count() - 1))()
		for stamp := range stamps {
			ready <- amd64.RDTSC() - stamp
		}
	}()
	defer thread.PinTo(0)()
	var took []uint64
	for range n {
		if c.Err() != nil {
			break
		}
		time.Sleep(pause)
		stamps <- amd64.RDTSC()
		ticks := <-ready
		took = append(took, uint64(float64(ticks)*1e9/float64(hostClock.Hz())))
	}
	close(stamps)
	printSpread(c, "wake", took)
}

// printSpread sums times in ns up.
func printSpread(c *monitor.Context, name string, ns []uint64) {
	if len(ns) == 0 {
		return
	}
	slices.Sort(ns)
	at := func(percent int) uint64 { return ns[(len(ns)-1)*percent/100] }
	c.Printf("%s p50 %d ns, p99 %d ns, most %d ns, %d times\n", name, at(50), at(99), at(100), len(ns))
}
