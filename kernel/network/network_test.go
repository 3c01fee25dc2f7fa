package network

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/ringo-vmm/ringo/kernel/network/bootfiles"
	"github.com/ringo-vmm/ringo/kernel/network/names"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/ether/vswitch"
)

// lookup asks a DNS server for a name's address.
func (g *guest) lookup(server netip.Addr, name string) (netip.Addr, int) {
	g.Helper()
	c, err := g.stack.DialUDP(netip.AddrPortFrom(server, 53))
	if err != nil {
		g.Fatal(err)
	}
	defer c.Close()
	var m, r dns.Msg
	m.SetQuestion(dns.Fqdn(name), dns.TypeA)
	q, _ := m.Pack()
	c.SetDeadline(time.Now().Add(patience))
	buf := make([]byte, 1500)
	if _, err := c.Write(q); err != nil {
		g.Fatal(err)
	}
	k, err := c.Read(buf)
	if err != nil {
		g.Fatalf("no answer about %s: %v", name, err)
	}
	if err := r.Unpack(buf[:k]); err != nil || r.Id != m.Id {
		g.Fatalf("answer %v: %v", &r, err)
	}
	for _, a := range r.Answer {
		if a, ok := a.(*dns.A); ok {
			addr, _ := netip.AddrFromSlice(a.A.To4())
			return addr, r.Rcode
		}
	}
	return netip.Addr{}, r.Rcode
}

// talk connects to a TCP port and reads what it says.
func (g *guest) talk(to netip.AddrPort, wait time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	c, err := g.stack.DialTCP(ctx, to)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(wait))
	b, err := io.ReadAll(c)
	return string(b), err
}

// serve says who connects, at a TCP port.
func (g *guest) serve(port uint16) {
	g.Helper()
	l, err := g.stack.ListenTCP(nil, port)
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, "hello "+c.RemoteAddr().String())
			c.Close()
		}
	}()
}

func at(a netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(a, port) }

// refused is how long a test looks for what must not arrive.
const refused = 300 * time.Millisecond

func TestTwoMachinesFindAndReachEachOther(t *testing.T) {
	n := newNetwork(t, nil)
	a, b := newGuest(t, n, "one", config.NIC{}), newGuest(t, n, "two", config.NIC{})
	if a.got.Address.String() != "10.77.0.2/24" || b.got.Address.String() != "10.77.0.3/24" {
		t.Errorf("addresses %v and %v", a.got.Address, b.got.Address)
	}
	if len(a.got.DNS) != 1 || a.got.DNS[0] != n.self.Addr() || a.got.Gateway.IsValid() {
		t.Errorf("bound %+v", a.got)
	}
	for name, want := range map[string]netip.Addr{"two": b.addr(), "TWO.ringo": b.addr(), "ringo": n.self.Addr(), "three": {}, "three.ringo": {}, "example.com": {}} {
		if got, code := a.lookup(n.self.Addr(), name); got != want || (code == dns.RcodeNameError) != !want.IsValid() {
			t.Errorf("%s is %v (%d), want %v", name, got, code, want)
		}
	}
	b.serve(7)
	if s, err := a.talk(at(b.addr(), 7), patience); !strings.HasPrefix(s, "hello 10.77.0.2:") {
		t.Errorf("b says %q: %v", s, err)
	}
	a.ping(n.nic.MAC(), n.self.Addr())
	a.pong(n.self.Addr())
	a.ping(b.nic.MAC(), b.addr())
	a.pong(b.addr())
	s := n.Status()
	if len(s.Ports) != 3 || len(s.Leases) != 2 || len(s.Table) != 3 || !s.Leases[1].Asked || s.Ports[1].Addr != a.addr() || s.Ports[1].Sent.Frames == 0 || s.Ports[1].Sent.Total() != 0 {
		t.Errorf("status %+v", s)
	}
}

func TestMachinesFetchBootModules(t *testing.T) {
	n := newNetwork(t, nil)
	g := newGuest(t, n, "one", config.NIC{})
	client := http.Client{Timeout: patience, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return g.stack.DialTCP(ctx, at(n.self.Addr(), 80))
	}}}
	defer client.CloseIdleConnections()
	r, err := client.Get("http://10.77.0.1/vmlinuz")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil || !bytes.Equal(b, image) {
		t.Errorf("%d bytes by HTTP, want %d: %v", len(b), len(image), err)
	}
	if r, err = client.Get("http://10.77.0.1/../etc/passwd"); err != nil || r.StatusCode != http.StatusNotFound {
		t.Errorf("what is not there: %v, %v", r, err)
	}
	if r, err = client.Post("http://10.77.0.1/vmlinuz", "text/plain", strings.NewReader("x")); err != nil || r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a write: %v, %v", r, err)
	}
	for _, options := range []string{"", "blksize\x001468\x00windowsize\x0016\x00tsize\x000\x00"} {
		if b, err := g.tftp(n.self.Addr(), "vmlinuz", options); err != nil || !bytes.Equal(b, image) {
			t.Errorf("%d bytes by TFTP with %q, want %d: %v", len(b), options, len(image), err)
		}
	}
	if _, err := g.tftp(n.self.Addr(), "nothing", ""); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("TFTP of what is not there: %v", err)
	}
}

