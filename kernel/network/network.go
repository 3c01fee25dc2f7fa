// Package network is the network inside the host: the switch that the machines'
// adapters are plugged into, the host's own address there with its services
// (addresses by DHCP, names by DNS, boot modules by TFTP and HTTP), and the way
// to the world: none, translated, or bridged. docs/network.md shows it all.
//
// It uses no hardware and runs on any system: package kernel makes a Network,
// plugs in the machines, and connects the host's adapter with Uplink.
package network

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"path"
	"sync"

	"github.com/ringo-vmm/ringo/kernel/network/bootfiles"
	"github.com/ringo-vmm/ringo/kernel/network/dhcp"
	"github.com/ringo-vmm/ringo/kernel/network/host"
	"github.com/ringo-vmm/ringo/kernel/network/nat"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/ether/vswitch"
)

// Domain is what the machines' names end in, and the host's own is HostName.
const (
	Domain   = "ringo"
	HostName = "ringo"
)

// Config is what a network is made of.
type Config struct {
	config.Network
	// Now is the time in ns, from any origin; it never goes back.
	Now func() uint64
	// Log takes a line.
	Log func(format string, args ...any)
	// Files are what machines may fetch.
	Files bootfiles.Files
	// Adapter is the address of the host's adapter to the world; the zero
	// address if there is none.
	Adapter ether.MAC
}

// Network is the network inside the host. Its methods may be used by any
// goroutine.
type Network struct {
	config Config
	lan    *vswitch.Switch
	stack  *host.Stack
	nic    *host.NIC // on the switch
	self   netip.Prefix
	leases *dhcp.Leases
	server *dhcp.Server
	up     *uplink // nil if there is none

	mu      sync.Mutex
	plugged map[ether.MAC]*plugged
	closers []func()
	closed  bool
}

// plugged is an adapter of a machine.
type plugged struct {
	port     *vswitch.Port
	forwards []config.Forward
	addr     netip.Addr // invalid if the host gives it none
}

// New makes a network and starts its services.
func New(c Config) (*Network, error) {
	n := &Network{config: c, lan: vswitch.New(vswitch.Config{Now: c.Now}), self: c.Address, plugged: make(map[ether.MAC]*plugged)}
	n.leases = dhcp.NewLeases(c.Address, c.Now)
	n.server = &dhcp.Server{Leases: n.leases, Domain: Domain, Router: c.Uplink == config.UplinkNAT, DNS: c.DNS, Boot: n.bootFile}
	var err error
	if n.stack, err = host.New(); err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	n.closers = append(n.closers, n.stack.Close)
	if c.Uplink != config.UplinkNone && c.Adapter == (ether.MAC{}) {
		n.config.Log("network: uplink %q: there is no adapter", c.Uplink)
		n.config.Uplink = config.UplinkNone
	}
	if n.config.Uplink == config.UplinkBridge {
		err = n.bridge()
	} else {
		err = n.private()
	}
	if err == nil {
		err = n.services()
	}
	if err != nil {
		n.Close()
		return nil, fmt.Errorf("network: %w", err)
	}
	return n, nil
}

// hostPort is the port of the switch that the host itself is plugged into. No
// machine has such a name.
const hostPort = "@host"

// private makes a network of the machines' own.
func (n *Network) private() error {
	mac := Address(HostName, 0)
	if err := n.attach(host.NICConfig{Name: hostPort, MAC: mac, Trusted: true, Filter: n.fromMachines}, n.self.Addr()); err != nil {
		return err
	}
	if err := n.nic.SetAddress(n.self, netip.Addr{}); err != nil {
		return err
	}
	if n.config.Uplink == config.UplinkNAT {
		return n.translate()
	}
	return nil
}

// attach plugs the host into the switch.
func (n *Network) attach(c host.NICConfig, services netip.Addr) (err error) {
	if n.nic, err = n.stack.AddNIC(c); err != nil {
		return err
	}
	port, err := n.lan.Plug(vswitch.PortConfig{Name: hostPort, MAC: c.MAC, Services: services})
	if err != nil {
		return err
	}
	n.nic.Connect(port)
	port.Connect(n.nic)
	return nil
}

// Close ends the services. The ports stay, and lead nowhere.
func (n *Network) Close() {
	n.mu.Lock()
	closers := n.closers
	n.closers, n.closed = nil, true
	n.mu.Unlock()
	for i := len(closers) - 1; i >= 0; i-- {
		closers[i]()
	}
}

