package thread

import "unsafe"

// Each processor has its own deadlines, so that one interrupt is taken for
// each, by the processor that was asked.

// timer is a deadline, of a thread's wait or of an alarm. The zero timer is not
// set.
type timer struct {
	at   uint64  // ns; 0 when it is not set
	flag uintptr // what an alarm sets, the address of a uint32; 0 for a thread's
	home uint32  // index of the processor that it was set for

	// Neighbours in the heap, by address; 0 is none.
	child uintptr // the first of those that come later
	next  uintptr // the next child of the same parent
	prev  uintptr // the one before, or the parent for the first child
}

func timerAt(addr uintptr) *timer { return (*timer)(pointer(addr)) }

func (t *timer) addr() uintptr { return uintptr(unsafe.Pointer(t)) }

// thread is the thread whose timer it is.
func (t *timer) thread() *thread {
	return (*thread)(pointer(t.addr() - unsafe.Offsetof(thread{}.timer)))
}

// set sets a timer that is not set, for p.
func (t *timer) set(p *processor, at uint64) {
	t.home, t.at = p.index, max(at, 1)
	p.timers.add(t)
}

// unset forgets the deadline, if there is one.
func (t *timer) unset() {
	if t.at != 0 {
		processorAt(t.home).timers.remove(t)
	}
}

// timers is a pairing heap: a tree in which no timer comes before its parent.
// It is made of the timers themselves, so there may be any number of them. To
// add one is a comparison; to remove one costs O(log n) in the long run. See
// Fredman, Sedgewick, Sleator and Tarjan, The Pairing Heap, 1986.
type timers struct {
	root uintptr
	n    int
}

// first is the earliest timer, nil if there is none.
func (h *timers) first() *timer {
	if h.root == 0 {
		return nil
	}
	return timerAt(h.root)
}

func (h *timers) add(t *timer) {
	h.root = link(h.root, t.addr())
	h.n++
}

// remove takes out t, which must be in h.
func (h *timers) remove(t *timer) {
	below := merge(t.child)
	if h.root == t.addr() {
		h.root = below
	} else {
		if before := timerAt(t.prev); before.child == t.addr() {
			before.child = t.next
		} else {
			before.next = t.next
		}
		if t.next != 0 {
			timerAt(t.next).prev = t.prev
		}
		h.root = link(h.root, below)
	}
	t.at, t.child, t.next, t.prev = 0, 0, 0, 0
	h.n--
}

// link makes one tree of two, either of which may be 0.
func link(a, b uintptr) uintptr {
	if a == 0 || b == 0 {
		return a | b
	}
	if timerAt(b).at < timerAt(a).at {
		a, b = b, a
	}
	parent, child := timerAt(a), timerAt(b)
	child.prev, child.next = a, parent.child
	if child.next != 0 {
		timerAt(child.next).prev = b
	}
	parent.child = b
	return a
}

// merge makes one tree of children of a parent, of which first is the first: in
// pairs, and then of the pairs from the last to the first.
func merge(first uintptr) (tree uintptr) {
	pairs := uintptr(0) // by next
	for first != 0 {
		one := takeChild(&first)
		one = link(one, takeChild(&first))
		timerAt(one).next = pairs
		pairs = one
	}
	for pairs != 0 {
		tree = link(tree, takeChild(&pairs))
	}
	return tree
}

// takeChild takes the first of the timers that are linked by next.
func takeChild(list *uintptr) uintptr {
	one := *list
	if one != 0 {
		t := timerAt(one)
		*list = t.next
		t.next, t.prev = 0, 0
	}
	return one
}
