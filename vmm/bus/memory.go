package bus

import (
	"fmt"
	"sort"

	"github.com/ringo-vmm/ringo/vmm/device"
)

// Memory is the part of a guest's physical address space that devices answer
// to.
type Memory struct {
	// Unclaimed, if not nil, is told of the first access to each page that
	// no device answers to.
	Unclaimed func(gpa uint64, write bool)

	regions []region // by address
	last    region   // that of the last access: most follow one another
	seen    map[uint64]bool
}

type region struct {
	name       string
	start, end uint64
	device     device.MMIO
}

// maxReported bounds the unclaimed pages that are remembered.
const maxReported = 1024

// Register gives size bytes from guest-physical address gpa to a device. An
// overlap with another device is an error that names both.
func (b *Memory) Register(name string, gpa, size uint64, d device.MMIO) error {
	if size == 0 || gpa+size < gpa {
		return fmt.Errorf("bus: %s: %#x bytes from %#x are not in the address space", name, size, gpa)
	}
	i := sort.Search(len(b.regions), func(i int) bool { return b.regions[i].end > gpa })
	if i < len(b.regions) && b.regions[i].start < gpa+size {
		r := &b.regions[i]
		return fmt.Errorf("bus: %s wants %#x-%#x, which overlaps %s at %#x-%#x", name, gpa, gpa+size, r.name, r.start, r.end)
	}
	b.regions = append(b.regions, region{})
	copy(b.regions[i+1:], b.regions[i:])
	b.regions[i] = region{name, gpa, gpa + size, d}
	b.last = region{}
	return nil
}

// Unregister takes the addresses of a device away.
func (b *Memory) Unregister(d device.MMIO) {
	kept := b.regions[:0]
	for _, r := range b.regions {
		if r.device != d {
			kept = append(kept, r)
		}
	}
	b.regions, b.last = kept, region{}
}

// find makes the region that gpa is in the last one. It tells false if there is
// none.
func (b *Memory) find(gpa uint64) bool {
	low, high := 0, len(b.regions)
	for low < high {
		mid := (low + high) / 2
		if b.regions[mid].end > gpa {
			high = mid
		} else {
			low = mid + 1
		}
	}
	if low == len(b.regions) || gpa < b.regions[low].start {
		return false
	}
	b.last = b.regions[low]
	return true
}

// Read reads size bytes (1, 2, 4 or 8) at guest-physical address gpa. An
// access that runs over the end of a device reads all ones.
func (b *Memory) Read(gpa uint64, size int) uint64 {
	r := &b.last
	if gpa-r.start < r.end-r.start || b.find(gpa) {
		if uint64(size) <= r.end-gpa {
			return r.device.Read(gpa-r.start, size) & mask64(size)
		}
	}
	b.miss(gpa, false)
	return mask64(size)
}

// Write writes size bytes (1, 2, 4 or 8) at guest-physical address gpa.
func (b *Memory) Write(gpa uint64, size int, v uint64) {
	r := &b.last
	if gpa-r.start < r.end-r.start || b.find(gpa) {
		if uint64(size) <= r.end-gpa {
			r.device.Write(gpa-r.start, size, v&mask64(size))
			return
		}
	}
	b.miss(gpa, true)
}

// Name is the device at a guest-physical address, "" if there is none.
func (b *Memory) Name(gpa uint64) string {
	if b.find(gpa) {
		return b.last.name
	}
	return ""
}

func (b *Memory) miss(gpa uint64, write bool) {
	page := gpa >> 12
	if b.Unclaimed == nil || b.seen[page] || len(b.seen) == maxReported {
		return
	}
	if b.seen == nil {
		b.seen = make(map[uint64]bool)
	}
	b.seen[page] = true
	b.Unclaimed(gpa, write)
}

// mask64 has the bits of an access of size bytes (1, 2, 4 or 8).
func mask64(size int) uint64 { return ^uint64(0) >> ((64 - 8*uint(size)) & 63) }
