package queue

import "fmt"

// The split ring: descriptors, the available ring with flags, index, elements
// and used_event, and the used ring with flags, index, elements and avail_event.
// VIRTIO 1.2 §2.7.
const (
	descSize = 16 // bytes: address, length, flags, next

	availIndex = 2
	availRing  = 4
	availSize  = 2 // of an element
	availAlign = 2

	usedIndex = 2
	usedRing  = 4
	usedSize  = 8 // of an element: id, length
	usedAlign = 4

	eventSize = 2
)

// Flags of a descriptor, in split and packed rings. VIRTIO 1.2 §2.7.5, §2.8.
const (
	flagNext     = 1 << 0
	flagWrite    = 1 << 1
	flagIndirect = 1 << 2
)

const (
	noInterrupt = 1 << 0 // flag of the available ring. VIRTIO 1.2 §2.7.7.1
	noNotify    = 1 << 0 // of the used ring. VIRTIO 1.2 §2.7.10
)

// available is how many buffers wait.
func (q *Queue) available() uint16 { return le.Uint16(q.driver.at(availIndex)) - q.next }

func (q *Queue) nextSplit(c *Chain) bool {
	n := q.available()
	if n == 0 {
		return false
	}
	if uint32(n)+uint32(q.inFlight) > uint32(q.Size) {
		return q.fail(errMore)
	}
	head := le.Uint16(q.driver.at(availRing + availSize*uint32(q.next&(q.Size-1))))
	c.clear()
	c.token = Token{id: head, epoch: q.epoch}
	if err := q.walk(c, head); err != nil {
		return q.fail(err)
	}
	c.end()
	q.next++
	q.inFlight++
	return true
}

// walk adds the descriptors of a chain. It ends: a chain has no more of them
// than the ring.
func (q *Queue) walk(c *Chain, at uint16) error {
	for range q.Size {
		if at >= q.Size {
			return fmt.Errorf("descriptor %d of %d", at, q.Size)
		}
		d := q.desc.at(descSize * uint32(at))[:descSize]
		gpa, rest := le.Uint64(d), le.Uint64(d[8:])
		n, flags := uint32(rest), uint16(rest>>32)
		if flags&flagIndirect != 0 {
			if flags&flagNext != 0 {
				return errIndirect
			}
			return q.indirect(c, gpa, n)
		}
		if err := q.add(c, gpa, n, flags&flagWrite != 0); err != nil {
			return err
		}
		if flags&flagNext == 0 {
			return nil
		}
		at = uint16(rest >> 48)
	}
	return errLoop
}

func (q *Queue) useSplit(t Token, n uint32) {
	off := usedRing + usedSize*uint32(q.used&(q.Size-1))
	le.PutUint32(q.device.at(off), uint32(t.id))
	le.PutUint32(q.device.at(off+4), n)
	q.used++
	q.pending++
	q.inFlight--
}

func (q *Queue) flushSplit() bool {
	le.PutUint16(q.device.at(usedIndex), q.used)
	q.barrier()
	if !q.eventIdx {
		return le.Uint16(q.driver.at(0))&noInterrupt == 0
	}
	event := le.Uint16(q.driver.at(availRing + availSize*uint32(q.Size)))
	return reached(event, q.used, q.used-q.pending)
}

// notifySplit needs to write nothing for silence with event indices: the last
// one has been reached, and is not reached again for long.
func (q *Queue) notifySplit(on bool) bool {
	switch {
	case q.eventIdx && !on:
		return false
	case q.eventIdx:
		le.PutUint16(q.device.at(usedRing+usedSize*uint32(q.Size)), q.next)
	case !on:
		le.PutUint16(q.device.at(0), noNotify)
		return false
	default:
		le.PutUint16(q.device.at(0), 0)
	}
	q.barrier()
	return q.available() != 0
}
