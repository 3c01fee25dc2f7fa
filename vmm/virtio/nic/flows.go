package nic

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// flows remembers by which pair of queues a flow was sent, so that what comes
// back goes to the same, and to the same processor. VIRTIO 1.2 §5.1.6.5.5. Flows
// share entries: a wrong one costs speed alone.
type flows [256]uint8

// sent notes that a frame came by a pair.
func (t *flows) sent(f *ether.Frame, pair int) { t[flow(f)] = uint8(pair) }

// pair is the one for a frame to the guest, of so many in use.
func (t *flows) pair(f *ether.Frame, pairs int) int {
	if pairs == 1 {
		return 0
	}
	if p := int(t[flow(f)]); p < pairs {
		return p
	}
	return 0
}

// spread is an odd number that spreads differences over a word: 2^32 by the
// golden ratio.
const spread = 0x9e3779b1

// flow is a number for the flow that a frame belongs to, the same in both
// directions.
func flow(f *ether.Frame) uint8 {
	frame := f.Data
	h, ok := f.Parse()
	if !ok {
		return 0
	}
	be := binary.BigEndian
	var x uint32
	switch p := frame[h.Network:]; h.Type {
	case ether.TypeIPv4:
		x = be.Uint32(p[12:]) ^ be.Uint32(p[16:])
	case ether.TypeIPv6:
		for i := 8; i < 40; i += 4 {
			x ^= be.Uint32(p[i:])
		}
	default:
		return 0
	}
	if h.Transport != 0 && (h.Proto == ether.ProtoTCP || h.Proto == ether.ProtoUDP) && h.Transport+4 <= len(frame) {
		x = x*spread + uint32(be.Uint16(frame[h.Transport:])^be.Uint16(frame[h.Transport+2:]))
	}
	return uint8(x * spread >> 24)
}
