package network

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/ringo-vmm/ringo/kernel/network/dhcp"
	"github.com/ringo-vmm/ringo/kernel/network/host"
	"github.com/ringo-vmm/ringo/kernel/network/nat"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/ether/vswitch"
)

// uplinkPort is the port that the host's adapter is plugged into.
const uplinkPort = "@uplink"

// uplink is the way to the world. Translated, the host's adapter and the stack
// are the two ports of a switch of their own; bridged, both are at the machines'.
type uplink struct {
	net  *Network
	port *vswitch.Port // of the host's adapter
	nic  *host.NIC     // of the stack
	nat  *nat.Table

	mu     sync.Mutex // not held while the stack is called, which calls found
	client dhcp.Client
	bound  dhcp.Bound
	hops   map[netip.Addr]*hop

	applying sync.Mutex
}

// hop is an adapter on the uplink's network, and a frame that waits until its
// address is known.
type hop struct {
	mac     ether.MAC
	until   uint64 // when mac is to be asked for again, in ns; 0: it is not known yet
	asked   uint64 // when it was last asked for
	waiting *ether.Frame
}

const (
	maxHops = 256
	hopTime = uint64(30 * time.Second)
	askTime = uint64(5 * time.Second) // until it is asked for again, if nobody has answered
	tick    = time.Second
)

// translate makes an uplink behind the host's own address.
func (n *Network) translate() error {
	world := vswitch.New(vswitch.Config{Now: n.config.Now})
	u := &uplink{net: n, nat: nat.New(n.config.Now), hops: make(map[netip.Addr]*hop)}
	var err error
	if u.port, err = world.Plug(vswitch.PortConfig{Name: uplinkPort}); err != nil {
		return err
	}
	own, err := world.Plug(vswitch.PortConfig{Name: hostPort, MAC: n.config.Adapter})
	if err != nil {
		return err
	}
	if u.nic, err = n.stack.AddNIC(host.NICConfig{Name: uplinkPort, MAC: n.config.Adapter, Filter: u.fromWorld}); err != nil {
		return err
	}
	own.Connect(u.nic)
	u.nic.Connect(own)
	u.start()
	return nil
}

// bridge makes the host's adapter a port of the machines' switch. The world
// gives addresses then, to machines and host.
func (n *Network) bridge() error {
	u := &uplink{net: n, nat: nat.New(n.config.Now), hops: make(map[netip.Addr]*hop)}
	n.config.DHCP, n.config.DNS = false, false
	var err error
	if u.port, err = n.lan.Plug(vswitch.PortConfig{Name: uplinkPort}); err != nil {
		return err
	}
	if err := n.attach(host.NICConfig{Name: hostPort, MAC: n.config.Adapter, Filter: u.fromWorld}, netip.Addr{}); err != nil {
		return err
	}
	u.nic = n.nic
	u.start()
	return nil
}

// start begins to ask for an address.
func (u *uplink) start() {
	u.net.up = u
	u.client = dhcp.Client{MAC: u.nic.MAC(), Name: HostName}
	done := make(chan struct{})
	u.net.onClose(func() { close(done) })
	go func() {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case now := <-ticker.C:
				u.tick(now)
			}
		}
	}()
}

func (u *uplink) tick(now time.Time) {
	if !u.port.Connected() {
		return
	}
	u.mu.Lock()
	m := u.client.Tick(now)
	u.mu.Unlock()
	u.apply()
	u.ask(m)
}

// ask broadcasts a DHCP message.
func (u *uplink) ask(m []byte) {
	if m == nil {
		return
	}
	d := datagram{src: u.nic.MAC(), dst: ether.Broadcast, payload: m,
		from: netip.AddrPortFrom(netip.IPv4Unspecified(), dhcp.ClientPort), to: netip.AddrPortFrom(broadcast, dhcp.ServerPort)}
	u.nic.Send(d.frame())
}

