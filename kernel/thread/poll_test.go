//go:build !tamago

package thread

import (
	"testing"
	"unsafe"

	"github.com/ringo-vmm/ringo/apic"
)

const forever = 1<<64 - 1 // -1 ms

// newEvent opens an event and polls it with the given bits; its data is its
// file descriptor, twice.
func (w *world) newEvent(p *processor, bits uint32) uint64 {
	w.Helper()
	fd := w.call(p, sysEventfd2, 0, 0)
	if r := w.call(p, sysEpollCtl, fdPoller, epollAdd, fd, uint64(put(w, epollEvent{bits, [2]uint32{uint32(fd), uint32(fd)}}))); r != 0 {
		w.Fatalf("epoll_ctl: %d", int64(r))
	}
	return fd
}

func (w *world) write(p *processor, fd, n uint64) uint64 {
	return w.call(p, sysWrite, fd, uint64(put(w, n)), 8)
}

// poll polls without waiting, for n events at most, and returns the file
// descriptors that are ready.
func (w *world) poll(p *processor, n uint64) (ready []uint32) {
	w.Helper()
	buf := w.alloc(12*uintptr(max(n, 1)), 16)
	got := w.call(p, sysEpollPwait, fdPoller, uint64(buf), n, 0)
	if got > n {
		w.Fatalf("epoll_pwait: %d", int64(got))
	}
	return w.readyAt(buf, got)
}

func (w *world) readyAt(buf uintptr, n uint64) (ready []uint32) {
	w.Helper()
	for i := range uintptr(n) {
		e := load[epollEvent](buf + 12*i)
		if e.events != epollIn || e.data[0] != e.data[1] {
			w.Errorf("event %+v", e)
		}
		ready = append(ready, e.data[0])
	}
	return ready
}

func TestEpollEventIsPacked(t *testing.T) {
	expectEqual(t, "size", unsafe.Sizeof(epollEvent{}), 12)
	expectEqual(t, "data", unsafe.Offsetof(epollEvent{}.data), 4)
}

func TestLevelTriggeredUntilRead(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	fd := w.newEvent(p, epollIn)
	expectSlice(t, "ready at first", w.poll(p, 4), nil)
	expectEqual(t, "write", w.write(p, fd, 1), 8)
	w.write(p, fd, 2)
	for range 3 {
		expectSlice(t, "ready while it counts", w.poll(p, 4), []uint32{uint32(fd)})
	}
	buf := w.alloc(8, 8)
	expectEqual(t, "read", w.call(p, sysRead, fd, uint64(buf), 8), 8)
	expectEqual(t, "count", load[uint64](buf), 3)
	expectSlice(t, "ready when read", w.poll(p, 4), nil)
	expectEqual(t, "read of nothing", w.call(p, sysRead, fd, uint64(buf), 8), fail(eagain))
}

func TestEdgeTriggeredOnceAWrite(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	fd := w.newEvent(p, epollIn|epollET)
	want := []uint32{uint32(fd)}
	w.write(p, fd, 1)
	w.write(p, fd, 1)
	expectSlice(t, "ready after two writes", w.poll(p, 4), want)
	expectSlice(t, "ready again", w.poll(p, 4), nil)
	w.write(p, fd, 1)
	expectSlice(t, "ready after a write", w.poll(p, 4), want)
	// A count that is still there when the event is polled anew is news.
	w.call(p, sysEpollCtl, fdPoller, epollDel, fd)
	w.write(p, fd, 1)
	expectSlice(t, "ready when not polled", w.poll(p, 4), nil)
	w.call(p, sysEpollCtl, fdPoller, epollAdd, fd, uint64(put(w, epollEvent{epollIn | epollET, [2]uint32{4, 4}})))
	expectSlice(t, "ready when polled again", w.poll(p, 4), []uint32{4})
}

