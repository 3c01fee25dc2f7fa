package network

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/kernel/network/dhcp"
	"github.com/ringo-vmm/ringo/kernel/network/host"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/ether/vswitch"
)

var began = time.Now()

func now() uint64 { return uint64(time.Since(began)) }

// patience bounds what a test waits for.
const patience = 20 * time.Second

// image is a boot module.
var image = bytes.Repeat([]byte("a boot module of some size. "), 40000)

func files(name string) ([]byte, bool) {
	switch name {
	case "vmlinuz":
		return image, true
	case "boot.ipxe":
		return []byte("#!ipxe\nboot http://10.77.0.1/vmlinuz\n"), true
	}
	return nil, false
}

var adapter = ether.MAC{0x02, 0, 0, 0, 0, 0xee}

func newNetwork(t testing.TB, change func(c *Config)) *Network {
	t.Helper()
	c := Config{Network: config.DefaultNetwork(), Now: now, Files: files, Adapter: adapter}
	c.TFTP, c.HTTP = true, true
	if change != nil {
		change(&c)
	}
	var mu sync.Mutex
	over := false
	told := c.Log
	c.Log = func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		if told != nil {
			told(format, args...)
		}
		if !over {
			t.Logf(format, args...)
		}
	}
	n, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.Close()
		mu.Lock()
		over = true
		mu.Unlock()
	})
	return n
}

// natted is a network with an uplink, and what waits until that has an address.
func natted(t testing.TB) (n *Network, wait func() netip.Addr) {
	bound := make(chan struct{}, 10)
	n = newNetwork(t, func(c *Config) {
		c.Uplink = config.UplinkNAT
		c.Log = func(format string, _ ...any) {
			if strings.Contains(format, "gateway") {
				bound <- struct{}{}
			}
		}
	})
	return n, func() netip.Addr {
		t.Helper()
		select {
		case <-bound:
		case <-time.After(patience):
			t.Fatal("the uplink gets no address")
		}
		return n.Status().Outside.Address.Addr()
	}
}

// guest is a machine with an IP stack that asks for its address.
type guest struct {
	testing.TB
	stack *host.Stack
	nic   *host.NIC
	port  *vswitch.Port
	bound chan dhcp.Bound
	pongs chan netip.Addr // who has answered a ping
	got   dhcp.Bound

	mu     sync.Mutex
	client dhcp.Client
}

func newGuest(t testing.TB, n *Network, name string, c config.NIC) *guest {
	t.Helper()
	if c.Policy == "" {
		c.Policy = config.PolicyOpen
	}
	port, mac, err := n.Plug(name, 0, c)
	if err != nil {
		t.Fatal(err)
	}
	g := guestAt(t, port, mac)
	g.start()
	return g
}

// guestAt is a machine with a stack at a port, without an address.
func guestAt(t testing.TB, port *vswitch.Port, mac ether.MAC) *guest {
	t.Helper()
	g := &guest{TB: t, port: port, bound: make(chan dhcp.Bound, 1), pongs: make(chan netip.Addr, 10), client: dhcp.Client{MAC: mac, Name: "guest"}}
	var err error
	if g.stack, err = host.New(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.stack.Close)
	if g.nic, err = g.stack.AddNIC(host.NICConfig{Name: "eth0", MAC: mac, Trusted: true, Filter: g.filter}); err != nil {
		t.Fatal(err)
	}
	g.nic.Connect(port)
	port.Connect(g.nic)
	return g
}

// filter takes DHCP's answers.
func (g *guest) filter(f ether.Frame) bool {
	h, ok := ether.Parse(f.Data)
	if !ok {
		return true
	}
	p, ok := payload(f.Data, &h, dhcp.ClientPort)
	if !ok {
		if h.Type == ether.TypeIPv4 && h.Proto == ether.ProtoICMP && f.Data[h.Transport] == 0 {
			src, _ := ipv4(f.Data, &h)
			select {
			case g.pongs <- src:
			default:
			}
		}
		return false
	}
	g.mu.Lock()
	send, changed := g.client.Take(p, time.Now())
	b, _ := g.client.Bound()
	g.mu.Unlock()
	g.say(send)
	if changed {
		g.bound <- b
	}
	return true
}

func (g *guest) say(m []byte) {
	if m == nil {
		return
	}
	d := datagram{src: g.nic.MAC(), dst: ether.Broadcast, payload: m,
		from: netip.AddrPortFrom(netip.IPv4Unspecified(), dhcp.ClientPort), to: netip.AddrPortFrom(broadcast, dhcp.ServerPort)}
	g.nic.Send(d.frame())
}

// start gets the guest its address.
func (g *guest) start() {
	g.Helper()
	g.mu.Lock()
	m := g.client.Tick(time.Now())
	g.mu.Unlock()
	g.say(m)
	select {
	case g.got = <-g.bound:
	case <-time.After(patience):
		g.Fatal("no address by DHCP")
	}
	g.setAddress(g.got.Address, g.got.Gateway)
}

func (g *guest) setAddress(p netip.Prefix, gateway netip.Addr) {
	g.Helper()
	if err := g.nic.SetAddress(p, gateway); err != nil {
		g.Fatal(err)
	}
}

func (g *guest) addr() netip.Addr { return g.got.Address.Addr() }

// ping sends an echo request to an address, by way of an adapter.
func (g *guest) ping(mac ether.MAC, a netip.Addr) {
	own := g.nic.MAC()
	d := datagram{src: own, dst: mac, from: netip.AddrPortFrom(g.addr(), 0), to: netip.AddrPortFrom(a, 0)}
	b := d.frame().Data
	const ip, icmp = ether.HeaderSize, ether.HeaderSize + 20
	b[ip+9] = ether.ProtoICMP
	clear(b[ip+10 : ip+12])
	binary.BigEndian.PutUint16(b[ip+10:], ^ether.Sum(b[ip:icmp], 0))
	copy(b[icmp:], []byte{8, 0, 0, 0, 1, 2, 0, 0})
	binary.BigEndian.PutUint16(b[icmp+2:], ^ether.Sum(b[icmp:], 0))
	g.nic.Send(ether.Frame{Data: b})
}

// pong waits for the answer.
func (g *guest) pong(want netip.Addr) {
	g.Helper()
	select {
	case a := <-g.pongs:
		if a != want {
			g.Errorf("%v answers, want %v", a, want)
		}
	case <-time.After(patience):
		g.Errorf("%v does not answer", want)
	}
}
