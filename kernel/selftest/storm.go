package selftest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// The storms are for hours as well as for seconds. They do everything that the
// runtime can do at once, beside a collector that never rests.

// stormTime is how long a storm lasts if nobody says.
const stormTime = 5 * time.Second

// collect collects garbage every few milliseconds until stop is called.
func collect() (stop func()) {
	const pause = 3 * time.Millisecond
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(pause):
				runtime.GC()
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// allocStorm has 64 goroutines grow, keep, check and drop trees.
func allocStorm(d time.Duration) error {
	defer collect()()
	const goroutines, depth, keep = 64, 6, 4
	end := time.Now().Add(d)
	return together(goroutines, func(g int) error {
		seed := uint64(g + 1)
		want := grow(depth, seed).sum(new(int))
		var kept [keep]*node
		for i := 0; time.Now().Before(end); i++ {
			kept[i%keep] = grow(depth, seed)
			old := kept[(i*5+g)%keep]
			bad := 0
			if got := old.sum(&bad); old != nil && (got != want || bad != 0) {
				return fmt.Errorf("a tree sums to %d, not %d, with %d damaged nodes", got, want, bad)
			}
		}
		return nil
	})
}

// together runs f in n goroutines and returns all their errors.
func together(n int, f func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// manyGoroutines is goroutines until the time is over.
func manyGoroutines(d time.Duration) error {
	for end := time.Now().Add(d); ; {
		if err := goroutines(d); err != nil || time.Now().After(end) {
			return err
		}
	}
}

// lockedStorm has 256 goroutines with threads of their own pass tokens around a
// ring, take a lock in turns and sleep.
func lockedStorm(d time.Duration) error {
	defer collect()()
	const members, tokens = 256, 32
	var (
		links [members]chan int
		mutex sync.Mutex
		turns int
		moved [members]int // by each
	)
	for i := range links {
		links[i] = make(chan int, tokens)
	}
	for i := range tokens {
		links[i*members/tokens] <- 0
	}
	end := time.Now().Add(d)
	err := together(members, func(i int) error {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		next := links[(i+1)%members]
		for hops := range links[i] {
			moved[i]++
			mutex.Lock()
			turns++
			mutex.Unlock()
			if hops%members == i {
				time.Sleep(time.Duration(i) * time.Microsecond)
			}
			// The token of one that ends has the next one end: it comes when
			// the time is over.
			over := time.Now().After(end)
			next <- hops + 1
			if over {
				return nil
			}
		}
		return nil
	})
	sum := 0
	for _, n := range moved {
		sum += n
	}
	if sum != turns {
		err = errors.Join(err, fmt.Errorf("%d turns under the lock, %d counted", sum, turns))
	}
	return err
}

// storm is the three storms at once.
func storm(d time.Duration) error {
	all := []func(time.Duration) error{allocStorm, manyGoroutines, lockedStorm}
	return together(len(all), func(i int) error { return all[i](d) })
}
