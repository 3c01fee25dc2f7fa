package selftest

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// spin has goroutines without a single preemption point on every processor.
// Others must still tick, and the world must still stop when it has to. (A
// whole collection would take long: runtime.GC gives way after each span.)
func spin(d time.Duration) error {
	const period = 20 * time.Millisecond
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) + 1 {
		wg.Go(func() { spinUntil(&stop) })
	}
	defer wg.Wait()
	defer stop.Store(true)
	var stats runtime.MemStats
	start := time.Now()
	ticks := 0
	for time.Since(start) < d {
		time.Sleep(period)
		ticks++
		runtime.ReadMemStats(&stats)
	}
	// Each spinner may use up its slice of some 10 ms before the ticker runs.
	if most := int(d / period); ticks < most/8 {
		return fmt.Errorf("%d ticks in %v, of %d at the most", ticks, d, most)
	}
	return nil
}

// spinUntil computes long stretches without a call.
func spinUntil(stop *atomic.Bool) {
	x := uint64(1)
	for !stop.Load() {
		for range 50_000_000 {
			x = x*6364136223846793005 + 1442695040888963407
			if x == 0 {
				return
			}
		}
	}
}

// timers sleeps for all kinds of durations, many at a time, and wants nobody
// to be woken early or more than 1 ms late.
func timers(d time.Duration) error {
	const sleepers, late = 10, time.Millisecond
	errs := make(chan error, sleepers+1)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range sleepers {
		wg.Go(func() {
			nap := time.Duration(i*i+1) * 1237 * time.Microsecond
			for time.Since(start) < d {
				before := time.Now()
				time.Sleep(nap)
				if took := time.Since(before); took < nap || took > nap+late {
					errs <- fmt.Errorf("a sleep of %v took %v", nap, took)
					return
				}
			}
		})
	}
	// A ticker must not drift either.
	ticker := time.NewTicker(d / 100)
	defer ticker.Stop()
	for i := 1; i <= 100; i++ {
		at := (<-ticker.C).Sub(start)
		if off := at - d/100*time.Duration(i); off < -late || off > late {
			errs <- fmt.Errorf("tick %d came %v off", i, off)
			break
		}
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// wakeups has goroutines wake each other in a ring: one lost wake-up, and it
// stands still.
func wakeups(d time.Duration) error {
	const ring = 64
	var links [ring]chan int
	for i := range links {
		links[i] = make(chan int, 1)
	}
	for i := range links {
		go func() {
			for v := range links[i] {
				if v < 0 {
					if i+1 < ring {
						links[i+1] <- v
					}
					return
				}
				links[(i+1)%ring] <- v + 1
			}
		}()
	}
	links[0] <- 0
	time.Sleep(d)
	watch := time.After(10 * time.Second)
	// Whoever holds the token, the end of the ring takes its place.
	select {
	case v := <-links[ring/2]:
		links[0] <- -1
		if v == 0 {
			return fmt.Errorf("the token never moved")
		}
	case <-watch:
		return fmt.Errorf("the token is lost")
	}
	return nil
}
