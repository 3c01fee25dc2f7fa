package paging

// verb is what a change does to the entries of its range.
type verb uint8

const (
	mapPages verb = iota
	setMarks
	unmap
	protect
	release
)

// change is one operation on a range of addresses.
type change struct {
	verb    verb
	flags   Entry                 // of mapPages, setMarks and protect
	offset  uint64                // of mapPages: host-physical minus virtual address
	largest Level                 // of mapPages and setMarks: level of the largest entry
	freed   func(pa, size uint64) // of unmap and release; may be nil
	used    Entry                 // the space's bits that say how a page was used
	dry     bool                  // only look for errors
}

// decide says what becomes of e, an entry of level l that is not a table, when
// the change covers it from va on: after, if that can be said of the entry as
// a whole, or else it must be split. whole tells whether the range covers all
// of it.
func (c *change) decide(e Entry, l Level, va uint64, whole bool) (after Entry, split bool, err error) {
	switch c.verb {
	case mapPages, setMarks:
		switch {
		case !e.isEmpty():
			if !c.agrees(e, l, va) {
				return e, false, ErrOverlap
			}
			return e, false, nil
		case whole && c.fits(l, va):
			return c.entry(l, va), false, nil
		}
	case unmap:
		if whole || e.isEmpty() {
			return 0, false, nil
		}
	case protect:
		switch {
		case e.isEmpty():
			return e, false, ErrNotMapped
		case e.flags(l)&^c.used == c.flags:
			return e, false, nil
		case whole && e.isMark():
			return mark(c.flags), false, nil
		case whole:
			return page(l, e.address(l), c.flags) | e&(Accessed|Dirty|c.used), false, nil
		}
	case release:
		switch {
		case e.isEmpty():
			return e, false, ErrNotMapped
		case e.isMark():
			return e, false, nil
		case whole:
			return mark(e.flags(l)), false, nil
		}
	}
	return e, true, nil
}

// fits reports whether an entry of level l can start at va.
func (c *change) fits(l Level, va uint64) bool {
	return l <= c.largest && (c.verb == setMarks || (va+c.offset)&(l.Size()-1) == 0)
}

// entry is the new entry of level l at va.
func (c *change) entry(l Level, va uint64) Entry {
	if c.verb == setMarks {
		return mark(c.flags)
	}
	return page(l, va+c.offset, c.flags)
}

// agrees reports whether e already is, from va on, what the change makes.
func (c *change) agrees(e Entry, l Level, va uint64) bool {
	if e.flags(l)&^c.used != c.flags&FlagMask {
		return false
	}
	if c.verb == setMarks {
		return e.isMark()
	}
	return e.isPage(l) && e.address(l)+va&(l.Size()-1) == va+c.offset
}

// run applies c from va to last, the last address included: first dry, so that
// an error leaves everything as it was.
func (s *Space) run(va, last uint64, c *change) error {
	c.used = s.used()
	if c.verb != unmap {
		c.dry = true
		if err := s.apply(s.root, PML4, va, last, c); err != nil {
			return err
		}
		c.dry = false
	}
	return s.apply(s.root, PML4, va, last, c)
}

// apply applies c to the entries of a table of level l. It calls itself three
// levels deep at most.
func (s *Space) apply(table uint64, l Level, va, last uint64, c *change) error {
	t := s.mem.Table(table)
	if t == nil {
		return ErrTable
	}
	for {
		stop := min(last, va|(l.Size()-1))
		if err := s.applyEntry(&t[l.index(va)], l, va, stop, c); err != nil {
			return err
		}
		if stop == last {
			return nil
		}
		va = stop + 1
	}
}

// applyEntry applies c to the part from va to stop of what *e spans.
func (s *Space) applyEntry(e *Entry, l Level, va, stop uint64, c *change) error {
	if now := e.load(); !now.isTable(l) {
		whole := stop-va == l.Size()-1
		after, split, err := c.decide(now, l, va, whole)
		if err != nil || c.dry {
			return err
		}
		if !split {
			s.replace(e, l, va, after, c)
			return nil
		}
		if err := s.split(e, l); err != nil {
			return err
		}
	}
	err := s.apply(e.load().address(l), l-1, va, stop, c)
	if !c.dry {
		s.fold(e, l, va)
	}
	return err
}

// replace makes *e, all of whose span from va is changed, what it is after.
func (s *Space) replace(e *Entry, l Level, va uint64, after Entry, c *change) {
	before := *e
	if before == after {
		return
	}
	*e = after
	if before&Present != 0 {
		s.note(va, l.Size())
	}
	if c.freed != nil && before.isPage(l) {
		c.freed(before.address(l), l.Size())
	}
}
