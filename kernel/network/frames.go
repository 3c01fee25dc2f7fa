package network

import (
	"encoding/binary"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/ringo-vmm/ringo/kernel/network/dhcp"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

// datagram is a UDP packet in a frame: what DHCP is made of, which speaks to
// those who have no address yet.
type datagram struct {
	src, dst ether.MAC
	from, to netip.AddrPort
	payload  []byte
}

const (
	udpHeader = 8
	hops      = 64
)

// frame is the datagram as a frame.
func (d *datagram) frame() ether.Frame {
	n := header.IPv4MinimumSize + udpHeader + len(d.payload)
	b := make([]byte, ether.HeaderSize+n)
	copy(b, d.dst[:])
	copy(b[6:], d.src[:])
	binary.BigEndian.PutUint16(b[12:], ether.TypeIPv4)
	src, dst := tcpip.AddrFrom4(d.from.Addr().As4()), tcpip.AddrFrom4(d.to.Addr().As4())
	ip := header.IPv4(b[ether.HeaderSize:])
	ip.Encode(&header.IPv4Fields{TotalLength: uint16(n), TTL: hops, Protocol: ether.ProtoUDP, SrcAddr: src, DstAddr: dst})
	ip.SetChecksum(^ip.CalculateChecksum())
	udp := header.UDP(ip.Payload())
	udp.Encode(&header.UDPFields{SrcPort: d.from.Port(), DstPort: d.to.Port(), Length: uint16(udpHeader + len(d.payload))})
	copy(udp.Payload(), d.payload)
	sum := header.PseudoHeaderChecksum(header.UDPProtocolNumber, src, dst, udp.Length())
	udp.SetChecksum(ether.Checksum(ether.Sum(udp, sum)))
	return ether.Frame{Data: b}
}

// payload is what a UDP packet to a port carries; ok is false if the frame has
// no such packet.
func payload(b []byte, h *ether.Headers, port uint16) (p []byte, ok bool) {
	if h.Type != ether.TypeIPv4 || h.Proto != ether.ProtoUDP || h.Fragment || h.Transport+udpHeader > h.End {
		return nil, false
	}
	udp := b[h.Transport:h.End]
	n := int(binary.BigEndian.Uint16(udp[4:]))
	if binary.BigEndian.Uint16(udp[2:]) != port || n < udpHeader || n > len(udp) {
		return nil, false
	}
	return udp[udpHeader:n], true
}

// ipv4 are the addresses of a packet.
func ipv4(b []byte, h *ether.Headers) (src, dst netip.Addr) {
	ip := b[h.Network:]
	return netip.AddrFrom4([4]byte(ip[12:16])), netip.AddrFrom4([4]byte(ip[16:20]))
}

// fromMachines is shown what machines send to the host, and keeps from the stack
// what is not for it. A machine that has not the address that it was given is
// not served, so that none can be taken for another.
func (n *Network) fromMachines(f ether.Frame) bool {
	h, ok := ether.Parse(f.Data)
	if !ok || h.Type != ether.TypeIPv4 {
		return !ok
	}
	if p, ok := payload(f.Data, &h, dhcp.ServerPort); ok {
		n.answer(p)
		return true
	}
	src, dst := ipv4(f.Data, &h)
	v, ok := n.leases.Of(ether.MAC(f.Data[6:12]))
	if !ok || v.Addr != src {
		return true
	}
	if n.self.Contains(dst) || dst.IsMulticast() || dst == broadcast {
		return dst.IsMulticast()
	}
	if n.up != nil && n.up.nat.Out(&f) {
		n.up.toWorld(f, dst)
	}
	return true
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// answer answers a DHCP message.
func (n *Network) answer(message []byte) {
	if !n.config.DHCP {
		return
	}
	b, to := n.server.Answer(message)
	if b == nil {
		return
	}
	dst := broadcast
	if v, ok := n.leases.Of(to); ok {
		dst = v.Addr
	}
	d := datagram{src: n.nic.MAC(), dst: to, payload: b,
		from: netip.AddrPortFrom(n.self.Addr(), dhcp.ServerPort), to: netip.AddrPortFrom(dst, dhcp.ClientPort)}
	n.nic.Send(d.frame())
}

// toMachine sends a frame to the machine with an address.
func (n *Network) toMachine(a netip.Addr, f ether.Frame) {
	v, ok := n.leases.At(a)
	if !ok {
		return
	}
	mac := n.nic.MAC()
	copy(f.Data, v.MAC[:])
	copy(f.Data[6:], mac[:])
	n.nic.Send(f)
}
