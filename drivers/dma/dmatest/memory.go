// Package dmatest is memory for the tests of drivers, in which a fake device
// finds by address what the driver put there.
package dmatest

import (
	"errors"
	"testing"
	"unsafe"
)

const pageSize = 4096

// base is an address above 4 GiB, for drivers that forget the upper half.
const base = 0x1_2000_0000

// Memory is a dma.Memory of Go's.
type Memory struct {
	t    testing.TB
	next uint64
	used map[uint64][]byte
	// Left is how many allocations succeed, if it is not negative.
	Left int
}

// New makes memory in which nothing is allocated.
func New(t testing.TB) *Memory {
	return &Memory{t: t, next: base, used: map[uint64][]byte{}, Left: -1}
}

// AllocPages is dma.Memory's.
func (m *Memory) AllocPages(order int) (uint64, error) {
	if m.Left == 0 {
		return 0, errors.New("out of memory")
	}
	m.Left--
	size := uint64(pageSize) << order
	pa := (m.next + size - 1) &^ (size - 1)
	m.next = pa + size
	words := make([]uint64, size/8)
	m.used[pa] = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), size)
	return pa, nil
}

// FreePages is dma.Memory's.
func (m *Memory) FreePages(pa uint64, order int) {
	if len(m.used[pa]) != pageSize<<order {
		m.t.Errorf("%#x, order %d, is freed and was not allocated", pa, order)
	}
	delete(m.used, pa)
}

// Bytes is dma.Memory's. A range that is not allocated fails the test.
func (m *Memory) Bytes(pa uint64, n int) []byte {
	for start, data := range m.used {
		if pa >= start && pa-start <= uint64(len(data)) && uint64(n) <= uint64(len(data))-(pa-start) {
			return data[pa-start:][:n]
		}
	}
	m.t.Errorf("the device is told of %d bytes at %#x, which are not the driver's", n, pa)
	return make([]byte, n)
}

// InUse is how many allocations were not freed.
func (m *Memory) InUse() int { return len(m.used) }
