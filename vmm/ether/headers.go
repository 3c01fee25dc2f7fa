package ether

import "encoding/binary"

// Sizes in bytes.
const (
	HeaderSize = 14 // both addresses and the type
	TagSize    = 4  // of a VLAN
	MTU        = 1500
	// MaxFrame is the most that a frame to be segmented has.
	MaxFrame = HeaderSize + TagSize + 1<<16 - 1
	// HeadSize is the most that the headers of one have: a tag, and 60 bytes
	// each of IP and TCP. RFC 791 §3.1, RFC 9293 §3.1.
	HeadSize = HeaderSize + TagSize + 60 + 60
	// MaxWire is the most that one has which is not.
	MaxWire = HeaderSize + TagSize + MTU
)

// Types of frames. IEEE 802 numbers, EtherType.
const (
	TypeIPv4 = 0x0800
	TypeARP  = 0x0806
	TypeVLAN = 0x8100
	TypeIPv6 = 0x86dd
)

// Protocols in IP. IANA, protocol numbers.
const (
	ProtoICMP = 1
	ProtoTCP  = 6
	ProtoUDP  = 17
)

// Headers tells what is where in a frame. Offsets are in bytes from the frame's
// beginning.
type Headers struct {
	Type      uint16 // behind the tag, if there is one
	Tagged    bool
	VLAN      uint16 // of the tag
	Network   int    // what the frame carries
	Proto     uint8  // IPv4 and IPv6: what the packet carries
	Transport int    // its beginning; 0 if the packet has none, or not the first of it
	Fragment  bool   // the packet is one
	End       int    // of the packet; padding may follow
}

const (
	vlanMask    = 0xfff
	ipv4Min     = 20
	ipv6Size    = 40
	ipv4More    = 0x2000
	ipv4Offset  = 0x1fff
	tcpMin      = 20
	tcpChecksum = 16 // offset in the TCP header
	udpChecksum = 6
)

// Parse finds the headers of a frame. ok is false if it is too short for what
// it says it is. Packets of IPv6 with extension headers have no Transport.
func Parse(b []byte) (h Headers, ok bool) { return parse(b, len(b)) }

// Parse finds the frame's headers, which may be all that is in Data.
func (f *Frame) Parse() (h Headers, ok bool) { return parse(f.Data, f.Len()) }

// parse finds the headers of a frame of n bytes, which begins with b.
func parse(b []byte, n int) (h Headers, ok bool) {
	if len(b) < HeaderSize {
		return h, false
	}
	h.Type = binary.BigEndian.Uint16(b[12:])
	h.Network, h.End = HeaderSize, n
	if h.Type == TypeVLAN {
		if len(b) < HeaderSize+TagSize {
			return h, false
		}
		h.Tagged = true
		h.VLAN = binary.BigEndian.Uint16(b[14:]) & vlanMask
		h.Type = binary.BigEndian.Uint16(b[16:])
		h.Network += TagSize
	}
	switch h.Type {
	case TypeIPv4:
		return h, h.ipv4(b[h.Network:], n-h.Network)
	case TypeIPv6:
		return h, h.ipv6(b[h.Network:], n-h.Network)
	}
	return h, true
}

// ipv4 reads a header of IPv4, in a packet of size bytes with its padding. RFC 791
// §3.1.
func (h *Headers) ipv4(p []byte, size int) bool {
	if len(p) < ipv4Min || p[0]>>4 != 4 {
		return false
	}
	n, total := int(p[0]&0xf)*4, int(binary.BigEndian.Uint16(p[2:]))
	if n < ipv4Min || total < n || total > size {
		return false
	}
	h.End = h.Network + total
	h.Proto = p[9]
	f := binary.BigEndian.Uint16(p[6:])
	h.Fragment = f&(ipv4More|ipv4Offset) != 0
	if f&ipv4Offset == 0 {
		h.Transport = h.Network + n
	}
	return true
}

// ipv6 is ipv4 for IPv6. RFC 8200 §3.
func (h *Headers) ipv6(p []byte, size int) bool {
	if len(p) < ipv6Size || p[0]>>4 != 6 {
		return false
	}
	n := int(binary.BigEndian.Uint16(p[4:]))
	if ipv6Size+n > size {
		return false
	}
	h.End = h.Network + ipv6Size + n
	h.Proto = p[6]
	if h.Proto == ProtoTCP || h.Proto == ProtoUDP {
		h.Transport = h.Network + ipv6Size
	}
	return true
}
