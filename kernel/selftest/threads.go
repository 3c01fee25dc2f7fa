package selftest

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// goroutines has 10,000 goroutines do what goroutines do.
func goroutines(time.Duration) error {
	const n, rounds = 10_000, 5
	var (
		wg       sync.WaitGroup
		mutex    sync.Mutex
		cond     = sync.NewCond(&mutex)
		count    int
		sent     atomic.Int64
		received atomic.Int64
		channels [64]chan uint64
	)
	for i := range channels {
		channels[i] = make(chan uint64, i%3)
	}
	for i := range n {
		wg.Go(func() {
			c := channels[i/2%len(channels)]
			for j := range rounds {
				if i%2 == 0 {
					c <- mix(uint64(i)<<32 | uint64(j))
					sent.Add(1)
				} else {
					<-c
					received.Add(1)
				}
				if j == i%rounds {
					time.Sleep(time.Duration(i%1000) * time.Microsecond)
				}
			}
			mutex.Lock()
			count++
			if count == n {
				cond.Broadcast()
			}
			for i%100 == 0 && count < n {
				cond.Wait()
			}
			mutex.Unlock()
		})
	}
	wg.Wait()
	if s, r := sent.Load(), received.Load(); s != n/2*rounds || r != s || count != n {
		return fmt.Errorf("%d sent, %d received, %d of %d goroutines ended", s, r, count, n)
	}
	return nil
}

// mix is some work to do.
func mix(v uint64) uint64 {
	for range 100 {
		v ^= v >> 31
		v *= 0x7fb5d329728ea185
	}
	return v
}

// threads passes a counter between pairs of goroutines that each own a thread.
func threads(d time.Duration) error {
	const pairs = 25
	end := time.Now().Add(d)
	errs := make(chan error, pairs)
	var wg sync.WaitGroup
	for range pairs {
		there, back := make(chan int), make(chan int)
		wg.Go(func() {
			runtime.LockOSThread()
			defer close(there)
			for i := 0; time.Now().Before(end); i++ {
				there <- i
				if got := <-back; got != i {
					errs <- fmt.Errorf("sent %d, got %d back", i, got)
					return
				}
			}
		})
		wg.Go(func() {
			runtime.LockOSThread()
			for i := range there {
				back <- i
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// float has as many goroutines as it takes to be preempted in the middle of
// sums whose result is known.
func float(d time.Duration) error {
	end := time.Now().Add(d)
	errs := make(chan error, 8)
	var wg sync.WaitGroup
	for g := range cap(errs) {
		wg.Go(func() {
			first := leibniz(20_000 + g)
			for time.Now().Before(end) {
				if again := leibniz(20_000 + g); again != first {
					errs <- fmt.Errorf("the same sum gives %v and %v", first, again)
					return
				}
			}
			if math.Abs(4*first-math.Pi) > 1e-3 {
				errs <- fmt.Errorf("4 times the sum is %v, not pi", 4*first)
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

func leibniz(n int) float64 {
	sum, sign := 0.0, 1.0
	for i := range n {
		sum += sign / float64(2*i+1)
		sign = -sign
	}
	return sum
}
