package loader

import (
	"errors"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// space is the guest-physical memory, and what of it is taken.
type space struct {
	ram   *ram.RAM
	e820  []memmap.Range
	taken []span
}

// span is guest-physical addresses from start up to, not including, end.
type span struct {
	what       string
	start, end uint64
}

const pageSize = 4096

var errNoRoom = errors.New("no room")

func newSpace(m *ram.RAM) space { return space{ram: m, e820: memmap.E820(m)} }

// take takes size bytes from start for what. It fails if they are not all
// memory or not all free.
func (s *space) take(what string, start, size uint64) error {
	if size == 0 {
		return nil
	}
	if !s.isRAM(start, size) {
		return fmt.Errorf("needs %s at %#x, which are not all memory: the VM has %s", sizeText(size), start, sizeText(s.ram.Size()))
	}
	wanted := span{what, start, start + size}
	for _, t := range s.taken {
		if wanted.overlaps(t) {
			return fmt.Errorf("needs %#x-%#x, but %s is at %#x-%#x", start, start+size, t.what, t.start, t.end)
		}
	}
	s.taken = append(s.taken, wanted)
	return nil
}

func (s *space) isRAM(start, size uint64) bool {
	for _, r := range s.e820 {
		if r.Type == memmap.RAM && r.Contains(start, size) {
			return true
		}
	}
	return false
}

func (s span) overlaps(o span) bool { return s.start < o.end && o.start < s.end }

// lowest takes size bytes for what at the lowest free multiple of align, a
// power of two, from 1 MiB up to the end of the memory below 4 GiB.
func (s *space) lowest(what string, size, align uint64) (uint64, error) {
	start := alignUp(memmap.Extended, align)
	for start >= memmap.Extended && start < s.ram.Low() && size <= s.ram.Low()-start {
		t := s.inTheWay(start, size)
		if t == nil {
			return start, s.take(what, start, size)
		}
		start = alignUp(t.end, align)
	}
	return 0, errNoRoom
}

// highest takes size bytes for what at the highest free multiple of align, a
// power of two, from 1 MiB up to end.
func (s *space) highest(what string, size, align, end uint64) (uint64, error) {
	end = min(end, s.ram.Low())
	for size <= end {
		start := (end - size) &^ (align - 1)
		if start < memmap.Extended {
			break
		}
		t := s.inTheWay(start, size)
		if t == nil {
			return start, s.take(what, start, size)
		}
		end = t.start
	}
	return 0, errNoRoom
}

// inTheWay is a taken span in size bytes from start, nil if there is none.
func (s *space) inTheWay(start, size uint64) *span {
	for i := range s.taken {
		if s.taken[i].overlaps(span{start: start, end: start + size}) {
			return &s.taken[i]
		}
	}
	return nil
}

// put takes size bytes from start for what, copies data there and clears the
// rest.
func (l *load) put(what string, start uint64, data []byte, size uint64) error {
	if err := l.space.take(what, start, size); err != nil {
		return err
	}
	return l.write(start, data, size)
}

// write copies data to start and clears what follows, up to size bytes.
func (l *load) write(start uint64, data []byte, size uint64) error {
	if err := l.RAM.Write(start, data); err != nil {
		return err
	}
	n := uint64(len(data))
	if size <= n {
		return nil
	}
	return l.RAM.Fill(start+n, size-n, 0)
}

// alignUp is the next multiple of align, a power of two; 0 if there is none.
func alignUp(v, align uint64) uint64 { return (v + align - 1) &^ (align - 1) }

// sizeText is a number of bytes, rounded up, in a unit that fits.
func sizeText(n uint64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", (n+1<<20-1)>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", (n+1<<10-1)>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
