// Package host is the host's own IP stack: gVisor's (package tcpip of
// gvisor.dev/gvisor), with adapters that plug into ports of package ether.
//
// An adapter queues what it receives, and a goroutine of its own gives that to
// the stack, so that no sender waits for the stack's locks. Package network
// makes the stack and runs its services on it.
package host

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/log"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// The ports that sockets get which do not ask for one. Those above are for
// translated connections: see package nat.
const firstPort, lastPort = 16384, 32767

// maxBuffer bounds what one TCP connection keeps in each direction, in bytes.
const maxBuffer = 256 << 10

// Stack is an IPv4 stack. It does not forward packets.
type Stack struct {
	ip   *stack.Stack
	mu   sync.Mutex
	nics []*NIC
}

// quiet makes gVisor keep its log lines to itself. It writes them to the
// standard error, where a guest could make it write without end.
var quiet = sync.OnceFunc(func() { log.SetTarget(nowhere{}) })

type nowhere struct{}

func (nowhere) Emit(int, log.Level, time.Time, string, ...any) {}

// New makes a stack without adapters.
func New() (*Stack, error) {
	s := &Stack{ip: stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	})}
	if err := s.ip.SetPortRange(firstPort, lastPort); err != nil {
		return nil, fmt.Errorf("ports: %v", err)
	}
	sack := tcpip.TCPSACKEnabled(true)
	receive := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: maxBuffer, Max: maxBuffer}
	send := tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: maxBuffer, Max: maxBuffer}
	for _, o := range []tcpip.SettableTransportProtocolOption{&sack, &receive, &send} {
		if err := s.ip.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			return nil, fmt.Errorf("option %T: %v", o, err)
		}
	}
	return s, nil
}

// Close ends all connections and adapters.
func (s *Stack) Close() {
	s.mu.Lock()
	for _, n := range s.nics {
		n.queue.Close()
	}
	s.mu.Unlock()
	s.ip.Close()
	s.ip.Wait()
}

// address is a as gVisor has it.
func address(a netip.Addr) tcpip.Address { return tcpip.AddrFrom4(a.As4()) }

// route replaces the routes by those of the adapters.
func (s *Stack) route() {
	var routes []tcpip.Route
	for _, n := range s.nics {
		if n.prefix.IsValid() {
			routes = append(routes, tcpip.Route{Destination: subnet(n.prefix), NIC: n.id})
		}
	}
	for _, n := range s.nics {
		if n.gateway.IsValid() {
			routes = append(routes, tcpip.Route{
				Destination: subnet(netip.PrefixFrom(netip.IPv4Unspecified(), 0)), Gateway: address(n.gateway), NIC: n.id})
		}
	}
	s.ip.SetRouteTable(routes)
}

func subnet(p netip.Prefix) tcpip.Subnet {
	return tcpip.AddressWithPrefix{Address: address(p.Masked().Addr()), PrefixLen: p.Bits()}.Subnet()
}
