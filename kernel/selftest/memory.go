package selftest

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// node is a tree whose every part can be told to be whole.
type node struct {
	left, right *node
	value       uint64
	pad         []byte
}

func grow(depth int, seed uint64) *node {
	n := &node{value: seed, pad: make([]byte, seed%300)}
	for i := range n.pad {
		n.pad[i] = byte(seed)
	}
	if depth > 0 {
		n.left, n.right = grow(depth-1, seed*2+1), grow(depth-1, seed*2+2)
	}
	return n
}

// sum is the sum of all values; damaged nodes are counted in bad.
func (n *node) sum(bad *int) uint64 {
	if n == nil {
		return 0
	}
	if uint64(len(n.pad)) != n.value%300 {
		*bad++
	}
	for _, b := range n.pad {
		if b != byte(n.value) {
			*bad++
			break
		}
	}
	return n.value + n.left.sum(bad) + n.right.sum(bad)
}

// memory has 16 goroutines build, keep, check and drop trees while the
// collector runs all the time.
func memory(d time.Duration) error {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	const depth, keep = 8, 8
	want := grow(depth, 3).sum(new(int))
	end := time.Now().Add(d)
	errs := make(chan error, 16)
	var wg sync.WaitGroup
	for g := range cap(errs) {
		wg.Go(func() {
			var kept [keep]*node
			for i := 0; time.Now().Before(end); i++ {
				kept[i%keep] = grow(depth, 3)
				if old := kept[(i*5+g)%keep]; old != nil {
					bad := 0
					if got := old.sum(&bad); got != want || bad != 0 {
						errs <- fmt.Errorf("a tree sums to %d, not %d, with %d damaged nodes", got, want, bad)
						return
					}
				}
				if i%64 == 0 {
					runtime.GC()
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}
