package frame

// Allocator hands out physical memory. The zero value has none; Init gives it
// some. It has no lock: the caller serializes every method.
//
// Inside, a frame has a dense number: chunks that hold memory are numbered in
// the order of their addresses (slots), and frame f of slot s is
// s*chunkFrames + f. Blocks never cross a chunk.
type Allocator struct {
	mem      Memory
	free     [Orders]tree // by order, over dense frame numbers >> order
	states   states       // by dense frame number
	slotOf   [maxChunks]uint32
	chunkOf  [maxChunks]uint32
	slots    int
	zones    [zones]zone
	poisoned bool
	stats    Stats
}

// A zone is a range of addresses that constraints tell apart. No block crosses
// from one to another: 4 GiB is a multiple of the largest block, and a block
// across 1 MiB would start at frame 0, which is never free.
type zone struct {
	end    int            // dense number of the frame after the last
	orders uint32         // bit k is set when count[k] is not 0
	count  [Orders]uint32 // free blocks by order
}

const (
	below1M = iota
	below4G
	above4G
	zones
)

const (
	limit1M = 1 << 20 // bytes
	limit4G = 4 << 30
)

// slot is the slot of a chunk, and whether the chunk has one.
func (a *Allocator) slot(chunk uint64) (int, bool) {
	if chunk >= maxChunks {
		return 0, false
	}
	s := a.slotOf[chunk]
	return int(s) - 1, s != 0
}

// dense is the dense number of the frame at pa, and whether there is memory.
func (a *Allocator) dense(pa uint64) (int, bool) {
	s, ok := a.slot(pa >> chunkShift)
	if !ok {
		return 0, false
	}
	i := s<<chunkOrder | int(pa>>Shift&(chunkFrames-1))
	return i, a.states.get(i) != hole
}

// address is the host-physical address of the frame with dense number i.
func (a *Allocator) address(i int) uint64 {
	return uint64(a.chunkOf[i>>chunkOrder])<<chunkShift | uint64(i&(chunkFrames-1))<<Shift
}

func (a *Allocator) zoneOf(i int) *zone {
	for z := range above4G {
		if i < a.zones[z].end {
			return &a.zones[z]
		}
	}
	return &a.zones[above4G]
}

// insert makes block i of the given order free as it is.
func (a *Allocator) insert(i, order int) {
	a.free[order].set(i >> uint(order))
	z := a.zoneOf(i)
	z.count[order]++
	z.orders |= 1 << uint(order)
}

// remove undoes insert.
func (a *Allocator) remove(i, order int) {
	a.free[order].clear(i >> uint(order))
	z := a.zoneOf(i)
	z.count[order]--
	if z.count[order] == 0 {
		z.orders &^= 1 << uint(order)
	}
}

// merge makes block i free, joined with its buddy for as long as that is free
// too: what is free is always in blocks as large as can be.
func (a *Allocator) merge(i, order int) {
	for ; order < MaxOrder; order++ {
		buddy := i ^ 1<<uint(order)
		if !a.free[order].has(buddy >> uint(order)) {
			break
		}
		a.remove(buddy, order)
		i &^= 1 << uint(order)
	}
	a.insert(i, order)
}

// carve takes block i of the given order out of the free block of order from
// that contains it; the rest of that block stays free, in halves of halves.
func (a *Allocator) carve(i, order, from int) {
	a.remove(i&^(1<<uint(from)-1), from)
	for from--; from >= order; from-- {
		half := i &^ (1<<uint(from) - 1)
		a.insert(half^1<<uint(from), from)
	}
}

// find is the block that frame i, which is memory, belongs to. Every frame of
// memory is in one, so the search ends inside the loop.
func (a *Allocator) find(i int) (start, order int, o Owner) {
	for k := range Orders {
		start = i &^ (1<<uint(k) - 1)
		if a.free[k].has(i >> uint(k)) {
			return start, k, Free
		}
		if s := a.states.get(start); s.owner() != Free && s.order() >= k {
			return start, s.order(), s.owner()
		}
	}
	return i, 0, Reserved
}