// onClose has Close call f; it is false if that is over.
func (n *Network) onClose(f func()) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closed {
		n.closers = append(n.closers, f)
	}
	return !n.closed
}

// Address is the address of a machine's adapter that none is given for, by the
// adapter's index. It is locally administered: IEEE 802 §8.2.2.
func Address(machine string, index int) ether.MAC {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", machine, index)
	v := h.Sum64()
	return ether.MAC{0x02, 'R', byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
}

// Plug makes the port for a machine's adapter, by its index, and gives it an
// address. The adapter is then connected to it, and the port is the adapter's;
// it stays when the machine is started again.
func (n *Network) Plug(machine string, index int, c config.NIC) (*vswitch.Port, ether.MAC, error) {
	m := ether.MAC(c.MAC)
	if m == (ether.MAC{}) {
		m = Address(machine, index)
	}
	name := machine
	if index > 0 {
		name = fmt.Sprintf("%s-net%d", machine, index)
	}
	policy, err := vswitch.ParsePolicy(string(c.Policy))
	if err != nil {
		return nil, m, err
	}
	p := &plugged{forwards: c.Forwards}
	p.port, err = n.lan.Plug(vswitch.PortConfig{Name: name, MAC: m, VLAN: uint16(c.VLAN), Policy: policy, Rate: c.Rate})
	if err != nil {
		return nil, m, err
	}
	if c.VLAN == 0 && n.config.Uplink != config.UplinkBridge {
		err = n.lease(p, name, m)
	} else if len(c.Forwards) > 0 {
		err = errors.New("ports can be forwarded only to machines that Ringo gives an address to")
	}
	if err != nil {
		n.unplug(p)
		return nil, m, fmt.Errorf("adapter %s: %w", name, err)
	}
	n.mu.Lock()
	n.plugged[m] = p
	n.mu.Unlock()
	return p.port, m, nil
}

// lease gives an adapter its address and its forwarded ports.
func (n *Network) lease(p *plugged, name string, m ether.MAC) (err error) {
	if p.addr, err = n.leases.Reserve(name, m); err != nil {
		return err
	}
	if err := n.nic.Know(p.addr, m); err != nil {
		return err
	}
	if n.up == nil {
		if len(p.forwards) > 0 {
			n.config.Log("network: %s: there is no uplink, so no port is forwarded", name)
		}
		return nil
	}
	for _, f := range p.forwards {
		proto := uint8(ether.ProtoTCP)
		if f.Protocol == "udp" {
			proto = ether.ProtoUDP
		}
		if err := n.up.nat.Forward(nat.Rule{Proto: proto, Port: f.Host, To: netip.AddrPortFrom(p.addr, f.Guest)}); err != nil {
			return err
		}
	}
	return nil
}

// Unplug takes a machine's port away.
func (n *Network) Unplug(port *vswitch.Port) {
	m := port.Config().MAC
	n.mu.Lock()
	p := n.plugged[m]
	if p == nil || p.port != port {
		n.mu.Unlock()
		return
	}
	delete(n.plugged, m)
	n.mu.Unlock()
	n.unplug(p)
}

func (n *Network) unplug(p *plugged) {
	p.port.Unplug()
	if !p.addr.IsValid() {
		return
	}
	n.leases.Release(p.port.Config().MAC)
	if n.up != nil {
		n.up.nat.Forget(p.addr)
	}
}

// Listen listens to a TCP port of the host, for machines, and for the world if
// outside is true.
func (n *Network) Listen(port uint16, outside bool) (net.Listener, error) {
	nic := n.nic
	if outside {
		nic = nil
	}
	return n.stack.ListenTCP(nic, port)
}

// bootFile is what a machine that starts from the network is to start: the
// script of iPXE that has its name, or the one for all; and for others iPXE.
func (n *Network) bootFile(machine string, ipxe bool) string {
	if n.config.Files == nil {
		return ""
	}
	names := []string{machine + ".ipxe", "boot.ipxe"}
	if !ipxe {
		names = []string{"undionly.kpxe", "ipxe.pxe"}
	}
	for _, name := range names {
		if _, ok := n.config.Files(name); !ok || name == ".ipxe" {
			continue
		}
		switch {
		case ipxe && n.config.HTTP:
			return "http://" + path.Join(n.self.Addr().String(), name)
		case n.config.TFTP:
			return name
		}
	}
	return ""
}
