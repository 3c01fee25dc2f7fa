//go:build tamago

package main

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/paging"
	"github.com/ringo-vmm/ringo/boot"
	"github.com/ringo-vmm/ringo/kernel/frame"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// heap is the Go runtime's memory, a thread.Memory: address space in the page
// tables, frames as pages are touched.
type heap struct {
	next uint64 // address space given out so far
}

var runtimeMemory = heap{next: runtimeStart}

const (
	heapFlags = paging.Write | paging.NX
	largePage = 2 << 20
)

// Reserve finds address space. It is not given out twice: there is more of it
// than any run can use up.
func (h *heap) Reserve(size uint64) (uint64, bool) {
	if size >= largePage {
		h.next = (h.next + largePage - 1) &^ (largePage - 1)
	}
	va := h.next
	// The page behind stays unmapped.
	if size > runtimeEnd-va-boot.PageSize {
		return 0, false
	}
	h.next += pageUp(size) + boot.PageSize
	return va, true
}

// Usable tells whether the Go runtime may map a range.
func (h *heap) Usable(va, size uint64) bool {
	return va >= directEnd && va < runtimeEnd && size <= runtimeEnd-va
}

func (h *heap) Map(va, size uint64) bool {
	if !h.Usable(va, size) {
		return false
	}
	err := space.SetDemand(va, size, heapFlags)
	if err == paging.ErrOverlap {
		if !h.Unmap(va, size) {
			return false
		}
		err = space.SetDemand(va, size, heapFlags)
	}
	invalidate()
	return err == nil
}

// freeHeapFrame takes back the frames of pages that Unmap and Discard remove.
var freeHeapFrame = func(pa, size uint64) {
	for end := pa + size; pa < end; pa += boot.PageSize {
		freed(frames.Free(pa, 0, frame.GoHeap), pa)
	}
}

func (h *heap) Unmap(va, size uint64) bool {
	if !h.Usable(va, size) {
		return false
	}
	err := space.Unmap(va, size, freeHeapFrame)
	invalidate()
	return err == nil
}

func (h *heap) Discard(va, size uint64) bool {
	if !h.Usable(va, size) {
		return false
	}
	err := space.Release(va, size, freeHeapFrame)
	invalidate()
	return err == nil
}

func (h *heap) Protect(va, size uint64, read, write bool) bool {
	if !h.Usable(va, size) {
		return false
	}
	flags := heapFlags
	switch {
	case !read && !write:
		flags |= paging.NoAccess
	case !write:
		flags &^= paging.Write
	}
	err := space.Protect(va, size, flags)
	invalidate()
	return err == nil
}

// Page is a zero frame for the thread layer.
func (h *heap) Page() (uint64, bool) {
	pa, err := frames.Alloc(0, frame.Any, frame.Kernel)
	if err != nil {
		return 0, false
	}
	amd64.ZeroPage(uintptr(pa))
	return pa, true
}

func (h *heap) Fault(va uint64, write bool) thread.FaultResult {
	flags, _, ok := space.Demand(va)
	if !ok {
		// It may have appeared meanwhile, or be memory that is always there.
		t := space.Walk(va)
		if t.OK && (!write || t.Flags&paging.Write != 0) {
			return thread.FaultBacked
		}
		return thread.FaultInvalid
	}
	if flags&paging.NoAccess != 0 || write && flags&paging.Write == 0 {
		return thread.FaultInvalid
	}
	pa, err := frames.Alloc(0, frame.Any, frame.GoHeap)
	if err != nil {
		return thread.FaultNoMemory
	}
	amd64.ZeroPage(uintptr(pa))
	if space.Back(va&^(boot.PageSize-1), pa) != nil {
		freed(frames.Free(pa, 0, frame.GoHeap), pa)
		return thread.FaultNoMemory
	}
	return thread.FaultBacked
}
