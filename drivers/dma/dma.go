// Package dma is memory that drivers share with their devices: rings and frame
// buffers. It is outside the Go heap, so that its address stays what the device
// was told. The drivers of network adapters are its callers, package kernel
// brings the memory.
package dma

import (
	"fmt"
	"math/bits"
	"unsafe"
)

// pageShift is log2 of the allocator's unit, pages of 4 KiB.
const pageShift = 12

// Memory is where it comes from.
type Memory interface {
	// AllocPages is 1<<order zeroed pages of 4 KiB, contiguous and aligned
	// to their size, by host-physical address.
	AllocPages(order int) (pa uint64, err error)
	// FreePages takes them back.
	FreePages(pa uint64, order int)
	// Bytes is n bytes of such pages from a host-physical address on.
	Bytes(pa uint64, n int) []byte
}

// Buffer is a piece of memory that a device can reach.
type Buffer struct {
	Phys uint64 // host-physical address, which is the device's too
	Data []byte

	memory Memory
	order  int
}

// Alloc allocates at least size bytes, zeroed, aligned to their size.
func Alloc(m Memory, size int) (Buffer, error) {
	if size <= 0 {
		return Buffer{}, fmt.Errorf("dma: %d bytes asked for", size)
	}
	order := bits.Len(uint(size-1) >> pageShift)
	pa, err := m.AllocPages(order)
	if err != nil {
		return Buffer{}, fmt.Errorf("dma: %d bytes: %w", size, err)
	}
	return Buffer{Phys: pa, Data: m.Bytes(pa, 1<<(order+pageShift)), memory: m, order: order}, nil
}

// Free gives the memory back. The device must not use it any more. A Buffer
// that was never allocated is left alone.
func (b *Buffer) Free() {
	if b.memory != nil {
		b.memory.FreePages(b.Phys, b.order)
	}
	*b = Buffer{}
}

// Word is what devices and drivers read and write at once.
type Word interface{ uint16 | uint32 | uint64 }

// Words is n words of the buffer from byte off on, which is a multiple of their
// size.
func Words[T Word](b Buffer, off, n int) []T {
	part := b.Data[off : off+n*int(unsafe.Sizeof(T(0)))]
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(part))), n)
}
