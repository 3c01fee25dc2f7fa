// Package dhcp gives machines their addresses (RFC 2131), and asks for the
// host's own at the uplink. Messages are read and written by package dhcpv4 of
// github.com/insomniacslk/dhcp; how they travel is package network's business.
package dhcp

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

const (
	// leaseTime is how long an address is somebody's who asked for it.
	leaseTime = time.Hour
	// maxGuests bounds the leases of adapters that nobody announced: those of
	// machines inside machines, say.
	maxGuests = 64
)

// Lease is an address and whose it is.
type Lease struct {
	Addr netip.Addr
	MAC  ether.MAC
	Name string // of the machine; empty if nobody announced the adapter
	// Until is when it ends, in ns; 0 is never, for a machine's own.
	Until uint64
	Asked bool // the adapter has asked for it
}

// Leases are the leases of a network. Its methods may be used by any goroutine.
type Leases struct {
	now  func() uint64
	self netip.Prefix

	mu     sync.Mutex
	byMAC  map[ether.MAC]*Lease
	byAddr map[netip.Addr]*Lease
}

// NewLeases makes the leases of a network: self is the host's own address and
// the bits of the network, now the time in ns.
func NewLeases(self netip.Prefix, now func() uint64) *Leases {
	return &Leases{now: now, self: self, byMAC: make(map[ether.MAC]*Lease), byAddr: make(map[netip.Addr]*Lease)}
}

// Reserve gives a machine's adapter an address for as long as it is there. A
// machine's name leads to the first adapter of that name.
func (l *Leases) Reserve(name string, m ether.MAC) (netip.Addr, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.byMAC[m]; old != nil {
		if old.Name != "" {
			return netip.Addr{}, fmt.Errorf("address %v is %s's", m, old.Name)
		}
		l.drop(old)
	}
	v, err := l.add(m)
	if err != nil {
		return netip.Addr{}, err
	}
	v.Name = name
	return v.Addr, nil
}

// add finds an address that is free.
func (l *Leases) add(m ether.MAC) (*Lease, error) {
	for a := l.self.Masked().Addr().Next(); l.self.Contains(a.Next()); a = a.Next() { // the last one is for broadcasts
		if a != l.self.Addr() && l.byAddr[a] == nil {
			v := &Lease{Addr: a, MAC: m}
			l.byMAC[m], l.byAddr[a] = v, v
			return v, nil
		}
	}
	return nil, errors.New("no address is free")
}

func (l *Leases) drop(v *Lease) {
	delete(l.byMAC, v.MAC)
	delete(l.byAddr, v.Addr)
}

// Release takes back an adapter's address.
func (l *Leases) Release(m ether.MAC) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v := l.byMAC[m]; v != nil {
		l.drop(v)
	}
}

// Of is an adapter's lease, At an address's, Named a machine's; ok is false if
// there is none.
func (l *Leases) Of(m ether.MAC) (v Lease, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.value(l.byMAC[m])
}

func (l *Leases) At(a netip.Addr) (v Lease, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.value(l.byAddr[a])
}

func (l *Leases) Named(name string) (v Lease, ok bool) {
	for _, v := range l.All() {
		if v.Name == name && name != "" {
			return v, true
		}
	}
	return v, false
}

func (l *Leases) value(v *Lease) (Lease, bool) {
	if v == nil || v.Until != 0 && v.Until <= l.now() {
		return Lease{}, false
	}
	return *v, true
}

// All are the leases in the order of their addresses.
func (l *Leases) All() []Lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Lease
	for _, v := range l.byMAC {
		if v, ok := l.value(v); ok {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b Lease) int { return a.Addr.Compare(b.Addr) })
	return all
}

// take is the address for an adapter that asks.
func (l *Leases) take(m ether.MAC, keep bool) (v Lease, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	p := l.byMAC[m]
	if p == nil {
		guests := 0
		for _, q := range l.byMAC {
			switch {
			case q.Until != 0 && q.Until <= now:
				l.drop(q)
			case q.Until != 0:
				guests++
			}
		}
		if guests >= maxGuests {
			return v, false
		}
		var err error
		if p, err = l.add(m); err != nil {
			return v, false
		}
		p.Until = now + uint64(time.Minute)
	}
	if keep {
		p.Asked = true
		if p.Until != 0 {
			p.Until = now + uint64(leaseTime)
		}
	}
	return *p, true
}
