package host

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
)

// full is a port of an address; the zero address is any.
func full(a netip.AddrPort) tcpip.FullAddress {
	f := tcpip.FullAddress{Port: a.Port()}
	if a.Addr().Is4() && !a.Addr().IsUnspecified() {
		f.Addr = address(a.Addr())
	}
	return f
}

// local is a port of an adapter's address, or of any if the adapter is nil or
// has none.
func (s *Stack) local(n *NIC, port uint16) tcpip.FullAddress {
	s.mu.Lock()
	defer s.mu.Unlock()
	var a netip.Addr
	if n != nil {
		a = n.prefix.Addr()
	}
	return full(netip.AddrPortFrom(a, port))
}

// ListenTCP listens to a port of an adapter's address, or of all if that is nil.
func (s *Stack) ListenTCP(n *NIC, port uint16) (net.Listener, error) {
	l, err := gonet.ListenTCP(s.ip, s.local(n, port), ipv4.ProtocolNumber)
	if err != nil {
		return nil, fmt.Errorf("TCP port %d: %w", port, err)
	}
	return l, nil
}

// ListenUDP makes a socket with a port of an adapter's address, or of all if
// that is nil; port 0 is any.
func (s *Stack) ListenUDP(n *NIC, port uint16) (*gonet.UDPConn, error) {
	at := s.local(n, port)
	c, err := gonet.DialUDP(s.ip, &at, nil, ipv4.ProtocolNumber)
	if err != nil {
		return nil, fmt.Errorf("UDP port %d: %w", port, err)
	}
	return c, nil
}

// DialUDP makes a socket that talks to one address only.
func (s *Stack) DialUDP(to netip.AddrPort) (*gonet.UDPConn, error) {
	at := full(to)
	c, err := gonet.DialUDP(s.ip, nil, &at, ipv4.ProtocolNumber)
	if err != nil {
		return nil, fmt.Errorf("UDP to %v: %w", to, err)
	}
	return c, nil
}

// DialTCP connects to a port of an address.
func (s *Stack) DialTCP(ctx context.Context, to netip.AddrPort) (*gonet.TCPConn, error) {
	c, err := gonet.DialContextTCP(ctx, s.ip, full(to), ipv4.ProtocolNumber)
	if err != nil {
		return nil, fmt.Errorf("TCP to %v: %w", to, err)
	}
	return c, nil
}

// AddrPort is where a peer of one of the stack's sockets is.
func AddrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	}
	return netip.AddrPort{}
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
