package ata

// Geometry is how a disk's sectors are numbered by cylinder, head and sector.
// ATA-6 §6.2 and Annex B: the default is 16 heads of 63 sectors.
type Geometry struct {
	Cylinders uint16
	Heads     uint8 // 1 to 16
	Sectors   uint8 // a track, 1 to 255; 0 after parameters that no disk has
}

const (
	maxCylinders   = 16383 // of the default geometry
	defaultHeads   = 16
	defaultSectors = 63
)

// DefaultGeometry is that of a disk after power-on.
func DefaultGeometry(sectors uint64) Geometry {
	return Geometry{
		Cylinders: uint16(min(max(sectors/(defaultHeads*defaultSectors), 1), maxCylinders)),
		Heads:     defaultHeads,
		Sectors:   defaultSectors,
	}
}

// NewGeometry is that which INITIALIZE DEVICE PARAMETERS asks for. ok is false
// if no disk has it. ATA-6 has it as obsolete; ATA-5 §8.16.
func NewGeometry(sectors uint64, heads, perTrack uint8) (g Geometry, ok bool) {
	if perTrack == 0 || heads == 0 || heads > 16 {
		return g, false
	}
	n := sectors / (uint64(heads) * uint64(perTrack))
	return Geometry{uint16(min(max(n, 1), 65535)), heads, perTrack}, true
}

// LBA is the address of a sector, which is counted from 1. ok is false if the
// geometry does not have it.
func (g Geometry) LBA(cylinder uint16, head, sector uint8) (lba uint64, ok bool) {
	if sector == 0 || sector > g.Sectors || head >= g.Heads {
		return 0, false
	}
	return (uint64(cylinder)*uint64(g.Heads)+uint64(head))*uint64(g.Sectors) + uint64(sector-1), true
}

// CHS is the cylinder, head and sector of an address.
func (g Geometry) CHS(lba uint64) (cylinder uint16, head, sector uint8) {
	perTrack, heads := uint64(max(g.Sectors, 1)), uint64(max(g.Heads, 1))
	track := lba / perTrack
	return uint16(track / heads), uint8(track % heads), uint8(lba%perTrack) + 1
}

// Capacity is how many sectors the geometry reaches.
func (g Geometry) Capacity() uint32 {
	return uint32(g.Cylinders) * uint32(g.Heads) * uint32(g.Sectors)
}
