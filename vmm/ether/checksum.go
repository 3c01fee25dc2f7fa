package ether

import (
	"encoding/binary"
	"math/bits"
)

// Sum adds b, as 16-bit numbers, to a sum that was begun: one's complement,
// folded to 16 bits. RFC 1071.
func Sum(b []byte, begun uint16) uint16 {
	s, carry := uint64(begun), uint64(0)
	for len(b) >= 8 {
		s, carry = bits.Add64(s, binary.BigEndian.Uint64(b), carry)
		b = b[8:]
	}
	var rest [8]byte
	copy(rest[:], b)
	s, carry = bits.Add64(s, binary.BigEndian.Uint64(rest[:]), carry)
	s, carry = bits.Add64(s, carry, 0)
	s += carry
	s = s>>32 + s&(1<<32-1)
	s = s>>32 + s&(1<<32-1)
	s = s>>16 + s&(1<<16-1)
	s = s>>16 + s&(1<<16-1)
	return uint16(s)
}

// Checksum is what Sum becomes in a header. 0 would say that there is none in
// UDP; all ones is the same number.
func Checksum(sum uint16) uint16 {
	if sum == 0xffff {
		return 0xffff
	}
	return ^sum
}

// pseudo is the sum of the pseudo-header for n bytes of a protocol, behind the
// network header at ip. RFC 9293 §3.1, RFC 8200 §8.1.
func pseudo(ip []byte, proto uint8, n int) uint16 {
	addresses := ip[12:20]
	if ip[0]>>4 == 6 {
		addresses = ip[8:40]
	}
	var rest [4]byte
	binary.BigEndian.PutUint16(rest[:], uint16(n))
	rest[3] = proto
	return Sum(rest[:], Sum(addresses, 0))
}
