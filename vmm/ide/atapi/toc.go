package atapi

import "encoding/binary"

// READ TOC. SFF-8020i §10.8.20.
const (
	tocMSF        = 2    // addresses as minutes, seconds and frames
	tocTracks     = 0    // a format: the tracks
	tocSessions   = 1    // a format: the first track of the last session
	trackData     = 0x14 // Q sub-channel: position; a data track
	trackLeadOut  = 0xaa
	leadInFrames  = 150 // what block 0 is from the beginning
	framesASecond = 75
)

// toc is the table of contents: one track with everything.
func (c *CD) toc(cdb *[PacketSize]byte, buf []byte) Reply {
	msf, format, first := cdb[1]&tocMSF != 0, cdb[2]&0xf, cdb[6]
	if format == 0 {
		format = cdb[9] >> 6 // where SFF-8020i has it
	}
	allowed := binary.BigEndian.Uint16(cdb[7:])
	clear(buf[:MinBuffer])
	buf[2], buf[3] = 1, 1 // first and last
	n := 4
	add := func(track uint8, lba uint32) {
		p := buf[n:]
		p[1], p[2] = trackData, track
		address(p[4:], lba, msf)
		n += 8
	}
	switch {
	case format == tocSessions:
		add(1, 0)
	case format == tocTracks && (first <= 1 || first == trackLeadOut):
		if first <= 1 {
			add(1, 0)
		}
		add(trackLeadOut, c.blocks())
	default:
		return c.fail(senseField)
	}
	binary.BigEndian.PutUint16(buf, uint16(n-2))
	return data(n, allowed)
}

// address puts a block's address into four bytes.
func address(p []byte, lba uint32, msf bool) {
	if !msf {
		binary.BigEndian.PutUint32(p, lba)
		return
	}
	frames := uint64(lba) + leadInFrames
	seconds := frames / framesASecond
	p[0], p[1], p[2], p[3] = 0, uint8(min(seconds/60, 255)), uint8(seconds%60), uint8(frames%framesASecond)
}
