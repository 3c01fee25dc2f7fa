//go:build tamago

package main

import (
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64/paging"
	"github.com/ringo-vmm/ringo/boot"
	"github.com/ringo-vmm/ringo/kernel/frame"
	"github.com/ringo-vmm/ringo/kernel/klog"
)

// Physical memory up to directEnd is mapped at its own address, so a
// host-physical address below it is a host-virtual one too. Beyond, the Go
// heap's address space begins.
const directEnd = 512 << 30

// bootEnd is how far the first page tables reach, which serve until initSpace.
const bootEnd = 4 << 30

// reach is the end of the physical memory that is mapped.
var reach uint64 = bootEnd

// address is the host-physical address pa as a pointer. Nothing the Go heap
// owns is there.
func address(pa uint64) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&pa)) }

// physical is the machine's memory, for packages boot, frame and paging.
type physical struct{}

// Bytes is the n bytes at pa, nil if they are not all mapped.
func (physical) Bytes(pa uint64, n int) []byte {
	if pa == 0 || pa >= reach || uint64(n) > reach-pa {
		return nil
	}
	return unsafe.Slice((*byte)(address(pa)), n)
}

// Words is the n 64-bit words at pa, which is memory.
func (physical) Words(pa uint64, n int) []uint64 { return unsafe.Slice((*uint64)(address(pa)), n) }

// Table is the page table at pa, nil if that is out of reach.
func (physical) Table(pa uint64) *paging.Table {
	if pa >= reach {
		return nil
	}
	return (*paging.Table)(address(pa))
}

// frames is all memory that the Go heap does not own, and the heap's too,
// page by page. The layer's lock guards it.
var frames frame.Allocator

// AllocTable gives package paging a frame. Until the kernel's own tables are
// loaded it must be one that the first ones reach.
func (physical) AllocTable() (uint64, bool) {
	c := frame.Any
	if reach == bootEnd {
		c = frame.Below4G
	}
	pa, err := frames.Alloc(0, c, frame.PageTable)
	return pa, err == nil
}

// FreeTable takes a frame back from package paging.
func (physical) FreeTable(pa uint64) { freed(frames.Free(pa, 0, frame.PageTable), pa) }

// freed reports a frame that could not be freed: somebody's books are wrong,
// and the frame stays out of use.
func freed(err error, pa uint64) {
	if err != nil {
		logEnd(klog.Error, logLine().Str(err.Error()).Str(", at ").Hex(pa, 12))
	}
}

// Regions of usable memory for package frame.
var usable [2*boot.MaxEntries + 1]frame.Region

// unusedImage is address and size of a part of the image that nobody touches.
// The tool that builds the kernel writes it into the file (internal/image), where
// it is not 0 so that there is room for it.
var unusedImage = [2]uint64{pageSize, 0}

// unusedPages is the whole pages of that.
func unusedPages() boot.Range {
	r := boot.Range{Start: pageUp(unusedImage[0]), End: pageDown(unusedImage[0] + unusedImage[1])}
	if i := image(); r.Start < i.Start || r.End > i.End || r.Start >= r.End {
		return boot.Range{}
	}
	return r
}

// initFrames gives the usable memory to the frame allocator. Pre-runtime.
func initFrames() error {
	if err := handover.FindUsable(image(), nil); err != nil {
		return err
	}
	n := 0
	for _, r := range handover.Usable.Regions() {
		if r.End = min(r.End, directEnd); r.Start < r.End {
			usable[n] = frame.Region{Start: r.Start, End: r.End}
			n++
		}
	}
	if r := unusedPages(); r.Start < r.End {
		// The regions are sorted.
		at := 0
		for at < n && usable[at].Start < r.Start {
			at++
		}
		copy(usable[at+1:n+1], usable[at:n])
		usable[at] = frame.Region{Start: r.Start, End: r.End}
		n++
	}
	if err := frames.Init(usable[:n], physical{}); err != nil {
		return err
	}
	logEnd(klog.Info, logLine().Str("memory: ").Dec(handover.Memory.Total(boot.RAM)>>20).Str(" MiB of RAM, ").
		Dec(handover.Usable.Total(boot.RAM)>>20).Str(" MiB usable, ").Dec(uint64(len(handover.Modules()))).Str(" modules"))
	return nil
}

// poison fills free memory with a pattern if the command line asks for it. It
// needs the kernel's own page tables, which reach all memory.
func poison() {
	if _, ok := handover.Lookup("poison"); ok {
		frames.Poison()
		say("memory: free frames are poisoned")
	}
}
