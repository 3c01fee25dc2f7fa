package queue

import "github.com/ringo-vmm/ringo/vmm/state"

// State saves and loads the queue: device.Stateful's, but without a version,
// for a transport has many. Buffers in flight are the device's to save, with
// ChainState. Nothing may wait for Flush.
func (q *Queue) State(s *state.Codec) {
	ready := q.ready
	s.Bool(&ready)
	s.U16(&q.Size)
	s.U64(&q.Desc)
	s.U64(&q.Driver)
	s.U64(&q.Device)
	r := q.ring
	s.Bool(&r.packed)
	s.Bool(&r.eventIdx)
	s.U16(&r.next)
	s.U16(&r.used)
	s.Bool(&r.nextWrap)
	s.Bool(&r.usedWrap)
	s.U16(&r.inFlight)
	s.Bool(&r.silent)
	if !s.Loading() {
		return
	}
	q.ready = false
	if s.Err() != nil {
		return
	}
	q.ring = r
	if !ready {
		return
	}
	if err := q.attach(); err != nil {
		s.Fail("%v", err)
		return
	}
	if r.inFlight > q.Size || r.packed && (r.next >= q.Size || r.used >= q.Size) {
		q.ready = false
		s.Fail("%d in flight of %d, next %d, used %d", r.inFlight, q.Size, r.next, r.used)
	}
}
