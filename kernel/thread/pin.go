package thread

// A thread that runs a guest stays on one processor: the guest's state is
// there in parts, and whoever calls the guest must know where it is.

// setPin makes t run on one processor only, by its index plus 1, or on any if
// that is 0. A thread that runs elsewhere moves when it leaves the layer.
func (t *thread) setPin(pin uint32) {
	if t.pin != 0 {
		processorAt(t.pin-1).pinned--
	}
	if t.pin = pin; pin != 0 {
		processorAt(pin-1).pinned++
	}
}

// leastPinned is the processor that the fewest threads are pinned to. Among
// equals it is the last: the first takes the devices' interrupts.
func leastPinned() uint32 {
	best := uint32(layer.nprocessor - 1)
	for i := best; i > 0; i-- {
		if processorAt(i-1).pinned < processorAt(best).pinned {
			best = i - 1
		}
	}
	return best
}
