package paging

// Demand-zero memory is reserved but has no frames yet. It costs no frame for
// tables either where a mark can stand in a higher table: 64 MiB, aligned, is
// 32 marks of 2 MiB in one page directory.

// SetDemand makes the size bytes from virtual address va demand-zero, with the
// flags out of FlagMask that pages there will have. What is so already is left
// alone; anything else in the range is ErrOverlap.
func (s *Space) SetDemand(va, size uint64, flags Entry) error {
	last, err := span(va, size)
	switch {
	case err != nil:
		return err
	case flags&^FlagMask != 0:
		return ErrFlags
	}
	return s.run(va, last, &change{verb: setMarks, flags: flags, largest: PML4})
}

// Demand reports whether virtual address va is demand-zero, the flags a page
// there will have (NoAccess among them when it must not be touched), and the
// size in bytes of the mark that says so: 4 KiB, 2 MiB, 1 GiB or 512 GiB.
func (s *Space) Demand(va uint64) (flags Entry, size uint64, ok bool) {
	if !Canonical(va) {
		return 0, 0, false
	}
	e, l := s.lookup(va)
	if e == nil || !e.isMark() {
		return 0, 0, false
	}
	return e.flags(l), l.Size(), true
}

// Back puts the frame at host-physical address pa, which the caller has
// zeroed, into the demand-zero page that contains virtual address va. A larger
// mark is split, which takes one table for 2 MiB, two for 1 GiB, and three for
// 512 GiB.
func (s *Space) Back(va, pa uint64) error {
	switch {
	case !Canonical(va):
		return ErrCanonical
	case pa&(PageSize-1) != 0:
		return ErrAlign
	case pa >= maxPhysical:
		return ErrPhysical
	}
	for {
		e, l := s.lookup(va)
		switch {
		case e == nil:
			return ErrTable
		case !e.isMark():
			return ErrNotDemand
		case *e&NoAccess != 0:
			return ErrNoAccess
		case l == PT:
			*e = page(PT, pa, e.flags(PT))
			return nil
		}
		if err := s.split(e, l); err != nil {
			return err
		}
	}
}

// Release makes the pages in the size bytes from virtual address va
// demand-zero again, with the flags they have, as MADV_DONTNEED asks. freed is
// as in Unmap. ErrNotMapped when part of the range is nothing.
func (s *Space) Release(va, size uint64, freed func(pa, size uint64)) error {
	last, err := span(va, size)
	if err != nil {
		return err
	}
	return s.run(va, last, &change{verb: release, freed: freed})
}
