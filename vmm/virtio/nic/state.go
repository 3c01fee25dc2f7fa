package nic

import (
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// State is virtio.Device's. Frames on their way are not part of it: networks
// lose some.
func (d *Device) State(s *state.Codec) {
	takes := d.takes.Load()
	s.U32(&takes)
	s.Bool(&d.up)
	s.Raw(d.mac[:])
	s.Bool(&d.promiscuous)
	s.Bool(&d.allMulticast)
	s.Int(&d.pairs)
	n := uint16(len(d.addresses))
	s.U16(&n)
	if s.Loading() {
		if d.pairs < 1 || d.pairs > d.made.Pairs || n > 2*maxAddresses {
			s.Fail("%d pairs of queues, %d addresses", d.pairs, n)
			d.pairs, n = 1, 0
		}
		d.addresses = make([]ether.MAC, n)
		d.offer(takes & guestOffloads)
		copy(d.config[configMAC:], d.mac[:])
		d.setStatus()
	}
	for i := range d.addresses {
		s.Raw(d.addresses[i][:])
	}
}
