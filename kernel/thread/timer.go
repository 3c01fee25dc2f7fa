package thread

// Each processor has its own deadlines, so that one interrupt is taken for
// each, by the processor that was asked.

// timers is a binary heap of the threads that wait with a deadline, the
// earliest first. A thread's timerIndex is its place, so that it leaves in
// O(log n).
type timers struct {
	heap [maxThreads]ref
	n    int32
}

// first is the thread with the earliest deadline, nil if none waits for one.
func (h *timers) first() *thread {
	if h.n == 0 {
		return nil
	}
	return h.heap[0].get()
}

func (h *timers) add(t *thread) {
	h.set(h.n, t.ref())
	h.n++
	h.up(t.timerIndex)
}

// remove takes t out; one that has no deadline is left as it is.
func (h *timers) remove(t *thread) {
	i := t.timerIndex
	if i < 0 {
		return
	}
	t.timerIndex, t.deadline = -1, 0
	h.n--
	if i == h.n {
		return
	}
	h.set(i, h.heap[h.n])
	h.down(i)
	h.up(i)
}

func (h *timers) set(i int32, r ref) {
	h.heap[i] = r
	r.get().timerIndex = i
}

func (h *timers) less(i, j int32) bool {
	return h.heap[i].get().deadline < h.heap[j].get().deadline
}

func (h *timers) swap(i, j int32) {
	a, b := h.heap[i], h.heap[j]
	h.set(i, b)
	h.set(j, a)
}

func (h *timers) up(i int32) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(i, parent) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h *timers) down(i int32) {
	for {
		child := 2*i + 1
		if child >= h.n {
			return
		}
		if child+1 < h.n && h.less(child+1, child) {
			child++
		}
		if !h.less(child, i) {
			return
		}
		h.swap(i, child)
		i = child
	}
}
