package frame

// Stats is the state of the allocator. All sizes are in bytes.
type Stats struct {
	Total     uint64         // managed memory
	Bytes     [Owners]uint64 // of it, by owner; their sum is Total
	Blocks    [Orders]uint64 // free blocks by order
	HighWater uint64         // the most that was ever not free
	Failed    uint64         // times Alloc or AllocAt found no memory
	Metadata  Region         // where the allocator's own memory lies
	Ignored   uint64         // usable memory left out by Init

	Corrupt     uint64 // damaged blocks found in poison mode
	CorruptAt   uint64 // host-physical address of the last changed word found
	CorruptWord uint64 // what it held instead of Pattern
}

// Free is the memory that can be allocated, in bytes.
func (s *Stats) Free() uint64 { return s.Bytes[Free] }

// Used is the memory that cannot, in bytes.
func (s *Stats) Used() uint64 { return s.Total - s.Bytes[Free] }

// Stats is the state now.
func (a *Allocator) Stats() Stats {
	s := a.stats
	for k := range Orders {
		for z := range a.zones {
			s.Blocks[k] += uint64(a.zones[z].count[k])
		}
	}
	return s
}

// Block is a free or allocated block of 4 KiB << Order bytes at host-physical
// address Start.
type Block struct {
	Start uint64
	Order int
	Owner Owner
}

// End is the host-physical address after the block.
func (b Block) End() uint64 { return b.Start + BlockSize(b.Order) }

// Next is the block that contains the host-physical address pa, or else the
// first above it; false when there is none. Blocks are iterated with
//
//	for b, ok := a.Next(0); ok; b, ok = a.Next(b.End()) { ... }
func (a *Allocator) Next(pa uint64) (Block, bool) {
	for chunk := pa >> chunkShift; chunk < maxChunks; chunk++ {
		if s, ok := a.slot(chunk); ok {
			end := (s + 1) << chunkOrder
			i := a.states.skip(s<<chunkOrder|int(pa>>Shift&(chunkFrames-1)), end)
			if i < end {
				start, order, o := a.find(i)
				return Block{a.address(start), order, o}, true
			}
		}
		pa = 0
	}
	return Block{}, false
}
