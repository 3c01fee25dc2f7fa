// Package vswitch is an Ethernet switch: adapters of virtual machines, of the
// host and of the host's own network services are plugged into its ports.
//
// It learns who is where (IEEE 802.1Q §8), keeps VLANs apart, holds ports to
// their own address, their rate and their policy, and counts. A frame goes from
// the sender's goroutine straight to the receivers' NIC.Receive: nothing here
// waits, and nothing is queued. A receiver without room loses the frame, and
// nobody else does.
//
// The kernel's package network makes one and plugs the machines in.
package vswitch

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// MaxPorts bounds the ports of a switch, MaxVLAN the number of a VLAN.
const (
	MaxPorts = 512
	MaxVLAN  = 4094
)

// Config is what a switch is made of.
type Config struct {
	// Now is the time in ns, from any origin; it never goes back.
	Now func() uint64
}

// Switch is a switch. Its methods may be used by any goroutine.
type Switch struct {
	now     func() uint64
	table   table
	mu      sync.Mutex // of changes to ports
	ports   atomic.Pointer[[]*Port]
	scratch sync.Pool // of *scratch
}

// New makes a switch without ports.
func New(c Config) *Switch {
	s := &Switch{now: c.Now}
	s.table.init()
	s.ports.Store(&[]*Port{})
	s.scratch.New = func() any { return new(scratch) }
	return s
}

// PortConfig says what a port is.
type PortConfig struct {
	Name string // unlike any other's
	// MAC is the only address that the adapter may send from; the zero
	// value is any, for an uplink.
	MAC ether.MAC
	// VLAN is where untagged frames belong, 0 to MaxVLAN; 0 is the VLAN of
	// who says nothing. Trunk lists VLANs whose frames have tags at this
	// port.
	VLAN  uint16
	Trunk []uint16
	// Policy bounds whom the adapter may talk to.
	Policy Policy
	// Services is the address of the host's own services on the VLAN, if
	// they are what is plugged in here.
	Services netip.Addr
	// Rate bounds what the adapter sends, and what it receives, in bytes
	// a second each; 0 is no bound.
	Rate uint64
}

// Plug makes a port, to which Connect connects an adapter.
func (s *Switch) Plug(c PortConfig) (*Port, error) {
	p := &Port{sw: s, config: c}
	p.trunk = slices.Clone(c.Trunk)
	slices.Sort(p.trunk)
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("port %q: %w", c.Name, err)
	}
	now := s.now()
	p.in.init(c.Rate, now)
	p.out.init(c.Rate, now)
	p.services = c.Services.IsValid()
	if p.services {
		p.address = c.Services.As4()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ports := *s.ports.Load()
	if len(ports) == MaxPorts {
		return nil, fmt.Errorf("port %q: a switch has no more than %d ports", c.Name, MaxPorts)
	}
	for _, q := range ports {
		switch {
		case q.config.Name == c.Name:
			return nil, fmt.Errorf("port %q is there already", c.Name)
		case c.MAC != ether.MAC{} && q.config.MAC == c.MAC:
			return nil, fmt.Errorf("port %q: port %q has the address %v", c.Name, q.config.Name, c.MAC)
		}
	}
	ports = append(slices.Clone(ports), p)
	s.ports.Store(&ports)
	return p, nil
}

// check refuses what a port cannot be.
func (p *Port) check() error {
	c := &p.config
	switch {
	case c.Name == "":
		return errors.New("it has no name")
	case c.MAC.Multicast():
		return fmt.Errorf("the address %v is a group's", c.MAC)
	case c.VLAN > MaxVLAN:
		return fmt.Errorf("VLAN %d, the last is %d", c.VLAN, MaxVLAN)
	case c.Policy > Isolated:
		return fmt.Errorf("policy %d", c.Policy)
	case c.Services.IsValid() && !c.Services.Is4():
		return fmt.Errorf("services at %v, which is no IPv4 address", c.Services)
	}
	for i, v := range p.trunk {
		if v == 0 || v > MaxVLAN || v == c.VLAN || i > 0 && v == p.trunk[i-1] {
			return fmt.Errorf("tagged VLAN %d: want others than %d, each once, 1 to %d", v, c.VLAN, MaxVLAN)
		}
	}
	return nil
}

// Ports are the switch's ports, in the order in which they were made.
func (s *Switch) Ports() []*Port { return slices.Clone(*s.ports.Load()) }

// Unplug takes the port away. What it sends from then on is lost.
func (p *Port) Unplug() {
	s := p.sw
	s.mu.Lock()
	defer s.mu.Unlock()
	p.nic.Store(nil)
	p.gone.Store(true)
	ports := slices.DeleteFunc(slices.Clone(*s.ports.Load()), func(q *Port) bool { return q == p })
	s.ports.Store(&ports)
	s.table.forget(p)
}
