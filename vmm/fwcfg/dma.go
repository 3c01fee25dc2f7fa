package fwcfg

// A DMA control block in the guest's memory: control, length and
// guest-physical address, big-endian. Control is what to do, with a selector in
// its upper half, and becomes 0 or dmaError when it is done. fw_cfg, DMA
// Interface.
const (
	blockSize    = 16
	blockLength  = 4
	blockAddress = 8

	dmaError  = 1 << 0
	dmaRead   = 1 << 1
	dmaSkip   = 1 << 2
	dmaSelect = 1 << 3
	dmaWrite  = 1 << 4
)

// mostZeros bounds what is cleared for a read beyond the end of an item, in
// bytes: what the guest can have done for nothing.
const mostZeros = 1 << 20

// transfer does what the control block at guest-physical address at says. A
// block that is not in memory is none.
func (d *Device) transfer(at uint64) {
	var b [blockSize]byte
	if !d.ram.Contains(at, blockSize) || d.ram.Read(at, b[:]) != nil {
		return
	}
	control, length := be.Uint32(b[:]), be.Uint32(b[blockLength:])
	if control&dmaSelect != 0 {
		d.choose(uint16(control >> 16))
	}
	var result uint32
	switch {
	case control&dmaRead != 0:
		if !d.copy(be.Uint64(b[blockAddress:]), length) {
			result = dmaError
		}
	case control&dmaWrite != 0: // there is nothing that can be written
		result = dmaError
	case control&dmaSkip != 0:
		d.offset += min(length, d.left())
	}
	be.PutUint32(b[:], result)
	d.ram.Write(at, b[:blockLength]) // it was there to be read
}

// left is the number of bytes between the offset and the end of the item.
func (d *Device) left() uint32 { return uint32(len(d.data)) - d.offset }

// copy copies the next length bytes to guest-physical address gpa. It tells
// false, having copied nothing, when they are not all memory or there are far
// fewer.
func (d *Device) copy(gpa uint64, length uint32) bool {
	n := min(length, d.left())
	if length == 0 {
		return true
	}
	if !d.ram.Contains(gpa, uint64(length)) || length-n > mostZeros {
		return false
	}
	d.ram.Write(gpa, d.data[d.offset:][:n])
	d.ram.Fill(gpa+uint64(n), uint64(length-n), 0)
	d.offset += n
	return true
}
