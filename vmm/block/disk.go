package block

import (
	"fmt"
	"sync"
)

// Disk is a back end that serves requests on a goroutine of its own. Its
// methods may be used by any goroutine.
type Disk struct {
	// Submitted, if it is not nil, is called with each request that is handed
	// in. It is set before the first.
	Submitted func()

	backend  Backend
	size     uint64
	readOnly bool
	run      func(f func())

	mu       sync.Mutex
	work     sync.Cond // there is some, or the disk closes
	idle     sync.Cond // nothing is in flight
	first    *Request
	last     *Request
	inFlight int // requests and calls from their begin to their end
	calls    []call
	closed   bool
	stopped  bool
	stats    Stats

	// The request that is being reported, and a function that does it, made
	// once so that a request allocates nothing.
	done   *Request
	err    error
	report func()
}

// call is a function that a Do waits for.
type call struct {
	f    func() error
	done chan error
}

// Stats counts what a disk has done.
type Stats struct {
	Requests [4]uint64 // by Op
	Bytes    [4]uint64 // by Op, of requests without an error
	Errors   uint64
}

// NewDisk starts a disk. run calls f with the device lock of the disk's machine
// held, and returns after that; a bug in f is its business.
func NewDisk(b Backend, run func(f func())) *Disk {
	d := &Disk{backend: b, size: min(b.Size(), maxSize), readOnly: b.ReadOnly(), run: run}
	d.work.L, d.idle.L = &d.mu, &d.mu
	d.report = func() { d.done.Done(d.err) }
	go d.serve()
	return d
}

// Size is the disk's size in bytes, ReadOnly whether writes are refused.
func (d *Disk) Size() uint64   { return d.size }
func (d *Disk) ReadOnly() bool { return d.readOnly }

// Overlay is the disk's back end if that is an overlay, else nil. It is used in
// a Do.
func (d *Disk) Overlay() *Overlay {
	o, _ := d.backend.(*Overlay)
	return o
}

// Stats is what the disk has done so far.
func (d *Disk) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// Submit hands a request in and returns at once. The queue has no bound of its
// own: a request is in it once, and a device has only so many. To submit one
// that is not done is a bug in the device, and panics. A request to a closed
// disk is never done.
func (d *Disk) Submit(r *Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.queued {
		panic("block: a request is submitted while it is in flight")
	}
	if d.closed {
		return
	}
	r.queued, r.next = true, nil
	if d.last == nil {
		d.first = r
	} else {
		d.last.next = r
	}
	d.last = r
	d.begin()
	if d.Submitted != nil {
		d.Submitted()
	}
}

// begin counts a piece of work and wakes the worker.
func (d *Disk) begin() {
	d.inFlight++
	d.work.Signal()
}

// end counts a piece of work that is over.
func (d *Disk) end() {
	d.mu.Lock()
	d.inFlight--
	if d.inFlight == 0 {
		d.idle.Broadcast()
	}
	d.mu.Unlock()
}

// Do calls f when the back end is not in use by a request, and returns its
// error: this is how a disk in use is snapshotted, reverted or committed. The
// caller does not hold the device lock.
func (d *Disk) Do(f func() error) error {
	c := call{f, make(chan error, 1)}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return ErrClosed
	}
	d.calls = append(d.calls, c)
	d.begin()
	d.mu.Unlock()
	return <-c.done
}

// Drain waits until nothing is in flight, before a machine that stands still is
// saved or reset say. The caller does not hold the device lock.
func (d *Disk) Drain() {
	d.mu.Lock()
	for d.inFlight != 0 {
		d.idle.Wait()
	}
	d.mu.Unlock()
}

// Close takes no more requests, waits until those in flight are done, flushes
// the back end and ends the worker. The caller does not hold the device lock.
func (d *Disk) Close() error {
	d.mu.Lock()
	d.closed = true
	d.work.Signal()
	for !d.stopped {
		d.idle.Wait()
	}
	d.mu.Unlock()
	if d.readOnly {
		return nil
	}
	return protect(d.backend.Flush)
}

// serve is the worker.
func (d *Disk) serve() {
	for {
		r, c, ok := d.take()
		switch {
		case !ok:
			return
		case c.f != nil:
			c.done <- protect(c.f)
		default:
			err := d.try(r)
			d.count(r, err)
			r.queued = false
			d.done, d.err = r, err
			d.run(d.report)
		}
		d.end()
	}
}

// take waits for work. Calls go first: somebody waits for them.
func (d *Disk) take() (r *Request, c call, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		switch {
		case len(d.calls) > 0:
			c, d.calls = d.calls[0], d.calls[1:]
			return nil, c, true
		case d.first != nil:
			r = d.first
			d.first = r.next
			if d.first == nil {
				d.last = nil
			}
			return r, call{}, true
		case d.closed:
			d.stopped = true
			d.idle.Broadcast()
			return nil, call{}, false
		}
		d.work.Wait()
	}
}

func (d *Disk) count(r *Request, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Op < numOps {
		d.stats.Requests[r.Op]++
	}
	if err != nil {
		d.stats.Errors++
		return
	}
	n, _ := r.length()
	d.stats.Bytes[r.Op] += n
}

// try serves a request. A bug in a back end is that request's error.
func (d *Disk) try(r *Request) (err error) {
	defer caught(&err)
	n, ok := r.length()
	switch {
	case r.Op >= numOps:
		return fmt.Errorf("block: no operation %d", r.Op)
	case !ok || r.Op != Flush && (r.Off > d.size || n > d.size-r.Off):
		return ErrRange
	case d.readOnly && r.Op == Flush:
		return nil
	case d.readOnly && r.Op != Read:
		return ErrReadOnly
	}
	switch off := int64(r.Off); r.Op {
	case Flush:
		return d.backend.Flush()
	case Discard:
		return d.backend.Discard(off, int64(n))
	default:
		for _, b := range r.Buf {
			if err := d.transfer(r.Op, b, off); err != nil {
				return err
			}
			off += int64(len(b))
		}
	}
	return nil
}

// transfer moves one buffer. That io.EOF comes with the last bytes is no error.
func (d *Disk) transfer(op Op, b []byte, off int64) error {
	var n int
	var err error
	if op == Read {
		n, err = d.backend.ReadAt(b, off)
	} else {
		n, err = d.backend.WriteAt(b, off)
	}
	switch {
	case n == len(b) && (err == nil || op == Read):
		return nil
	case err == nil:
		return fmt.Errorf("block: %d of %d bytes at %#x", n, len(b), off)
	}
	return err
}

// protect calls f and makes an error of a panic.
func protect(f func() error) (err error) {
	defer caught(&err)
	return f()
}

// caught makes an error of a panic, when it is deferred.
func caught(err *error) {
	if bug := recover(); bug != nil {
		*err = fmt.Errorf("block: bug in a back end: %v", bug)
	}
}
