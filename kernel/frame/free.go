package frame

// Free gives back the block of the given order at host-physical address pa,
// which o got from Alloc or AllocAt. Anything else is refused, with an error
// that says what is wrong, and changes nothing: see the errors of Free.
func (a *Allocator) Free(pa uint64, order int, o Owner) error {
	switch {
	case order < 0 || order > MaxOrder:
		return ErrOrder
	case pa&(BlockSize(order)-1) != 0:
		return ErrMisaligned
	case !o.allocates():
		return ErrOwner
	}
	i, ok := a.dense(pa)
	if !ok {
		return ErrNotMemory
	}
	if a.states.get(i) != allocated(o, order) {
		return a.diagnose(i, order)
	}
	a.states.set(i, freed)
	size := BlockSize(order)
	a.stats.Bytes[o] -= size
	a.stats.Bytes[Free] += size
	if a.poisoned {
		a.fill(pa, order)
	}
	a.merge(i, order)
	return nil
}

// diagnose says why block i cannot be freed with that order.
func (a *Allocator) diagnose(i, order int) error {
	start, actual, o := a.find(i)
	end := i + 1<<uint(order)
	switch {
	case o == Free && actual < order:
		return ErrPartlyFree
	case o == Free && a.states.get(i) == freed:
		return ErrDoubleFree
	case o == Free:
		return ErrNotAlloc
	case !o.allocates():
		return ErrReserved
	case start != i:
		return ErrInside
	case actual == order:
		return ErrWrongOwner
	}
	for i += 1 << uint(actual); i < end; {
		if a.states.get(i) == hole {
			return ErrPartlyFree
		}
		_, k, o := a.find(i)
		if o == Free {
			return ErrPartlyFree
		}
		i += 1 << uint(k)
	}
	return ErrWrongOrder
}