// tftp fetches a file as clients do.
func (g *guest) tftp(server netip.Addr, name, options string) (all []byte, err error) {
	g.Helper()
	c, err := g.stack.ListenUDP(nil, 0)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var to net.Addr = net.UDPAddrFromAddrPort(at(server, bootfiles.TFTPPort))
	if _, err := c.WriteTo([]byte("\x00\x01"+name+"\x00octet\x00"+options), to); err != nil {
		return nil, err
	}
	block, window, next, since := 512, 1, uint16(1), 0
	if options != "" {
		block, window = 1468, 16
	}
	buf := make([]byte, 2000)
	for {
		c.SetReadDeadline(time.Now().Add(patience))
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return all, err
		}
		switch p := buf[:n]; {
		case p[1] == 5:
			return nil, errors.New(string(p[4:]))
		case p[1] == 6:
			c.WriteTo([]byte{0, 4, 0, 0}, from)
		case p[1] == 3 && uint16(p[2])<<8|uint16(p[3]) == next:
			all = append(all, p[4:]...)
			next++
			if since++; since == window || n < block+4 {
				since = 0
				c.WriteTo([]byte{0, 4, p[2], p[3]}, from)
			}
			if n < block+4 {
				return all, nil
			}
		}
	}
}

// world is what is behind the uplink: a router with DHCP and DNS, and a server,
// which is called server.example.
func world(t *testing.T, n *Network) *guest {
	t.Helper()
	w := newNetwork(t, func(c *Config) {
		c.Address = netip.MustParsePrefix("192.168.7.1/24")
		c.DNS = false
	})
	w.server.Router, w.server.DNS = true, true
	port, err := w.lan.Plug(vswitch.PortConfig{Name: "cable"})
	if err != nil {
		t.Fatal(err)
	}
	port.Connect(cable{n.Uplink()})
	n.Uplink().Connect(cable{port})
	server := newGuest(t, w, "server", config.NIC{})
	c, err := w.stack.ListenUDP(w.nic, names.Port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	zone := &names.Server{Domain: "example", Find: w.find, Name: w.name}
	go zone.Serve(c, func(net.Addr) (a netip.Addr) { return a })
	return server
}

// cable is an adapter at one switch that is an adapter at another, and can do
// nothing by itself.
type cable struct{ port ether.Port }

func (c cable) Receive(f ether.Frame) bool {
	if f.Checksum || len(f.Data) > ether.MaxWire {
		panic("a frame that no wire takes")
	}
	c.port.Send(f)
	return true
}
func (c cable) Features() ether.Features { return ether.Features{} }

func TestMachinesReachTheWorldAndAreReached(t *testing.T) {
	n, wait := natted(t)
	server := world(t, n)
	server.serve(80)
	open := newGuest(t, n, "open", config.NIC{})
	inbound := newGuest(t, n, "inbound", config.NIC{Policy: config.PolicyInbound, Forwards: []config.Forward{{Protocol: "tcp", Host: 2222, Guest: 22}}})
	isolated := newGuest(t, n, "isolated", config.NIC{Policy: config.PolicyIsolated})
	if open.got.Gateway != n.self.Addr() {
		t.Errorf("gateway %v", open.got.Gateway)
	}
	outside := wait()
	if s, err := open.talk(at(server.addr(), 80), patience); !strings.HasPrefix(s, "hello "+outside.String()+":") {
		t.Errorf("the server says %q: %v", s, err)
	}
	for _, g := range []*guest{inbound, isolated} {
		if s, err := g.talk(at(server.addr(), 80), refused); err == nil {
			t.Errorf("the server says %q to a machine that may not ask", s)
		}
		if a, code := g.lookup(n.self.Addr(), "open"); a != open.addr() {
			t.Errorf("open is %v (%d)", a, code)
		}
		if a, code := g.lookup(n.self.Addr(), "server.example"); a.IsValid() || code != dns.RcodeNameError {
			t.Errorf("a name of the world is %v (%d)", a, code)
		}
	}
	if a, code := open.lookup(n.self.Addr(), "server.example"); a != server.addr() {
		t.Errorf("the world's server says %v (%d)", a, code)
	}
	open.ping(n.nic.MAC(), server.addr())
	open.pong(server.addr())
	inbound.serve(22)
	if s, err := server.talk(at(outside, 2222), patience); !strings.HasPrefix(s, "hello "+server.addr().String()+":") {
		t.Errorf("the machine says %q: %v", s, err)
	}
	if s, err := server.talk(at(outside, 22), refused); err == nil {
		t.Errorf("a port that is not forwarded says %q", s)
	}
	if s := n.Status(); s.NAT.Flows < 2 {
		t.Errorf("NAT %+v", s.NAT)
	}
}

func TestPolicyHoldsBetweenMachines(t *testing.T) {
	n := newNetwork(t, nil)
	open := newGuest(t, n, "open", config.NIC{})
	inbound := newGuest(t, n, "inbound", config.NIC{Policy: config.PolicyInbound})
	isolated := newGuest(t, n, "isolated", config.NIC{Policy: config.PolicyIsolated})
	other := newGuest(t, n, "other", config.NIC{Policy: config.PolicyOpen})
	all := []*guest{open, inbound, isolated, other}
	for _, g := range all {
		g.serve(9)
	}
	for _, from := range all {
		for _, to := range all {
			if from == to {
				continue
			}
			want := (from == open || from == other) && to != isolated
			wait := refused
			if want {
				wait = patience
			}
			s, err := from.talk(at(to.addr(), 9), wait)
			if (err == nil) != want {
				t.Errorf("%v to %v: %q, %v", from.addr(), to.addr(), s, err)
			}
		}
	}
}

func TestVLANsAreApart(t *testing.T) {
	n := newNetwork(t, nil)
	open := newGuest(t, n, "open", config.NIC{})
	var apart [2]*guest
	for i := range apart {
		name := string(rune('x' + i))
		port, mac, err := n.Plug(name, 0, config.NIC{VLAN: 5, Policy: config.PolicyOpen})
		if err != nil {
			t.Fatal(err)
		}
		apart[i] = guestAt(t, port, mac)
		apart[i].got.Address = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 77, 0, byte(2 + 8*i)}), 24)
		apart[i].setAddress(apart[i].got.Address, netip.Addr{})
	}
	open.serve(9)
	apart[1].serve(9)
	if _, err := apart[0].talk(at(apart[1].addr(), 9), patience); err != nil {
		t.Error(err)
	}
	if _, err := apart[1].talk(at(open.addr(), 9), refused); err == nil {
		t.Error("VLANs are not apart")
	}
}

