package nic

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/virtio"
)

// The header before each frame: flags, segmentation, header length, segment
// size, checksum start and offset, and the number of buffers, which legacy
// drivers without mergeable buffers do not have. VIRTIO 1.2 §5.1.6, §5.1.6.1.
const (
	headerFlags   = 0
	headerSegment = 1
	headerLength  = 2
	headerSize    = 4
	headerStart   = 6
	headerOffset  = 8
	headerBuffers = 10
	headerBytes   = 12
	headerLegacy  = 10

	flagChecksum = 1 << 0

	segmentTCP4 = 1
	segmentTCP6 = 4
	segmentECN  = 0x80
)

// header is how long the header is.
func (d *Device) header() int {
	if d.core.Has(FeatureMergeable) || d.core.Has(virtio.FeatureVersion1) {
		return headerBytes
	}
	return headerLegacy
}

// decode reads a header of the driver's. ok is false if it asks for what was not
// negotiated. Whether the rest makes sense is the port's to check.
func (d *Device) decode(h *[headerBytes]byte) (o ether.Offload, ok bool) {
	le := binary.LittleEndian
	if h[headerFlags]&flagChecksum != 0 {
		if !d.core.Has(FeatureChecksum) {
			return o, false
		}
		o.Checksum, o.Start, o.Offset = true, le.Uint16(h[headerStart:]), le.Uint16(h[headerOffset:])
	}
	switch h[headerSegment] &^ segmentECN {
	case 0:
		return o, true
	case segmentTCP4:
		o.Segment, ok = ether.SegmentTCP4, d.core.Has(FeatureHostTSO4)
	case segmentTCP6:
		o.Segment, ok = ether.SegmentTCP6, d.core.Has(FeatureHostTSO6)
	}
	o.Header, o.Size = le.Uint16(h[headerLength:]), le.Uint16(h[headerSize:])
	return o, ok
}

// encode writes a header for the driver.
func encode(h *[headerBytes]byte, o *ether.Offload, buffers int) {
	le := binary.LittleEndian
	*h = [headerBytes]byte{}
	if o.Checksum {
		h[headerFlags] = flagChecksum
		le.PutUint16(h[headerStart:], o.Start)
		le.PutUint16(h[headerOffset:], o.Offset)
	}
	if o.Segment != ether.SegmentNone {
		h[headerSegment] = segmentTCP4
		if o.Segment == ether.SegmentTCP6 {
			h[headerSegment] = segmentTCP6
		}
		le.PutUint16(h[headerLength:], o.Header)
		le.PutUint16(h[headerSize:], o.Size)
	}
	le.PutUint16(h[headerBuffers:], uint16(buffers))
}

// taken tells whether the driver takes a frame as it is. It may have changed its
// mind since the switch asked.
func (d *Device) taken(o *ether.Offload) bool {
	f := (*adapter)(d).Features()
	return (!o.Checksum || f.Checksum) && (o.Segment != ether.SegmentTCP4 || f.TCP4) && (o.Segment != ether.SegmentTCP6 || f.TCP6)
}