func TestWriteEndsAWait(t *testing.T) {
	w := newWorld(t, 2)
	p, q := w.processors[0], w.processors[1]
	server := w.run(p)
	a, b := w.newEvent(p, epollIn|epollET), w.newEvent(p, epollIn)
	buf := w.alloc(12*8, 16)
	w.call(p, sysEpollPwait, fdPoller, uint64(buf), 8, forever)
	expectEqual(t, "current", p.current, p.idle)
	expectEqual(t, "timer", w.machine.timers[0], never)
	w.check(nobody)
	w.run(q)
	w.machine.takeKicks()
	w.write(q, b, 5)
	expectSlice(t, "kicks", w.machine.takeKicks(), []uint32{p.apicID})
	w.write(q, a, 1) // too late for this poll
	w.interrupt(p, apic.KickVector)
	expectEqual(t, "current", p.current, server.ref())
	expectSlice(t, "ready", w.readyAt(buf, server.rax), []uint32{uint32(b)})
	expectSlice(t, "ready next", w.poll(p, 8), []uint32{uint32(a), uint32(b)})
	w.check(nobody)
}

func TestReadyBeforeTheWait(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	fd := w.newEvent(p, epollIn|epollET)
	Signal(EventID(fd))
	buf := w.alloc(12, 16)
	expectEqual(t, "epoll_pwait", w.call(p, sysEpollPwait, fdPoller, uint64(buf), 1, forever), 1)
	expectSlice(t, "ready", w.readyAt(buf, 1), []uint32{uint32(fd)})
}

// TestReadyWhenAdded: an event that counts already ends a wait that is under
// way when it is added.
func TestReadyWhenAdded(t *testing.T) {
	w := newWorld(t, 2)
	p, q := w.processors[0], w.processors[1]
	server := w.run(p)
	buf := w.alloc(12, 16)
	w.call(p, sysEpollPwait, fdPoller, uint64(buf), 1, forever)
	w.run(q)
	fd := w.call(q, sysEventfd2, 3, 0)
	w.call(q, sysEpollCtl, fdPoller, epollAdd, fd, uint64(put(w, epollEvent{epollIn | epollET, [2]uint32{9, 9}})))
	expectEqual(t, "state", server.state, stateReady)
	expectSlice(t, "ready", w.readyAt(buf, server.rax), []uint32{9})
}

func TestWriteWakesOneWaiter(t *testing.T) {
	w := newWorld(t, 3)
	var waiters []*thread
	var fd uint64
	for i, p := range w.processors[:2] {
		waiters = append(waiters, w.run(p))
		if i == 0 {
			fd = w.newEvent(p, epollIn|epollET)
		}
		w.call(p, sysEpollPwait, fdPoller, uint64(w.alloc(12, 16)), 1, forever)
	}
	w.run(w.processors[2])
	w.write(w.processors[2], fd, 1)
	expectEqual(t, "first", waiters[0].state, stateReady)
	expectEqual(t, "second", waiters[1].state, stateWaiting)
}

func TestPollTimeout(t *testing.T) {
	for _, c := range []struct {
		name     string
		ms, want uint64
	}{
		{name: "2 ms", ms: 2, want: 2_000_001},
		{name: "1 ms is short, for the runtime's timers", ms: 1, want: shortPoll + 1},
		{name: "an hour", ms: 3600_000, want: 3600_000_000_001},
		{name: "for ever", ms: forever, want: never},
		{name: "for ever, in 32 bits", ms: 0xffffffff, want: never},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			p := w.processors[0]
			th := w.run(p)
			w.newEvent(p, epollIn)
			w.call(p, sysEpollPwait, fdPoller, uint64(w.alloc(12, 16)), 1, c.ms)
			expectEqual(t, "timer", w.machine.timers[0], c.want)
			if c.want != never {
				w.tick(p, c.want)
				expectEqual(t, "current", p.current, th.ref())
				expectEqual(t, "result", th.rax, 0)
				expectEqual(t, "waiters", poller.waiters.length, 0)
			}
			w.check(nobody)
		})
	}
}

