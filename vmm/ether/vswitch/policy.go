package vswitch

import (
	"encoding/binary"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Policy bounds whom an adapter may talk to.
type Policy uint8

// The policies. Whatever the policy, an adapter reaches the host's services on
// its VLAN: their address, and broadcasts to them.
const (
	// Open lets it talk to everybody.
	Open Policy = iota
	// Inbound lets others open TCP connections to it, send it UDP packets
	// and ping it, by IPv4; it may answer, and open nothing itself.
	Inbound
	// Isolated lets it talk to the services and to nobody else.
	Isolated
)

var policies = [...]string{Open: "open", Inbound: "inbound", Isolated: "isolated"}

// String is the policy's name.
func (p Policy) String() string {
	if int(p) < len(policies) {
		return policies[p]
	}
	return fmt.Sprintf("policy %d", uint8(p))
}

// ParsePolicy is the policy with a name.
func ParsePolicy(s string) (Policy, error) {
	for i, name := range policies {
		if s == name {
			return Policy(i), nil
		}
	}
	return 0, fmt.Errorf("no policy is called %q: want open, inbound or isolated", s)
}

// allowed tells whether a frame may go from one port to the other.
func allowed(from, to *Port, b []byte, h *ether.Headers, now uint64) bool {
	if from.config.Policy == Open && to.config.Policy == Open || h.Type == ether.TypeARP && arp(from, to) {
		return true
	}
	if h.Type != ether.TypeIPv4 {
		return false
	}
	ip := b[h.Network:]
	if to.services && from.config.Policy != Open {
		if dst := [4]byte(ip[16:20]); dst == to.address || dst == broadcast {
			return true
		}
	}
	if from.services && to.config.Policy != Open && [4]byte(ip[12:16]) == from.address {
		return true
	}
	if from.config.Policy == Isolated || to.config.Policy == Isolated {
		return false
	}
	if from.config.Policy == Inbound && !from.flows.answers(b, h, now) {
		return false
	}
	return to.config.Policy != Inbound || to.flows.opens(b, h, now)
}

var broadcast = [4]byte{255, 255, 255, 255}

// arp tells whether two ports may find out each other's address.
func arp(from, to *Port) bool {
	return from.config.Policy != Isolated && to.config.Policy != Isolated || from.services || to.services
}

// Flags of TCP. RFC 9293 §3.1.
const (
	tcpSYN = 1 << 1
	tcpACK = 1 << 4
)

// Types of ICMP messages. RFC 792.
const (
	echoReply   = 0
	echoRequest = 8
)

// opens tells whether a packet is to be let in to an adapter that may not open
// connections, and remembers that the adapter may answer it.
func (t *flows) opens(b []byte, h *ether.Headers, now uint64) bool {
	k, p, ok := flowOf(b, h, false)
	if !ok {
		return false
	}
	begins := true
	switch k.proto {
	case ether.ProtoTCP:
		begins = p[13]&(tcpSYN|tcpACK) == tcpSYN
	case ether.ProtoICMP:
		begins = p[0] == echoRequest
	}
	return t.note(k, begins, now)
}

// answers tells whether a packet of the adapter answers one that was let in.
func (t *flows) answers(b []byte, h *ether.Headers, now uint64) bool {
	k, p, ok := flowOf(b, h, true)
	if !ok || k.proto == ether.ProtoICMP && p[0] != echoReply || k.proto == ether.ProtoTCP && p[13]&(tcpSYN|tcpACK) == tcpSYN {
		return false
	}
	return t.note(k, false, now)
}

// flowOf is the flow of a packet to the adapter, or from it, and what the
// packet carries. Fragments and groups have none: the rules that hold for a
// flow could not be kept.
func flowOf(b []byte, h *ether.Headers, out bool) (k flow, p []byte, ok bool) {
	const ports, tcp = 8, 20
	if h.Fragment || h.Transport == 0 || h.Transport+ports > h.End || ether.MAC(b[:6]).Multicast() {
		return k, nil, false
	}
	ip := b[h.Network:]
	p = b[h.Transport:min(h.End, len(b))]
	src, dst := [4]byte(ip[12:16]), [4]byte(ip[16:20])
	k.proto = h.Proto
	switch h.Proto {
	case ether.ProtoTCP, ether.ProtoUDP:
		if h.Proto == ether.ProtoTCP && len(p) < tcp {
			return k, nil, false
		}
		k.peerPort, k.port = binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:])
	case ether.ProtoICMP:
		k.port = binary.BigEndian.Uint16(p[4:]) // the identifier
		k.peerPort = k.port
	default:
		return k, nil, false
	}
	k.peer, k.own = src, dst
	if out {
		k.peer, k.own = dst, src
		k.peerPort, k.port = k.port, k.peerPort
	}
	return k, p, true
}
