package network

import (
	"net/netip"

	"github.com/ringo-vmm/ringo/kernel/network/dhcp"
	"github.com/ringo-vmm/ringo/kernel/network/nat"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/ether/vswitch"
)

// Status is all there is to say about a network.
type Status struct {
	Mode   config.Uplink
	Self   netip.Prefix // the host's address on the switch; invalid if bridged
	Ports  []PortStatus
	Table  []vswitch.Entry
	Leases []dhcp.Lease
	// Outside is the host's address to the world; invalid if it has none.
	Outside dhcp.Bound
	NAT     nat.Status
}

// PortStatus is a port and what went through it.
type PortStatus struct {
	vswitch.PortConfig
	Addr      netip.Addr // of the machine; invalid if the host gave it none
	Connected bool
	Forwards  []config.Forward
	vswitch.Counters
}

// Status is the network's present state.
func (n *Network) Status() Status {
	s := Status{Mode: n.config.Uplink, Table: n.lan.Table()}
	if s.Mode != config.UplinkBridge {
		s.Self, s.Leases = n.self, n.leases.All()
	}
	ports := n.lan.Ports()
	if n.up != nil {
		n.up.mu.Lock()
		s.Outside = n.up.bound
		n.up.mu.Unlock()
		s.NAT = n.up.nat.Status()
		if s.Mode == config.UplinkNAT {
			ports = append(ports, n.up.port)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range ports {
		ps := PortStatus{PortConfig: p.Config(), Connected: p.Connected(), Counters: p.Counters()}
		if m := n.plugged[ps.MAC]; m != nil && ps.MAC != (ether.MAC{}) {
			ps.Addr, ps.Forwards = m.addr, m.forwards
		}
		s.Ports = append(s.Ports, ps)
	}
	return s
}

// Port is the port with a name, nil if there is none.
func (n *Network) Port(name string) *vswitch.Port {
	if n.up != nil && name == uplinkPort {
		return n.up.port
	}
	for _, p := range n.lan.Ports() {
		if p.Config().Name == name {
			return p
		}
	}
	return nil
}
