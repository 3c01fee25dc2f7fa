package host

import (
	"fmt"
	"net/netip"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// What an adapter queues: frames, and bytes in all.
const (
	queueFrames = 512
	queueBytes  = 1 << 20
)

// NICConfig says what an adapter is.
type NICConfig struct {
	Name string
	MAC  ether.MAC
	// Trusted says that frames reach the adapter through memory alone, so
	// that checksums need not be looked at and may be missing.
	Trusted bool
	// Filter is shown each frame before the stack is, if it is not nil, by
	// one goroutine; true keeps the frame from the stack. It may change the
	// frame.
	Filter func(f ether.Frame) bool
}

// NIC is an adapter of the stack: an ether.NIC.
type NIC struct {
	link
	stack   *Stack
	id      tcpip.NICID
	config  NICConfig
	queue   *ether.Queue
	port    atomic.Pointer[ether.Port]
	prefix  netip.Prefix // and gateway: under the stack's lock
	gateway netip.Addr
}

// AddNIC adds an adapter without an address. Until Connect, what it sends is
// lost.
func (s *Stack) AddNIC(c NICConfig) (*NIC, error) {
	quiet()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := &NIC{stack: s, id: tcpip.NICID(len(s.nics) + 1), config: c, queue: ether.NewQueue(queueFrames, queueBytes)}
	n.link.nic = n
	if err := s.ip.CreateNICWithOptions(n.id, &n.link, stack.NICOptions{Name: c.Name}); err != nil {
		return nil, fmt.Errorf("adapter %s: %v", c.Name, err)
	}
	s.nics = append(s.nics, n)
	go n.serve()
	return n, nil
}

// Connect connects the adapter with the port it is plugged into.
func (n *NIC) Connect(p ether.Port) { n.port.Store(&p) }

// MAC is the adapter's address.
func (n *NIC) MAC() ether.MAC { return n.config.MAC }

// SetAddress gives the adapter an address and the bits of its network, in place
// of the one before, and, if it is valid, a gateway to everywhere else. The zero
// prefix is no address.
func (n *NIC) SetAddress(p netip.Prefix, gateway netip.Addr) error {
	s := n.stack
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.prefix != p {
		if n.prefix.IsValid() {
			s.ip.RemoveAddress(n.id, address(n.prefix.Addr()))
		}
		n.prefix = netip.Prefix{}
		if p.IsValid() {
			a := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber,
				AddressWithPrefix: tcpip.AddressWithPrefix{Address: address(p.Addr()), PrefixLen: p.Bits()}}
			if err := s.ip.AddProtocolAddress(n.id, a, stack.AddressProperties{}); err != nil {
				return fmt.Errorf("adapter %s: address %v: %v", n.config.Name, p, err)
			}
		}
		n.prefix = p
	}
	n.gateway = gateway
	s.route()
	return nil
}

// Know tells the adapter whose address on the network is whose, so that nobody
// else can say so.
func (n *NIC) Know(a netip.Addr, m ether.MAC) error {
	if err := n.stack.ip.AddStaticNeighbor(n.id, ipv4.ProtocolNumber, address(a), tcpip.LinkAddress(m[:])); err != nil {
		return fmt.Errorf("adapter %s: neighbour %v: %v", n.config.Name, a, err)
	}
	return nil
}

// Find finds out who has an address on the adapter's network, and tells found,
// soon or in some seconds, or at once. ok is false if nobody has it.
func (n *NIC) Find(a netip.Addr, found func(m ether.MAC, ok bool)) {
	n.stack.ip.GetLinkAddress(n.id, address(a), tcpip.Address{}, ipv4.ProtocolNumber, func(r stack.LinkResolutionResult) {
		var m ether.MAC
		ok := r.Err == nil && copy(m[:], r.LinkAddress) == len(m)
		found(m, ok)
	})
}

// Features is ether.NIC's.
func (n *NIC) Features() ether.Features {
	t := n.config.Trusted
	return ether.Features{Checksum: t, TCP4: t}
}

// Receive is ether.NIC's.
func (n *NIC) Receive(f ether.Frame) bool { return n.queue.Put(f) }

// serve gives the stack what was received.
func (n *NIC) serve() {
	for n.queue.Wait() {
		for {
			f, ok := n.queue.Get()
			if !ok {
				break
			}
			if n.config.Filter == nil || !n.config.Filter(f) {
				n.inject(f.Data)
			}
			n.queue.Done()
		}
	}
}

// inject gives the stack a frame.
func (n *NIC) inject(b []byte) {
	h, ok := ether.Parse(b)
	if !ok || h.Tagged {
		return
	}
	dst := ether.MAC(b[:6])
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	defer pkt.DecRef()
	if _, ok := pkt.LinkHeader().Consume(ether.HeaderSize); !ok {
		return
	}
	switch {
	case dst == n.config.MAC:
		pkt.PktType = tcpip.PacketHost
	case dst == ether.Broadcast:
		pkt.PktType = tcpip.PacketBroadcast
	case dst.Multicast():
		pkt.PktType = tcpip.PacketMulticast
	default:
		return
	}
	if d := n.dispatcher.Load(); d != nil {
		(*d).DeliverNetworkPacket(tcpip.NetworkProtocolNumber(h.Type), pkt)
	}
}

// Send sends a frame from the adapter, past the stack.
func (n *NIC) Send(f ether.Frame) {
	if p := n.port.Load(); p != nil {
		(*p).Send(f)
	}
}
