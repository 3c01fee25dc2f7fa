package paging

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// formats are where the two vendors' nested tables have the bits, beside what
// their pages have in any case.
var formats = []struct {
	name            string
	flags           Entry
	accessed, dirty Entry
}{
	{"AMD", Write | User, Accessed, Dirty},
	{"Intel", Write | User | PCD | Accessed, 1 << 8, 1 << 9}, // memory type 6
}

// harvested is what Harvest says about a range, in order.
func harvested(t *testing.T, s *Space, va, size uint64) (list []string) {
	t.Helper()
	must(t, s.Harvest(va, size, func(va, size uint64, written bool) {
		list = append(list, fmt.Sprintf("%#x+%dK %v", va, size/kib, written))
	}))
	return list
}

func TestHarvestTellsWhatWasUsed(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			s, _ := newSpace(t, 20, true)
			s.SetUsageBits(f.accessed, f.dirty)
			must(t, s.Map(0, 0, 3*mib, f.flags)) // 2 MiB and 256 pages
			must(t, s.Map(gib, gib, gib, f.flags))
			must(t, s.Map(4*gib, 0, 4*kib, f.flags))
			s.Stale()
			if got := harvested(t, s, 0, 8*gib); got != nil {
				t.Errorf("unused, but %v", got)
			}
			if _, pages := s.Stale(); pages != 0 {
				t.Errorf("%d pages are stale, and nothing has changed", pages)
			}
			use := func(va uint64, bits Entry) {
				e, _ := s.lookup(va)
				*e |= bits
			}
			use(mib, f.accessed|f.dirty)
			use(2*mib+8*kib, f.accessed)
			use(2*mib+12*kib, f.accessed|f.dirty)
			use(gib+5, f.accessed|f.dirty)
			use(4*gib, f.dirty) // a cached entry that was accessed before a harvest
			before := [...]Translation{s.Walk(mib), s.Walk(2*mib + 8*kib)}
			want := []string{"0x0+2048K true", "0x202000+4K false", "0x203000+4K true"}
			if got := harvested(t, s, mib, 2*mib); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			if va, pages := s.Stale(); va != 0 || pages != 512+4 {
				t.Errorf("stale: %d pages from %#x", pages, va)
			}
			for i, va := range []uint64{mib, 2*mib + 8*kib} {
				if w := s.Walk(va); w.PA != before[i].PA || w.Flags != before[i].Flags || !w.OK {
					t.Errorf("%#x was %+v and is %+v", va, before[i], w)
				}
			}
			want = []string{"0x40000000+1048576K true", "0x100000000+4K true"}
			if got := harvested(t, s, 0, 8*gib); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			if got := harvested(t, s, 0, 8*gib); got != nil {
				t.Errorf("harvested, but %v", got)
			}
		})
	}
}

func TestUseIsNoDifferentMapping(t *testing.T) {
	for _, f := range formats {
		s, _ := newSpace(t, 20, true)
		s.SetUsageBits(f.accessed, f.dirty)
		must(t, s.Map(0, 0, 2*mib, f.flags))
		e, _ := s.lookup(0)
		*e |= f.accessed | f.dirty
		if err := s.Map(0, 0, 2*mib, f.flags); err != nil {
			t.Errorf("%s: the same again: %v", f.name, err)
		}
		if err := s.Map(0, 2*mib, 2*mib, f.flags); err != ErrOverlap {
			t.Errorf("%s: something else: %v", f.name, err)
		}
		must(t, s.Unmap(mib, 4*kib, nil)) // splits it
		if got := harvested(t, s, 0, 2*mib); len(got) != 511 || got[0] != "0x0+4K true" {
			t.Errorf("%s: %d pages of 4 KiB were used, want all 511, and written to: %v", f.name, len(got), got[0])
		}
	}
}

func TestHarvestRefuses(t *testing.T) {
	s, f := newSpace(t, 20, true)
	if err := s.Harvest(0, 0, nil); err != ErrSize {
		t.Error(err)
	}
	if err := s.Harvest(0, 1<<48, nil); err != ErrCanonical {
		t.Error(err)
	}
	f.Table(s.root)[0] = 0x1000 | Present
	if err := s.Harvest(0, 1<<47, nil); err != ErrTable {
		t.Error(err)
	}
}

// walker is a processor that uses the pages of a space. What it has cached of an
// entry it believes until it is told to flush.
type walker struct {
	s     *Space
	tlb   map[uint64]Entry // by page of 4 KiB
	flush atomic.Bool      // a request, until it is done
	done  atomic.Bool
}

// use uses the page at va as a processor does: it sets the bits in the table
// first, unless it knows that they are there.
func (w *walker) use(va uint64, bits Entry) {
	if w.flush.Load() {
		clear(w.tlb)
		w.flush.Store(false)
	}
	for w.tlb[va]&bits != bits { // each turn somebody else was first
		e, l := w.s.lookup(va)
		before := e.load()
		if after := before | bits; !before.isTable(l) && atomic.CompareAndSwapUint64((*uint64)(e), uint64(before), uint64(after)) {
			w.tlb[va] = after
		}
	}
}

// migration is processors that write to memory, and a copy of it that is made
// meanwhile, page by page as the harvests say.
type migration struct {
	t              *testing.T
	s              *Space
	memory, copied [512]atomic.Uint64
	walkers        [2]*walker
}

// write reads a page and adds 1 to it, again and again, and does so with all.
func (m *migration) write(w *walker) {
	const pages, times = 16, 100
	for i := range uint64(pages * times) {
		va := i / times * PageSize
		w.use(va, m.s.accessed)
		w.use(va, m.s.used())
		m.memory[va/PageSize].Add(1)
	}
	w.done.Store(true)
}

// round copies what has been written, and tells whether the processors have done.
func (m *migration) round() (done bool) {
	done = true
	for _, w := range m.walkers {
		done = done && w.done.Load()
	}
	var list [][2]uint64
	must(m.t, m.s.Harvest(0, 2*mib, func(va, size uint64, written bool) {
		if written {
			list = append(list, [2]uint64{va / PageSize, (va + size) / PageSize})
		}
	}))
	for _, w := range m.walkers {
		for w.flush.Store(true); w.flush.Load() && !w.done.Load(); {
			runtime.Gosched()
		}
	}
	for _, p := range list {
		for i := p[0]; i < p[1]; i++ {
			m.copied[i].Store(m.memory[i].Load())
		}
	}
	return done
}

// In the end the copy is the memory: no write is lost between a bit that is
// cleared and the processor that still has it cached, nor when a large page
// becomes small ones.
func TestNoWriteIsLost(t *testing.T) {
	for _, f := range formats {
		for range 100 {
			m := &migration{t: t}
			m.s, _ = newSpace(t, 4, true)
			m.s.SetUsageBits(f.accessed, f.dirty)
			must(t, m.s.Map(0, 0, 2*mib, f.flags))
			var all sync.WaitGroup
			for i := range m.walkers {
				w := &walker{s: m.s, tlb: map[uint64]Entry{}}
				m.walkers[i] = w
				all.Go(func() { m.write(w) })
			}
			m.round()
			must(t, m.s.Unmap(mib, 4*kib, nil)) // from here on pages of 4 KiB
			for !m.round() {
			}
			all.Wait()
			for i := range m.memory {
				if n, c := m.memory[i].Load(), m.copied[i].Load(); n != c {
					t.Fatalf("%s: page %d was written to %d times, of which the copy has %d", f.name, i, n, c)
				}
			}
		}
	}
}
