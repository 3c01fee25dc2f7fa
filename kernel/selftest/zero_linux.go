package selftest

import (
	"fmt"
	"runtime/debug"
	"syscall"
	"time"
	"unsafe"
)

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
