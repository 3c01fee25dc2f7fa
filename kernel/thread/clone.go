package thread

import "unsafe"

// clone(2) flags that the Go runtime sets: memory, files and signal handlers
// are shared anyway.
const cloneSetTLS = 0x80000

// clone starts a thread on the given stack, which continues where its parent
// made the system call, with the result 0.
func clone(p *processor, parent *thread, flags, stack, tls uint64) uint64 {
	t := newThread()
	if t == nil {
		return fail(eagain)
	}
	tid := t.tid
	*t = *parent
	t.tid, t.rax, t.rsp = tid, 0, stack
	t.pin = 0
	t.pending, t.stack = 0, altStack{flags: altStackDisable}
	t.timerIndex, t.deadline, t.next, t.prev, t.waitsOn = -1, 0, 0, 0, 0
	if flags&cloneSetTLS != 0 {
		t.fsbase = tls
	}
	makeReady(p, t)
	return uint64(tid)
}

// newThread is a thread with a number and nothing else, nil if there are too
// many. Threads live in a pool that only grows: a page holds a few.
func newThread() *thread {
	for i := layer.threadLow; i < maxThreads; i++ {
		if layer.threads[i] == 0 {
			r := layer.spare
			if r == 0 {
				if r = morePool(); r == 0 {
					return nil
				}
			}
			t := r.get()
			layer.spare = t.next
			*t = thread{tid: uint32(i + 1), timerIndex: -1}
			layer.threads[i] = r
			layer.threadLow = i + 1
			layer.running++
			return t
		}
	}
	return nil
}

// morePool cuts a page into spare threads and returns the first.
func morePool() ref {
	va, ok := layer.memory.Page()
	if !ok {
		return 0
	}
	for n := pageSize / threadSize; n > 0; n-- {
		t := (*thread)(pointer(uintptr(va) + uintptr(n-1)*threadSize))
		t.next = layer.spare
		layer.spare = t.ref()
	}
	return layer.spare
}

// threadSize is the distance of threads in the pool; a multiple of 16 because
// FXSAVE wants its area aligned.
const threadSize = (unsafe.Sizeof(thread{}) + 15) &^ 15

// exit ends the current thread.
func exit(t *thread) {
	i := int(t.tid) - 1
	layer.threads[i] = 0
	layer.threadLow = min(layer.threadLow, i)
	layer.running--
	t.setPin(0)
	t.state = stateFree
	t.next = layer.spare
	layer.spare = t.ref()
}

// byID is the thread with a number, nil if there is none.
func byID(tid uint64) *thread {
	if tid < 1 || tid > maxThreads || layer.threads[tid-1] == 0 {
		return nil
	}
	return layer.threads[tid-1].get()
}
