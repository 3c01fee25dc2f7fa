package console

import "github.com/ringo-vmm/ringo/vmm/state"

// State is virtio.Device's. What waits at the other ends of the ports is not
// part of it.
func (d *Device) State(s *state.Codec) {
	s.Raw(d.config[:configPorts])
	for _, p := range d.ports {
		s.Bool(&p.guestOpen)
		s.Bool(&p.short)
		s.U8(&p.news)
		p.news &= newsAll
	}
}
