package frame

import "math/bits"

// Init makes the allocator manage the regions, whatever it held before. They
// are usable memory that nobody uses yet: the caller leaves out the kernel's
// image, boot modules, firmware tables and page tables. They must be sorted by
// address and must not overlap; partial frames at their ends are not used.
//
// The metadata goes to the lowest address from 1 MiB that has room for it
// (Stats.Metadata says where), because the first page tables may map only low
// memory. Init touches no other memory. A chunk of 1 GiB whose usable memory
// is less than its metadata would take is left out (Stats.Ignored).
func (a *Allocator) Init(regions []Region, mem Memory) error {
	if err := check(regions); err != nil {
		return err
	}
	*a = Allocator{}
	a.number(regions)
	size := metadataWords(a.slots)
	at, ok := place(regions, uint64(size)*8)
	if !ok {
		*a = Allocator{}
		return ErrNoRoom
	}
	a.mem = mem
	memory := mem.Words(at.Start, size)
	clear(memory)
	for k := range Orders {
		memory = a.free[k].init(memory, a.slots<<chunkOrder>>uint(k))
	}
	a.states = states(memory)
	a.states.fill(0, a.slots<<chunkOrder, hole)
	for _, r := range regions {
		a.add(clip(r))
	}
	a.stats.Metadata = at
	return a.Reserve(at.Start, at.End)
}

func check(regions []Region) error {
	var last uint64
	for _, r := range regions {
		switch {
		case r.Start >= r.End:
			return ErrRegionEmpty
		case r.Start < last:
			return ErrRegionOrder
		case r.End > MaxAddress:
			return ErrRegionLimit
		}
		last = r.End
	}
	return nil
}

// clip is the whole frames of r, without frame 0. It may be empty: then its
// Start is not below its End.
func clip(r Region) Region {
	return Region{max((r.Start+Size-1)&^(Size-1), Size), r.End &^ (Size - 1)}
}

// number gives slots to the chunks that are worth having.
func (a *Allocator) number(regions []Region) {
	for _, r := range regions {
		r = clip(r)
		for r.Start < r.End {
			end := min(r.End, (r.Start>>chunkShift+1)<<chunkShift)
			a.slotOf[r.Start>>chunkShift] += uint32((end - r.Start) >> Shift)
			r.Start = end
		}
	}
	worth := uint32(metadataWords(1) / words)
	for chunk := range a.slotOf {
		frames := a.slotOf[chunk]
		if frames <= worth {
			a.slotOf[chunk] = 0
			a.stats.Ignored += uint64(frames) << Shift
			continue
		}
		a.chunkOf[a.slots] = uint32(chunk)
		a.slots++
		a.slotOf[chunk] = uint32(a.slots)
		if chunk == 0 {
			a.zones[below1M].end = limit1M >> Shift
		}
		if chunk < limit4G>>chunkShift {
			a.zones[below4G].end = a.slots << chunkOrder
		}
	}
	a.zones[above4G].end = a.slots << chunkOrder
}

// metadataWords is the size in words of the metadata for that many chunks,
// rounded up to whole frames.
func metadataWords(slots int) int {
	if slots == 0 {
		return 0
	}
	n := slots << chunkOrder / 8
	for k := range Orders {
		n += treeWords(slots << chunkOrder >> uint(k))
	}
	return (n + words - 1) &^ (words - 1)
}

// place finds size bytes, more than 0, in the lowest region at or above 1 MiB.
func place(regions []Region, size uint64) (Region, bool) {
	if size == 0 {
		return Region{}, false
	}
	for _, r := range regions {
		r = clip(r)
		r.Start = max(r.Start, limit1M)
		if r.Start < r.End && r.End-r.Start >= size {
			return Region{r.Start, r.Start + size}, true
		}
	}
	return Region{}, false
}

// add frees the memory of r in chunks that have a slot.
func (a *Allocator) add(r Region) {
	for r.Start < r.End {
		end := min(r.End, (r.Start>>chunkShift+1)<<chunkShift)
		if s, ok := a.slot(r.Start >> chunkShift); ok {
			i := s<<chunkOrder | int(r.Start>>Shift&(chunkFrames-1))
			n := int((end - r.Start) >> Shift)
			a.states.fill(i, i+n, plain)
			a.stats.Bytes[Free] += end - r.Start
			a.stats.Total += end - r.Start
			a.mergeRun(i, i+n)
		}
		r.Start = end
	}
}

// mergeRun frees the frames from i up to end as the largest blocks that fit.
func (a *Allocator) mergeRun(i, end int) {
	for i < end {
		order := fitting(i, end)
		a.merge(i, order)
		i += 1 << uint(order)
	}
}

// fitting is the order of the largest block that starts at i and does not pass
// end.
func fitting(i, end int) int {
	order := bits.Len(uint(end-i)) - 1
	return min(order, bits.TrailingZeros(uint(i)), MaxOrder)
}
