package balloon

import "github.com/ringo-vmm/ringo/vmm/state"

// State is virtio.Device's.
func (d *Device) State(s *state.Codec) {
	s.Raw(d.config[:])
	s.Bool(&d.told)
	s.U16(&d.last.Has)
	for i := range d.last.Value {
		s.U64(&d.last.Value[i])
	}
	s.Bool(&d.held)
	if d.held {
		if s.Loading() && s.Err() == nil && !d.core.Queue(statsQueue).Ready() {
			s.Fail("statistics of no queue")
		}
		d.core.Queue(statsQueue).ChainState(s, &d.statsChain)
	}
	n := uint32(len(d.given.words))
	s.U32(&n)
	if s.Loading() {
		d.load(s, n)
		return
	}
	for i := range d.given.words {
		s.U64(&d.given.words[i])
	}
}

// load takes the pages that have been given up. What is done with them follows
// those that differ.
func (d *Device) load(s *state.Codec, n uint32) {
	if uint64(n) > d.memory.Size()/PageSize/64 {
		s.Fail("a balloon of %d pages", uint64(n)*64)
	}
	words := make([]uint64, 0, min(n, 1<<10))
	for range n {
		var w uint64
		s.U64(&w)
		if s.Err() != nil {
			return
		}
		words = append(words, w)
	}
	if s.Err() != nil {
		return
	}
	var gone []uint64
	d.given.each(func(i uint64) {
		if i/64 >= uint64(n) || words[i/64]>>(i%64)&1 == 0 {
			gone = append(gone, i)
		}
	})
	for _, i := range gone {
		d.page(d.gpa(i), false)
	}
	loaded := bitmap{words: words}
	loaded.each(func(i uint64) { d.page(d.gpa(i), true) })
	if len(d.given.words) < int(n) {
		d.given.words = append(d.given.words, make([]uint64, int(n)-len(d.given.words))...)
	}
	d.given.words = d.given.words[:n]
}
