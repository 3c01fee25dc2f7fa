package queue

import (
	"errors"
	"fmt"
)

var errIndirect = errors.New("an indirect descriptor has a next one")

// indirect adds the descriptors of an indirect table, n bytes at guest-physical
// address gpa. VIRTIO 1.2 §2.7.5.3, §2.8.8.
func (q *Queue) indirect(c *Chain, gpa uint64, n uint32) error {
	count := n / descSize
	if n%descSize != 0 || count == 0 || count > maxSegments {
		return fmt.Errorf("an indirect table of %d bytes", n)
	}
	if !q.mem.Contains(gpa, uint64(n)) {
		return fmt.Errorf("an indirect table at %#x, %d bytes, is not in memory", gpa, n)
	}
	table := q.mem.Span(gpa)
	if uint32(len(table)) < n {
		table = make([]byte, n) // it lies in two blocks of memory, as few do
		if err := q.mem.Read(gpa, table); err != nil {
			return err
		}
	}
	table = table[:n]
	at := uint32(0)
	for range count {
		d := table[descSize*at:][:descSize]
		gpa, rest := le.Uint64(d), le.Uint64(d[8:])
		n, flags := uint32(rest), uint16(rest>>32)
		if q.packed {
			flags = uint16(rest >> 48)
		}
		if flags&flagIndirect != 0 {
			return errors.New("an indirect table has an indirect descriptor")
		}
		if err := q.add(c, gpa, n, flags&flagWrite != 0); err != nil {
			return err
		}
		at++
		if q.packed {
			continue // all of the table is the buffer
		}
		if flags&flagNext == 0 {
			return nil
		}
		if at = uint32(rest >> 48); at >= count {
			return fmt.Errorf("descriptor %d of %d in an indirect table", at, count)
		}
	}
	if q.packed {
		return nil
	}
	return errLoop
}
