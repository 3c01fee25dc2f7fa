package vswitch

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// scratch is the memory that one frame on its way through the switch needs.
type scratch struct {
	finisher ether.Finisher
	flat     [ether.MaxFrame]byte
	untagged [ether.MaxFrame]byte
	tagged   [ether.MaxFrame + ether.TagSize]byte
}

const addresses = 12 // bytes of both, before the tag

// untag is the frame without its tag.
func (w *scratch) untag(f ether.Frame) ether.Frame {
	n := copy(w.untagged[:], f.Data[:addresses])
	n += copy(w.untagged[n:], f.Data[addresses+ether.TagSize:])
	return shift(f, w.untagged[:n], -ether.TagSize)
}

// tag is the frame with a tag.
func (w *scratch) tag(f ether.Frame, vlan uint16) ether.Frame {
	b := w.tagged[:]
	copy(b, f.Data[:addresses])
	binary.BigEndian.PutUint16(b[addresses:], ether.TypeVLAN)
	binary.BigEndian.PutUint16(b[addresses+2:], vlan)
	n := copy(b[addresses+ether.TagSize:], f.Data[addresses:])
	return shift(f, b[:addresses+ether.TagSize+n], ether.TagSize)
}

// shift gives a frame other bytes, whose headers lie by bytes further.
func shift(f ether.Frame, b []byte, by int) ether.Frame {
	f.Data = b
	if f.Checksum {
		f.Start = uint16(int(f.Start) + by)
	}
	if f.Segment != ether.SegmentNone {
		f.Header = uint16(int(f.Header) + by)
	}
	return f
}
