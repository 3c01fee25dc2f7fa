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
	t.timer, t.next, t.prev, t.waitsOn = timer{}, 0, 0, 0
	if flags&cloneSetTLS != 0 {
		t.fsbase = tls
	}
	makeReady(p, t)
	return uint64(tid)
}

// newThread is a thread with a number and nothing else, nil if there are too
// many. Threads live in a pool that only grows, and keep their numbers there.
func newThread() *thread {
	if layer.spare == 0 && !morePool() {
		return nil
	}
	t := layer.spare.get()
	layer.spare = t.next
	*t = thread{tid: t.tid}
	layer.running++
	return t
}

// morePool cuts a page into spare threads.
func morePool() bool {
	n := min(pageSize/threadSize, uintptr(maxThreads-layer.nthreads))
	if n == 0 {
		return false
	}
	va, ok := layer.memory.Page()
	if !ok {
		return false
	}
	first := layer.nthreads
	for i := int(n) - 1; i >= 0; i-- {
		t := (*thread)(pointer(uintptr(va) + uintptr(i)*threadSize))
		t.tid, t.next = uint32(first+i+1), layer.spare
		layer.spare = t.ref()
		layer.threads[first+i] = t.ref()
	}
	layer.nthreads += int(n)
	return true
}

// threadSize is the distance of threads in the pool; a multiple of 16 because
// FXSAVE wants its area aligned.
const threadSize = (unsafe.Sizeof(thread{}) + 15) &^ 15

// exit ends the current thread.
func exit(t *thread) {
	layer.running--
	t.setPin(0)
	t.state = stateFree
	t.next = layer.spare
	layer.spare = t.ref()
}

// byID is the thread with a number, nil if there is none.
func byID(tid uint64) *thread {
	if tid < 1 || tid > uint64(layer.nthreads) {
		return nil
	}
	if t := layer.threads[tid-1].get(); t.state != stateFree {
		return t
	}
	return nil
}
