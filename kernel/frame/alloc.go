package frame

import "math/bits"

// Alloc takes a block of 4 KiB << order bytes for o and returns its
// host-physical address, a multiple of its size. It takes the highest block of
// the smallest sufficient order in the highest zone that c allows. The content
// is undefined; see Zero. Errors: ErrOrder, ErrConstraint, ErrOwner,
// ErrNoMemory, ErrCorrupt.
func (a *Allocator) Alloc(order int, c Constraint, o Owner) (pa uint64, err error) {
	switch {
	case order < 0 || order > MaxOrder:
		return 0, ErrOrder
	case c > Below1M:
		return 0, ErrConstraint
	case !o.allocates():
		return 0, ErrOwner
	}
	for n := above4G - int(c); n >= 0; n-- {
		z := &a.zones[n]
		orders := z.orders >> uint(order)
		if orders == 0 {
			continue
		}
		from := order + bits.TrailingZeros32(orders)
		block := a.free[from].below(z.end>>uint(from)) << uint(from)
		return a.take(block+1<<uint(from)-1<<uint(order), order, from, o)
	}
	a.stats.Failed++
	return 0, ErrNoMemory
}

// AllocAt takes the block of the given order at host-physical address pa for
// o. Errors: ErrOrder, ErrMisaligned, ErrOwner, ErrTaken when any of it is not
// free or not memory, ErrCorrupt.
func (a *Allocator) AllocAt(pa uint64, order int, o Owner) error {
	switch {
	case order < 0 || order > MaxOrder:
		return ErrOrder
	case pa&(BlockSize(order)-1) != 0:
		return ErrMisaligned
	case !o.allocates():
		return ErrOwner
	}
	if i, ok := a.dense(pa); ok {
		if _, from, holder := a.find(i); holder == Free && from >= order {
			_, err := a.take(i, order, from, o)
			return err
		}
	}
	a.stats.Failed++
	return ErrTaken
}

// take carves block i out of the free block of order from, checks that nobody
// wrote to it, and gives it to o.
func (a *Allocator) take(i, order, from int, o Owner) (uint64, error) {
	pa := a.address(i)
	intact := a.verify(pa, order)
	if !intact {
		o = Damaged
	}
	a.carve(i, order, from)
	a.give(i, order, o)
	if !intact {
		return 0, ErrCorrupt
	}
	return pa, nil
}

// give records that block i, carved out, belongs to o.
func (a *Allocator) give(i, order int, o Owner) {
	a.states.set(i, allocated(o, order))
	size := BlockSize(order)
	a.stats.Bytes[Free] -= size
	a.stats.Bytes[o] += size
	a.stats.HighWater = max(a.stats.HighWater, a.stats.Total-a.stats.Bytes[Free])
}

// Reserve takes the memory between the host-physical addresses start and end,
// widened to whole frames, out of use for good. What of the range is not
// memory, or reserved already, is passed over. Errors: ErrRange; ErrBusy when
// part of it is allocated, and then nothing is reserved.
func (a *Allocator) Reserve(start, end uint64) error {
	if start >= end {
		return ErrRange
	}
	start, end = start&^(Size-1), (min(end, MaxAddress)+Size-1)&^(Size-1)
	for b, ok := a.Next(start); ok && b.Start < end; b, ok = a.Next(b.End()) {
		if b.Owner.allocates() {
			return ErrBusy
		}
	}
	for b, ok := a.Next(start); ok && b.Start < end; b, ok = a.Next(b.End()) {
		if b.Owner != Free {
			continue
		}
		i, _ := a.dense(max(b.Start, start))
		n := int((min(b.End(), end) - max(b.Start, start)) >> Shift)
		a.reserve(i, i+n)
	}
	return nil
}

// reserve takes the free frames from i up to end, which lie in one block.
func (a *Allocator) reserve(i, end int) {
	for i < end {
		order := fitting(i, end)
		_, from, _ := a.find(i)
		a.carve(i, order, from)
		a.give(i, order, Reserved)
		i += 1 << uint(order)
	}
}
