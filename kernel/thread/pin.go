package thread

// A thread that runs a guest stays on one processor: the guest's state is
// there in parts, and whoever calls the guest must know where it is.

// setPin makes t run on one processor only, by its index plus 1, or on any if
// that is 0. A thread that runs elsewhere moves when it leaves the layer.
func (t *thread) setPin(pin uint32) { t.pin = pin }
