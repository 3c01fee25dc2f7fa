package floppy

import "github.com/ringo-vmm/ringo/vmm/block"

// transfer is a command that reads or writes a disk.
type transfer struct {
	op       block.Op
	cylinder uint8 // of the first sector
	head     uint8
	sector   uint8 // from 1
	sectors  uint8 // in the buffer
	last     bool  // writing: the DMA controller has given its last byte
}

// access begins a command that needs a disk: READ DATA, WRITE DATA, READ ID or
// FORMAT TRACK.
func (c *Controller) access() {
	b := &c.bytes
	op := b[0] & opcodeBits
	d := c.selected()
	c.transfer = transfer{head: b[1] >> 2 & 1}
	if d != nil {
		c.cylinder = d.cylinder
	}
	writes := op == cmdWrite || op == cmdFormat
	switch {
	case d == nil || d.disk == nil || c.rate != rate500:
		c.end(st0Abnormal, st1Missing)
	case writes && d.disk.ReadOnly():
		c.end(st0Abnormal, st1Protected)
	case op == cmdReadID:
		c.sector = 1
		c.end(0, 0)
	case c.specify[1]&specifyND != 0 || c.dor&dorGate == 0:
		c.end(st0Abnormal, st1Overrun)
	case op == cmdFormat:
		c.format()
	default:
		c.data(writes)
	}
}

// Bytes of READ DATA and WRITE DATA. 82077AA §5.1.1.
const (
	byteCylinder = 2
	byteHead     = 3
	byteSector   = 4
	byteSize     = 5
	byteLast     = 6 // sector of the track

	size512 = 2
)

// data begins a READ DATA or WRITE DATA: from a sector to the end of the track,
// or with MT to the end of the cylinder.
func (c *Controller) data(writes bool) {
	b := &c.bytes
	c.cylinder, c.head, c.sector = b[byteCylinder], b[byteHead], b[byteSector]
	end := min(b[byteLast], perTrack)
	if c.config[0]&configSeek != 0 {
		c.selected().cylinder = min(c.cylinder, cylinders-1)
	}
	if c.cylinder != c.selected().cylinder || c.head != b[1]>>2&1 || b[byteSize] != size512 || c.sector == 0 || c.sector > end {
		c.end(st0Abnormal, st1NoData)
		return
	}
	c.sectors = end - c.sector + 1
	if b[0]&bitMT != 0 && c.head == 0 && end == perTrack {
		c.sectors += perTrack
	}
	if !writes {
		c.submit(block.Read)
		return
	}
	n, last := c.dma.Read(c.buf[:int(c.sectors)*sectorSize])
	if n == 0 {
		c.end(st0Abnormal, st1Overrun)
		return
	}
	c.last = last
	c.sectors = uint8((n + sectorSize - 1) / sectorSize)
	clear(c.buf[n : int(c.sectors)*sectorSize]) // 82077AA §5.1.3
	c.submit(block.Write)
}

// Bytes of FORMAT TRACK, and of the address of each sector, which the guest
// gives by DMA. 82077AA §5.1.7.
const (
	formatSize    = 2
	formatSectors = 3
	formatFill    = 5
	addressSize   = 4
)

// format fills a track. It can have no other sectors than it has.
func (c *Controller) format() {
	b := &c.bytes
	n := b[formatSectors]
	if b[formatSize] != size512 || n == 0 || n > perTrack {
		c.end(st0Abnormal, st1NoData)
		return
	}
	for range n {
		var a [addressSize]byte
		if got, _ := c.dma.Read(a[:]); got < len(a) {
			c.end(st0Abnormal, st1Overrun)
			return
		}
		if a[0] != c.cylinder || a[1] != c.head || a[2] == 0 || a[2] > perTrack || a[3] != size512 {
			c.end(st0Abnormal, st1NoData)
			return
		}
	}
	c.sector, c.sectors, c.last = 1, n, true
	fill := c.buf[:int(n)*sectorSize]
	for i := range fill {
		fill[i] = b[formatFill]
	}
	c.submit(block.Write)
}

// submit has the disk read or write the buffer.
func (c *Controller) submit(op block.Op) {
	c.phase, c.op = execution, op
	track := int(c.cylinder)*heads + int(c.head)
	c.request.Op = op
	c.request.Off = uint64(track*perTrack+int(c.sector)-1) * sectorSize
	c.pieces[0] = c.buf[:int(c.sectors)*sectorSize]
	c.request.Buf = c.pieces[:]
	c.flying = true
	c.selected().disk.Submit(&c.request)
}

// done is called when the disk has served the request.
func (c *Controller) done(err error) {
	c.flying = false
	if c.stale {
		c.stale = false
		return
	}
	switch {
	case err != nil:
		c.end(st0Abnormal, st1CRC)
		return
	case c.op == block.Read:
		n, last := c.dma.Write(c.buf[:int(c.sectors)*sectorSize])
		c.last = last
		if !last && n < int(c.sectors)*sectorSize {
			c.end(st0Abnormal, st1Overrun)
			return
		}
		if last {
			c.sectors = uint8((n + sectorSize - 1) / sectorSize)
		}
	}
	c.advance()
	if !c.last {
		c.end(st0Abnormal, st1End)
		return
	}
	c.end(0, 0)
}

// advance makes the address that of the sector after those that were moved.
// 82077AA §5.1, Table 5-6.
func (c *Controller) advance() {
	n := int(c.sector) - 1 + int(c.sectors)
	end := int(min(c.bytes[byteLast], perTrack))
	multi := c.bytes[0]&bitMT != 0
	if c.bytes[0]&opcodeBits == cmdFormat {
		return
	}
	if n >= end && multi && c.head == 0 {
		n, c.head = n-end, 1
	}
	if n >= end {
		n, c.cylinder = 0, c.cylinder+1
		if multi {
			c.head = 0
		}
	}
	c.sector = uint8(n) + 1
}

// end begins the result phase of a command that needs a disk, and interrupts.
func (c *Controller) end(st0, st1 uint8) {
	st0 |= c.head<<2 | c.bytes[1]&dorDrive
	c.result(st0, st1, 0, c.cylinder, c.head, c.sector, size512)
	c.transfer = transfer{}
	c.raise(true)
}
