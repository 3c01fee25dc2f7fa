package vswitch

import (
	"slices"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Port is a place to plug an adapter in: an ether.Port.
type Port struct {
	sw     *Switch
	config PortConfig
	trunk  []uint16 // sorted

	services bool
	address  [4]byte // of the services

	nic     atomic.Pointer[ether.NIC]
	tap     atomic.Pointer[Tap]
	gone    atomic.Bool
	learned int // addresses in the table, under its lock
	in, out bucket
	flows   flows
	counts  counts
}

// Tap is shown the frames at a port. Its method may be called by several
// goroutines at once and does not wait; the frame is only lent.
type Tap interface {
	// Frame is a frame at a time of the switch's clock, in ns: in tells that
	// the adapter sent it.
	Frame(f ether.Frame, in bool, now uint64)
}

// Config is what the port was made of.
func (p *Port) Config() PortConfig { return p.config }

// Connect connects an adapter, in place of the one that was; nil is none.
func (p *Port) Connect(nic ether.NIC) {
	if nic == nil || p.gone.Load() {
		p.nic.Store(nil)
		return
	}
	p.nic.Store(&nic)
}

// Connected tells whether there is an adapter.
func (p *Port) Connected() bool { return p.nic.Load() != nil }

// Capture shows all frames at the port to a tap from now on; nil ends that.
func (p *Port) Capture(t Tap) {
	if t == nil {
		p.tap.Store(nil)
		return
	}
	p.tap.Store(&t)
}

// Send is ether.Port's.
func (p *Port) Send(f ether.Frame) {
	now := p.sw.now()
	w := p.sw.scratch.Get().(*scratch)
	defer p.sw.scratch.Put(w)
	if t := p.tap.Load(); t != nil {
		f = f.Flatten(w.flat[:])
		(*t).Frame(f, true, now)
	}
	p.counts.in.frames.Add(1)
	p.counts.in.bytes.Add(uint64(f.Len()))
	if why := p.send(w, f, now); why != passed {
		p.counts.in.drops[why].Add(1)
	}
}

func (p *Port) send(w *scratch, f ether.Frame, now uint64) drop {
	if p.gone.Load() || !f.Check() {
		return dropBad
	}
	if !p.in.take(f.Len(), now) {
		return dropRate
	}
	h, ok := f.Parse()
	if !ok {
		return dropBad
	}
	src := ether.MAC(f.Data[6:12])
	if src.Multicast() || p.config.MAC != (ether.MAC{}) && src != p.config.MAC {
		return dropSpoof
	}
	vlan := p.config.VLAN
	if h.Tagged {
		// A tag for VLAN 0 only gives a priority: IEEE 802.1Q §6.9.
		if h.VLAN != 0 {
			vlan = h.VLAN
			if _, ok := slices.BinarySearch(p.trunk, vlan); !ok {
				return dropVLAN
			}
		}
		f = w.untag(f.Flatten(w.flat[:]))
		if h, ok = ether.Parse(f.Data); !ok || h.Tagged {
			return dropBad
		}
	}
	if !p.sw.table.learn(key{src, vlan}, p, now) {
		return dropSpoof
	}
	return p.sw.forward(w, p, f, &h, vlan, now)
}

// forward gives a frame without a tag to whom it is for.
func (s *Switch) forward(w *scratch, from *Port, f ether.Frame, h *ether.Headers, vlan uint16, now uint64) drop {
	dst := ether.MAC(f.Data[:6])
	if !dst.Multicast() {
		if to := s.table.find(key{dst, vlan}, now); to != nil {
			if to == from {
				return passed // its own network has it already
			}
			return to.deliver(w, from, f, h, vlan, now)
		}
	}
	denied, reached := passed, false
	for _, to := range *s.ports.Load() {
		if to == from || !to.has(vlan) || !dst.Multicast() && to.config.MAC != (ether.MAC{}) && to.config.MAC != dst {
			continue
		}
		switch why := to.deliver(w, from, f, h, vlan, now); why {
		case passed:
			reached = true
		default:
			denied = why
		}
	}
	if reached {
		return passed
	}
	return denied
}

// has tells whether the port belongs to a VLAN.
func (p *Port) has(vlan uint16) bool {
	if vlan == p.config.VLAN {
		return true
	}
	_, ok := slices.BinarySearch(p.trunk, vlan)
	return ok
}

// deliver gives the port's adapter a frame. It returns why the sender is to
// blame if that is not done; what the receiver is to blame for is counted here.
func (p *Port) deliver(w *scratch, from *Port, f ether.Frame, h *ether.Headers, vlan uint16, now uint64) drop {
	nic := p.nic.Load()
	if nic == nil || !p.has(vlan) {
		return passed
	}
	if !allowed(from, p, f.Data, h, now) {
		return dropPolicy
	}
	if !p.out.take(f.Len(), now) {
		p.counts.out.drops[dropRate].Add(1)
		return passed
	}
	tap, takes := p.tap.Load(), (*nic).Features()
	if tap != nil || vlan != p.config.VLAN || !takes.TakesTail(&f) {
		f = f.Flatten(w.flat[:])
	}
	if vlan != p.config.VLAN {
		f = w.tag(f, vlan)
	}
	if tap != nil {
		(*tap).Frame(f, false, now)
	}
	w.finisher.Finish(f, takes)
	for {
		g, ok := w.finisher.Next()
		if !ok {
			return passed
		}
		if !(*nic).Receive(g) {
			p.counts.out.drops[dropFull].Add(1)
			continue
		}
		p.counts.out.frames.Add(1)
		p.counts.out.bytes.Add(uint64(g.Len()))
	}
}
