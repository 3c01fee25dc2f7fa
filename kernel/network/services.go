package network

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/ringo-vmm/ringo/kernel/network/bootfiles"
	"github.com/ringo-vmm/ringo/kernel/network/host"
	"github.com/ringo-vmm/ringo/kernel/network/names"
	"github.com/ringo-vmm/ringo/vmm/ether/vswitch"
)

const httpPort = 80

// services starts what the configuration asks for.
func (n *Network) services() error {
	c := &n.config
	for _, s := range []struct {
		on    bool
		start func() error
	}{{c.DNS, n.serveDNS}, {c.TFTP && c.Files != nil, n.serveTFTP}, {c.HTTP && c.Files != nil, n.serveHTTP}} {
		if s.on {
			if err := s.start(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *Network) serveDNS() error {
	c, err := n.stack.ListenUDP(n.nic, names.Port)
	if err != nil {
		return err
	}
	s := &names.Server{Domain: Domain, Find: n.find, Name: n.name, May: n.open}
	if n.up != nil {
		s.Forward = n.up.resolve
	}
	n.onClose(func() { c.Close() })
	go s.Serve(c, func(a net.Addr) netip.Addr { return host.AddrPort(a).Addr() })
	return nil
}

func (n *Network) serveTFTP() error {
	c, err := n.stack.ListenUDP(n.nic, bootfiles.TFTPPort)
	if err != nil {
		return err
	}
	t := &bootfiles.TFTP{Files: n.config.Files, Socket: func() (net.PacketConn, error) { return n.stack.ListenUDP(n.nic, 0) }}
	n.onClose(func() { c.Close() })
	go t.Serve(c)
	return nil
}

func (n *Network) serveHTTP() error {
	l, err := n.stack.ListenTCP(n.nic, httpPort)
	if err != nil {
		return err
	}
	s := bootfiles.NewHTTP(n.config.Files.Handler())
	n.onClose(func() { s.Close() })
	go s.Serve(bootfiles.LimitHTTP(l))
	return nil
}

// find is the address of a machine, or of the host.
func (n *Network) find(name string) (netip.Addr, bool) {
	if name == HostName {
		return n.self.Addr(), true
	}
	v, ok := n.leases.Named(name)
	return v.Addr, ok
}

func (n *Network) name(a netip.Addr) (string, bool) {
	if a == n.self.Addr() {
		return HostName, true
	}
	v, ok := n.leases.At(a)
	return v.Name, ok && v.Name != ""
}

// open tells whether the machine with an address may talk to the world.
func (n *Network) open(a netip.Addr) bool {
	v, ok := n.leases.At(a)
	if !ok {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.plugged[v.MAC]
	return p != nil && p.port.Config().Policy == vswitch.Open
}

// resolve asks the world's DNS servers in turn.
func (u *uplink) resolve(question []byte, patience time.Duration) ([]byte, error) {
	u.mu.Lock()
	servers := u.bound.DNS
	u.mu.Unlock()
	err := errors.New("the uplink has no DNS server")
	for _, a := range servers {
		var answer []byte
		if answer, err = u.net.ask(netip.AddrPortFrom(a, names.Port), question, patience/time.Duration(len(servers))); err == nil {
			return answer, nil
		}
	}
	return nil, err
}

// ask sends a question to a server and waits for what has its number.
func (n *Network) ask(to netip.AddrPort, question []byte, patience time.Duration) ([]byte, error) {
	c, err := n.stack.DialUDP(to)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write(question); err != nil {
		return nil, err
	}
	buf := make([]byte, 4096)
	for {
		k, err := c.Read(buf)
		if err != nil {
			return nil, err
		}
		if k >= 2 && string(buf[:2]) == string(question[:2]) {
			return buf[:k], nil
		}
	}
}
