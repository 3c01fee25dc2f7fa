package selftest

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
	"unsafe"
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

// zero checks that no page comes with what was in it before: the runtime
// trusts that, and a heap that is not zero looks like a data race.
func zero(time.Duration) error {
	const size = 8 << 20
	p, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("mmap: %w", err)
	}
	defer syscall.Munmap(p)
	for round := range 3 {
		if i := firstNonZero(p); i >= 0 {
			return fmt.Errorf("round %d: byte %#x of %#x is %#x", round, i, size, p[i])
		}
		for i := range p {
			p[i] = 0xa5
		}
		// Page by page and all at once.
		if round%2 == 0 {
			for i := 0; i < size; i += 4096 {
				if err := syscall.Madvise(p[i:i+4096], syscall.MADV_DONTNEED); err != nil {
					return fmt.Errorf("madvise: %w", err)
				}
			}
		} else if err := syscall.Madvise(p, syscall.MADV_DONTNEED); err != nil {
			return fmt.Errorf("madvise: %w", err)
		}
	}
	for range 4 {
		fresh := make([]byte, 16<<20)
		if i := firstNonZero(fresh); i >= 0 {
			return fmt.Errorf("byte %#x of a new slice is %#x", i, fresh[i])
		}
		for i := range fresh {
			fresh[i] = 0x5a
		}
		fresh = nil
		debug.FreeOSMemory()
	}
	return nil
}

// firstNonZero is the index of the first byte that is not 0, -1 if all are.
func firstNonZero(p []byte) int {
	words := unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(p))), len(p)/8)
	for i, w := range words {
		if w != 0 {
			return i * 8
		}
	}
	return -1
}