// apply makes what the client has the host's address, if that is another one.
func (u *uplink) apply() {
	u.applying.Lock()
	defer u.applying.Unlock()
	u.mu.Lock()
	b, _ := u.client.Bound()
	same := b.Address == u.bound.Address && b.Gateway == u.bound.Gateway && slices.Equal(b.DNS, u.bound.DNS)
	if !same {
		u.bound = b
		clear(u.hops)
	}
	u.mu.Unlock()
	if same {
		return
	}
	n := u.net
	if n.config.Uplink == config.UplinkNAT && b.Address.IsValid() && b.Address.Overlaps(n.self) {
		n.config.Log("network: uplink: the world's network %v is the machines' own, %v: give [network] another address", b.Address, n.self)
		b = dhcp.Bound{}
	}
	if err := u.nic.SetAddress(b.Address, b.Gateway); err != nil {
		n.config.Log("network: uplink: %v", err)
		return
	}
	if n.config.Uplink == config.UplinkNAT {
		u.nat.SetAddress(b.Address.Addr())
	}
	if b.Address.IsValid() {
		n.config.Log("network: uplink: address %v, gateway %v, DNS %v", b.Address, b.Gateway, b.DNS)
	} else {
		n.config.Log("network: uplink: no address")
	}
}

// fromWorld is shown what comes to the host from the world.
func (u *uplink) fromWorld(f ether.Frame) bool {
	h, ok := ether.Parse(f.Data)
	if !ok || h.Type != ether.TypeIPv4 {
		return !ok
	}
	if p, ok := payload(f.Data, &h, dhcp.ClientPort); ok {
		u.mu.Lock()
		m, changed := u.client.Take(p, time.Now())
		u.mu.Unlock()
		if changed {
			u.apply()
		}
		u.ask(m)
		return true
	}
	if a, ok := u.nat.In(&f); ok {
		u.net.toMachine(a, f)
		return true
	}
	return false
}

// toWorld sends a frame, which has the host's address by now, towards dst.
func (u *uplink) toWorld(f ether.Frame, dst netip.Addr) {
	u.mu.Lock()
	next := dst
	if !u.bound.Address.Contains(dst) {
		next = u.bound.Gateway
	}
	if !next.IsValid() {
		u.mu.Unlock()
		return
	}
	now := u.net.config.Now()
	h := u.hops[next]
	if h != nil && h.until > now {
		mac := h.mac
		u.mu.Unlock()
		u.send(f, mac)
		return
	}
	asked := h != nil && h.waiting != nil && now < h.asked+askTime
	if h == nil {
		if len(u.hops) >= maxHops {
			clear(u.hops)
		}
		h = &hop{}
		u.hops[next] = h
	}
	h.waiting = &ether.Frame{Data: slices.Clone(f.Data), Offload: f.Offload}
	if !asked {
		h.asked = now
	}
	u.mu.Unlock()
	if !asked {
		u.nic.Find(next, func(m ether.MAC, ok bool) { u.found(next, m, ok) })
	}
}

// found ends the search for a hop's address.
func (u *uplink) found(a netip.Addr, m ether.MAC, ok bool) {
	u.mu.Lock()
	h := u.hops[a]
	if h == nil {
		u.mu.Unlock()
		return
	}
	f := h.waiting
	h.waiting = nil
	if ok {
		h.mac, h.until = m, u.net.config.Now()+hopTime
	} else {
		delete(u.hops, a)
	}
	u.mu.Unlock()
	if ok && f != nil {
		u.send(*f, m)
	}
}

func (u *uplink) send(f ether.Frame, to ether.MAC) {
	mac := u.nic.MAC()
	copy(f.Data, to[:])
	copy(f.Data[6:], mac[:])
	u.nic.Send(f)
}

// Uplink is the port for the host's adapter to the world, nil if there is none.
func (n *Network) Uplink() *vswitch.Port {
	if n.up == nil {
		return nil
	}
	return n.up.port
}
