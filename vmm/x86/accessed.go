package x86

import (
	"sync/atomic"
	"unsafe"
)

// TranslateFor is Translate for an access that is then made: it sets the
// accessed bit of the entries, and the dirty bit of the page that is written,
// as the processor would. APM vol. 2 §5.4.2.
func (s *State) TranslateFor(mem Memory, lin uint64, acc Access) (uint64, error) {
	// Another processor may change an entry between our look at it and our
	// mark on it; then the walk begins again.
	for range markAttempts {
		w := s.Walk(mem, lin, acc)
		if err := s.fault(&w, lin); err != nil {
			return 0, err
		}
		if s.mark(mem, &w, acc) {
			return w.GPA, nil
		}
	}
	return s.Translate(mem, lin, acc)
}

const markAttempts = 4

// mark sets the accessed and dirty bits of the entries of a walk. It is false
// when an entry is no longer what the walk saw.
func (s *State) mark(mem Memory, w *Walk, acc Access) bool {
	for i, e := range w.Entries() {
		bits := uint64(pteA)
		if s.format() == &pagingPA && e.Level == 3 {
			continue // a PAE root has no such bits
		}
		if acc&Write != 0 && i == w.n-1 {
			bits |= pteD
		}
		if e.Value&bits != bits && !e.set(mem, bits, s.format().wide) {
			return false
		}
	}
	return true
}

// set sets bits of an entry in memory, if it has the value that was read. All
// such bits are in the low 32, which are one aligned word in both formats, but
// the rest of a wide entry must not have changed either.
func (e *Entry) set(mem Memory, bits uint64, wide bool) bool {
	b := mem.Span(e.GPA)
	if wide {
		return len(b) >= 8 && atomic.CompareAndSwapUint64((*uint64)(unsafe.Pointer(&b[0])), e.Value, e.Value|bits)
	}
	return len(b) >= 4 && atomic.CompareAndSwapUint32((*uint32)(unsafe.Pointer(&b[0])), uint32(e.Value), uint32(e.Value|bits))
}