func TestMachinesWithAnothersAddressAreNotServed(t *testing.T) {
	n := newNetwork(t, nil)
	good := newGuest(t, n, "good", config.NIC{})
	evil := newGuest(t, n, "evil", config.NIC{})
	evil.setAddress(netip.PrefixFrom(good.addr(), 24), netip.Addr{})
	if s, err := evil.talk(at(n.self.Addr(), 80), refused); err == nil {
		t.Errorf("it is told %q", s)
	}
	if a, _ := good.lookup(n.self.Addr(), "evil"); a != evil.addr() {
		t.Errorf("evil is %v", a)
	}
}

func TestTheHostListensWhereItIsTold(t *testing.T) {
	n, wait := natted(t)
	server := world(t, n)
	g := newGuest(t, n, "one", config.NIC{})
	self := wait()
	for port, outside := range map[uint16]bool{1000: false, 1001: true} {
		l, err := n.Listen(port, outside)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				c.Close()
			}
		}()
		if _, err := g.talk(at(n.self.Addr(), port), patience); err != nil {
			t.Errorf("port %d for a machine: %v", port, err)
		}
		if _, err := server.talk(at(self, port), refused); (err == nil) != outside {
			t.Errorf("port %d for the world: %v", port, err)
		}
	}
}

func TestABridgeLeavesAddressesToTheWorld(t *testing.T) {
	n := newNetwork(t, func(c *Config) { c.Uplink = config.UplinkBridge })
	server := world(t, n)
	server.serve(80)
	port, mac, err := n.Plug("one", 0, config.NIC{Policy: config.PolicyOpen})
	if err != nil {
		t.Fatal(err)
	}
	g := guestAt(t, port, mac)
	g.start()
	if !netip.MustParsePrefix("192.168.7.0/24").Contains(g.addr()) {
		t.Errorf("the machine's address is %v", g.addr())
	}
	if s, err := g.talk(at(server.addr(), 80), patience); !strings.HasPrefix(s, "hello "+g.addr().String()+":") {
		t.Errorf("the server says %q: %v", s, err)
	}
	if _, _, err := n.Plug("two", 0, config.NIC{Policy: config.PolicyOpen, Forwards: []config.Forward{{Protocol: "tcp", Host: 1, Guest: 1}}}); err == nil {
		t.Error("a port is forwarded on a bridge")
	}
}