func TestPollGivesAtMostN(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	var all []uint32
	for range 5 {
		fd := w.newEvent(p, epollIn|epollET)
		w.write(p, fd, 1)
		all = append(all, uint32(fd))
	}
	expectSlice(t, "none", w.poll(p, 0), nil)
	expectSlice(t, "first", w.poll(p, 3), all[:3])
	expectSlice(t, "then", w.poll(p, 3), all[3:])
}

func TestEventsAreOpenedAndClosed(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	for i := range uint64(maxEvents) {
		expectEqual(t, "file descriptor", w.call(p, sysEventfd2, 1, 0), fdEvents+i)
	}
	expectEqual(t, "one too many", w.call(p, sysEventfd2, 0, 0), fail(emfile))
	w.call(p, sysEpollCtl, fdPoller, epollAdd, fdEvents, uint64(put(w, epollEvent{events: epollIn})))
	expectEqual(t, "close", w.call(p, sysClose, fdEvents), 0)
	expectEqual(t, "close again", w.call(p, sysClose, fdEvents), fail(ebadf))
	Signal(fdEvents) // a late interrupt
	expectEqual(t, "its number is free", w.call(p, sysEventfd2, 0, 0), fdEvents)
	expectSlice(t, "and it is neither polled nor counted", w.poll(p, 4), nil)
	expectEqual(t, "read", w.call(p, sysRead, fdEvents, uint64(w.alloc(8, 8)), 8), fail(eagain))
}

func TestFileArguments(t *testing.T) {
	w := newWorld(t, 1)
	p := w.processors[0]
	w.run(p)
	fd := w.newEvent(p, epollIn)
	buf := uint64(w.alloc(16, 16))
	const beyond = fdEvents + maxEvents
	for _, c := range []struct {
		name   string
		number uint64
		args   []uint64
		want   uint64
	}{
		{"read of the console", sysRead, []uint64{0, buf, 8}, 0},
		{"read of the console's output", sysRead, []uint64{1, buf, 8}, fail(ebadf)},
		{"read of the poller", sysRead, []uint64{fdPoller, buf, 8}, fail(ebadf)},
		{"read beyond", sysRead, []uint64{beyond, buf, 8}, fail(ebadf)},
		{"read of -1", sysRead, []uint64{1<<64 - 1, buf, 8}, fail(ebadf)},
		{"read of 7 bytes", sysRead, []uint64{fd, buf, 7}, fail(einval)},
		{"write of 7 bytes", sysWrite, []uint64{fd, buf, 7}, fail(einval)},
		{"write to a closed file", sysWrite, []uint64{fd + 1, buf, 8}, fail(ebadf)},
		{"poll of what is no event", sysEpollCtl, []uint64{fdPoller, epollAdd, 1, buf}, fail(eperm)},
		{"unknown operation", sysEpollCtl, []uint64{fdPoller, 9, fd, buf}, fail(einval)},
		{"close of the console", sysClose, []uint64{1}, fail(ebadf)},
		{"flags of an event", sysFcntl, []uint64{fd, fcntlGetFlag}, openReadWrite | openNonblock},
		{"flags of the console", sysFcntl, []uint64{1, fcntlGetFlag}, openReadWrite},
		{"flags of a closed file", sysFcntl, []uint64{fd + 1, fcntlGetFlag}, fail(ebadf)},
		{"descriptor flags", sysFcntl, []uint64{0, fcntlGetFD}, 0},
		{"open", sysOpenat, []uint64{0, buf}, fail(enoent)},
		{"readlink", sysReadlinkat, []uint64{0, buf}, fail(enoent)},
		{"epoll_create1", sysEpollCreate1, nil, fdPoller},
	} {
		expectEqual(t, c.name, w.call(p, c.number, c.args...), c.want)
	}
}
