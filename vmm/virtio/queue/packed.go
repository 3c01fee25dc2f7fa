package queue

// The packed ring: descriptors of address, length, id and flags, and an event
// suppression structure of either side. VIRTIO 1.2 §2.8.13, §2.8.14.
const (
	flagAvail = 1 << 7
	flagUsed  = 1 << 15

	suppressSize = 4 // bytes: offset and wrap counter, flags
	eventOn      = 0
	eventOff     = 1
	eventAt      = 2 // the driver's: at a descriptor
	eventMask    = 3
	wrapBit      = 1 << 15
)

// isAvailable tells whether flags of the next descriptor say that it is
// available: one flag is the wrap counter, the other is not.
func (q *Queue) isAvailable(flags uint16) bool {
	return (flags&flagAvail != 0) == q.nextWrap && (flags&flagUsed != 0) != q.nextWrap
}

func (q *Queue) nextPacked(c *Chain) bool {
	d := q.desc.at(descSize * uint32(q.next))[:descSize]
	rest := le.Uint64(d[8:])
	if !q.isAvailable(uint16(rest >> 48)) {
		return false
	}
	c.clear()
	slot, n := q.next, uint16(0)
	for {
		gpa, size, flags := le.Uint64(d), uint32(rest), uint16(rest>>48)
		if n++; uint32(n)+uint32(q.inFlight) > uint32(q.Size) {
			return q.fail(errMore)
		}
		var err error
		switch {
		case flags&flagIndirect != 0 && flags&flagNext != 0:
			err = errIndirect
		case flags&flagIndirect != 0:
			err = q.indirect(c, gpa, size)
		default:
			err = q.add(c, gpa, size, flags&flagWrite != 0)
		}
		if err != nil {
			return q.fail(err)
		}
		if slot++; slot == q.Size {
			slot = 0
		}
		if flags&flagNext == 0 {
			break
		}
		d = q.desc.at(descSize * uint32(slot))[:descSize]
		rest = le.Uint64(d[8:])
	}
	c.token = Token{id: uint16(rest >> 32), slots: n, epoch: q.epoch}
	c.end()
	if slot <= q.next {
		q.nextWrap = !q.nextWrap
	}
	q.next = slot
	q.inFlight += n
	return true
}

// usePacked writes a used descriptor, but for the first since the last Flush: a
// driver that sees that one finds the others.
func (q *Queue) usePacked(t Token, n uint32) {
	flags := uint64(0)
	if q.usedWrap {
		flags = flagAvail | flagUsed
	}
	if n != 0 {
		flags |= flagWrite
	}
	word := uint64(n) | uint64(t.id)<<32 | flags<<48
	if q.pending == 0 {
		q.first = held{q.used, word}
	} else {
		le.PutUint64(q.desc.at(descSize * uint32(q.used))[8:], word)
	}
	q.used += t.slots
	if q.used >= q.Size {
		q.used -= q.Size
		q.usedWrap = !q.usedWrap
	}
	q.pending += t.slots
	q.inFlight -= t.slots
}

func (q *Queue) flushPacked() bool {
	le.PutUint64(q.desc.at(descSize * uint32(q.first.slot))[8:], q.first.word)
	q.barrier()
	v := le.Uint32(q.driver.at(0))
	switch v >> 16 & eventMask {
	case eventOn:
		return true
	case eventAt:
		if !q.eventIdx {
			return true
		}
	default:
		return false
	}
	event := uint16(v) &^ wrapBit
	if (v&wrapBit != 0) != q.usedWrap {
		event -= q.Size
	}
	return reached(event, q.used, q.used-q.pending)
}

func (q *Queue) notifyPacked(on bool) bool {
	if !on {
		le.PutUint32(q.device.at(0), eventOff<<16)
		return false
	}
	le.PutUint32(q.device.at(0), eventOn<<16)
	q.barrier()
	return q.isAvailable(le.Uint16(q.desc.at(descSize * uint32(q.next))[14:]))
}
