package paging

// maxPhysical is where host-physical addresses end: 52 bits.
const maxPhysical = 1 << 52

// span checks a range of virtual addresses and returns the last in it.
func span(va, size uint64) (last uint64, err error) {
	last = va + (size - 1)
	switch {
	case size == 0:
		return 0, ErrSize
	case (va|size)&(PageSize-1) != 0:
		return 0, ErrAlign
	case last < va || !Canonical(va) || !Canonical(last) || va>>63 != last>>63:
		return 0, ErrCanonical
	}
	return last, nil
}

// Map makes the size bytes from virtual address va translate to the
// host-physical addresses from pa, with flags out of FlagMask, and Accessed
// for pages that begin so. It uses the largest pages that the alignment of both
// allows. What already translates so is left alone; anything else in the range
// is ErrOverlap.
func (s *Space) Map(va, pa, size uint64, flags Entry) error {
	last, err := span(va, size)
	switch {
	case err != nil:
		return err
	case pa&(PageSize-1) != 0:
		return ErrAlign
	case pa > maxPhysical || size > maxPhysical-pa:
		return ErrPhysical
	case flags&^(FlagMask|Accessed) != 0:
		return ErrFlags
	}
	return s.run(va, last, &change{verb: mapPages, flags: flags, offset: pa - va, largest: s.largest})
}

// Unmap makes the size bytes from virtual address va nothing, be they pages or
// demand-zero. A page of which only a part goes is split. Unless freed is nil
// it is called with the host-physical address and the size of each page, or
// part of one, that went: the caller's to free, once Stale is invalidated.
func (s *Space) Unmap(va, size uint64, freed func(pa, size uint64)) error {
	last, err := span(va, size)
	if err != nil {
		return err
	}
	return s.run(va, last, &change{verb: unmap, freed: freed})
}

// Protect gives the size bytes from virtual address va other flags out of
// FlagMask, be they pages or demand-zero. A page of which only a part changes
// is split. ErrNotMapped when part of the range is nothing.
func (s *Space) Protect(va, size uint64, flags Entry) error {
	last, err := span(va, size)
	switch {
	case err != nil:
		return err
	case flags&^FlagMask != 0:
		return ErrFlags
	}
	return s.run(va, last, &change{verb: protect, flags: flags})
}
