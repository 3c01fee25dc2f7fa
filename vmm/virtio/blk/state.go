package blk

import "github.com/ringo-vmm/ringo/vmm/state"

// State is virtio.Device's: the requests in flight, which begin again after a
// load, in their order. What is on the disk is not part of it.
func (d *Device) State(s *state.Codec) {
	s.U8(&d.config[configWriteback])
	n := uint32(d.inFlight)
	s.U32(&n)
	if s.Loading() {
		d.load(s, n)
		return
	}
	for r := d.flying; r != nil; r = r.next {
		if !r.stale {
			d.request(s, r)
		}
	}
}

func (d *Device) request(s *state.Codec, r *request) {
	i := uint16(r.queue)
	s.U16(&i)
	if r.queue = int(i); r.queue >= d.queues || !d.core.Queue(r.queue).Ready() {
		s.Fail("a request of queue %d", i)
		return
	}
	d.core.Queue(r.queue).ChainState(s, &r.chain)
}

// load begins the requests again when all of them are known to be good.
func (d *Device) load(s *state.Codec, n uint32) {
	d.config[configWriteback] &= 1
	if d.flying != nil {
		s.Fail("a disk is at work")
	}
	var first *request
	last := &first
	for range n {
		if s.Err() != nil {
			break
		}
		r := d.get()
		r.next = nil
		*last, last = r, &r.next
		d.request(s, r)
	}
	for r := first; r != nil; {
		next := r.next
		if s.Err() != nil {
			d.put(r)
		} else {
			d.begin(r)
		}
		r = next
	}
	for i := range d.queues {
		d.core.Flush(i)
	}
}
