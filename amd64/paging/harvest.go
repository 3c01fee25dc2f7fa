package paging

import "sync/atomic"

// Harvest calls used for each page that the processors have used since they were
// last harvested, and makes it unused: with its virtual address, its size in
// bytes, and whether it was written to. It looks at the pages of the size bytes
// from virtual address va; one that is in that range in part is given as a whole.
// A large page has one accessed bit and one dirty bit for all of it: AMD APM
// vol. 2 §5.4.2, Intel SDM vol. 3 §4.8, §28.2.5.
//
// The pages are stale afterwards. A processor that has cached an entry with the
// bits set does not set them again until that is invalidated, so what it writes
// in between is said by this harvest and by no other one: look at the content of
// the pages when the range of Stale has been invalidated, not before. A processor
// that has cached an entry with its bits clear sets them in the table first, by a
// locked operation. The bits are taken out by one too: a page that is written at
// that moment is in this harvest or in the next.
func (s *Space) Harvest(va, size uint64, used func(va, size uint64, written bool)) error {
	last, err := span(va, size)
	if err != nil {
		return err
	}
	return s.harvest(s.root, PML4, va, last, used)
}

// harvest does that for the entries of a table of level l, from va to last, the
// last address included. It calls itself three levels deep at most.
func (s *Space) harvest(table uint64, l Level, va, last uint64, used func(va, size uint64, written bool)) error {
	t := s.mem.Table(table)
	if t == nil {
		return ErrTable
	}
	for {
		stop := min(last, va|(l.Size()-1))
		e := &t[l.index(va)]
		switch now := e.load(); {
		case now.isTable(l):
			if err := s.harvest(now.address(l), l-1, va, stop, used); err != nil {
				return err
			}
		case now&s.used() != 0 && now.isPage(l):
			was := Entry(atomic.AndUint64((*uint64)(e), ^uint64(s.used())))
			start := va &^ (l.Size() - 1)
			s.note(start, l.Size())
			used(start, l.Size(), was&s.dirty != 0)
		}
		if stop == last {
			return nil
		}
		va = stop + 1
	}
}
