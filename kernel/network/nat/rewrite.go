package nat

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// side is which address and port of a packet are rewritten.
type side int

const (
	source side = iota
	destination
)

// rewrite gives a packet another address and port, counts the hop, and corrects
// the checksums; ok is false if it has made too many hops. RFC 3022 §4, RFC 1624.
func rewrite(f *ether.Frame, h *ether.Headers, which side, to end) (ok bool) {
	ip, p := f.Data[h.Network:h.Transport], f.Data[h.Transport:h.End]
	const ttl = 8
	if ip[ttl] <= 1 {
		return false
	}
	var hop, addr, port delta
	hop.replace(ip[ttl:ttl+2], []byte{ip[ttl] - 1, ip[ttl+1]})
	addr.replace(ip[12+4*which:16+4*which], to.addr[:])
	new := [2]byte{byte(to.port >> 8), byte(to.port)}
	var sum []byte // the checksum that covers the port
	switch h.Proto {
	case ether.ProtoTCP:
		port.replace(p[2*which:2*which+2], new[:])
		sum = p[16:18]
	case ether.ProtoUDP:
		port.replace(p[2*which:2*which+2], new[:])
		sum = p[6:8]
	case ether.ProtoICMP:
		port.replace(p[4:6], new[:])
		port.correct(p[2:4])
	}
	switch {
	case sum == nil:
	case f.Checksum: // only the pseudo-header's sum is there
		binary.BigEndian.PutUint16(sum, addr.add(binary.BigEndian.Uint16(sum)))
	case h.Proto == ether.ProtoUDP && sum[0]|sum[1] == 0: // it has none
	default:
		addr.correct(sum)
		port.correct(sum)
		if h.Proto == ether.ProtoUDP && sum[0]|sum[1] == 0 {
			sum[0], sum[1] = 0xff, 0xff
		}
	}
	hop.correct(ip[10:12])
	addr.correct(ip[10:12])
	return true
}

// delta is what a change adds to a sum.
type delta uint16

// replace writes new over old, an even number of bytes, and notes the change.
func (d *delta) replace(old, new []byte) {
	*d = delta(ether.Sum(new, ^ether.Sum(old, ^uint16(*d)))) // ^(^d + old) + new
	copy(old, new)
}

// add is a sum after the change.
func (d delta) add(sum uint16) uint16 {
	b := [2]byte{byte(sum >> 8), byte(sum)}
	return ether.Sum(b[:], uint16(d))
}

// correct brings a checksum in step with the change.
func (d delta) correct(field []byte) {
	binary.BigEndian.PutUint16(field, ^d.add(^binary.BigEndian.Uint16(field)))
}
