package blk

import (
	"encoding/binary"
	"errors"

	"github.com/ringo-vmm/ringo/vmm/block"
)

var errShort = errors.New("a request without room for its header or status")

// pending is decode's word for what the disk is to do.
const pending = 0xff

// decode makes a request for the disk of one of the driver's, or tells the
// status of one that the disk has no part in.
func (d *Device) decode(r *request, kind uint32, sector uint64) (status byte) {
	c := &r.chain
	const maxSector = 1 << 50
	if sector > maxSector {
		sector = maxSector // no disk has it
	}
	r.Off, r.Len, r.Buf = sector*block.SectorSize, 0, nil
	switch kind {
	case typeIn:
		if c.InLen() == 0 || c.InLen()%block.SectorSize != 0 {
			return statusError
		}
		r.Op, r.Buf, r.read = block.Read, c.In(), uint32(c.InLen())
	case typeOut:
		if c.OutLen() == 0 || c.OutLen()%block.SectorSize != 0 {
			return statusError
		}
		r.Op, r.Buf, r.flush = block.Write, c.Out(), d.config[configWriteback] == 0
	case typeFlush:
		r.Op, r.Off = block.Flush, 0
	case typeGetID:
		r.read = uint32(c.Write(d.serial[:]))
		return statusOK
	case typeDiscard, typeWriteZeroes:
		return d.discard(r, kind)
	default:
		return statusUnsupported
	}
	return pending
}

// discard decodes a discard or a write of zeroes, which are the same to a disk:
// what is discarded reads as zeros. VIRTIO 1.2 §5.2.6.2.
func (d *Device) discard(r *request, kind uint32) (status byte) {
	feature, flags := uint64(FeatureDiscard), uint32(0)
	if kind == typeWriteZeroes {
		feature, flags = FeatureWriteZeroes, flagUnmap
	}
	var segment [segmentSize]byte
	switch {
	case !d.core.Offers(feature):
		return statusUnsupported
	case r.chain.OutLen() != segmentSize || r.chain.Read(segment[:]) != segmentSize:
		return statusError // one segment is what the configuration says
	}
	sector, n := binary.LittleEndian.Uint64(segment[:]), binary.LittleEndian.Uint32(segment[8:])
	switch {
	case binary.LittleEndian.Uint32(segment[12:])&^flags != 0:
		return statusUnsupported
	case n > discardMax || sector > d.disk.Size()/block.SectorSize:
		return statusError
	}
	r.Op, r.Off, r.Len = block.Discard, sector*block.SectorSize, uint64(n)*block.SectorSize
	r.flush = d.config[configWriteback] == 0
	return pending
}
