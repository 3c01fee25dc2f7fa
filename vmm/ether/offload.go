package ether

import "encoding/binary"

// minSegment is the least size of a segment. It bounds how many frames one can
// become.
const minSegment = 64

// Check tells whether a frame and what is to be done to it make sense, so that
// nobody after it need ask, and sets Header to what the headers say.
func (f *Frame) Check() bool {
	n := f.Len()
	switch {
	case n < HeaderSize || n > MaxFrame:
		return false
	case len(f.Tail) != 0 && (len(f.Data) < HeadSize || f.Segment == SegmentNone):
		return false
	case !f.Checksum:
		return f.Segment == SegmentNone && n <= MaxWire
	case f.Start < HeaderSize || int(f.Start)+int(f.Offset)+2 > n || f.Offset&1 != 0:
		return false
	case f.Segment == SegmentNone:
		return n <= MaxWire
	}
	h, ok := f.Parse()
	var want uint16 = TypeIPv4
	if f.Segment == SegmentTCP6 {
		want = TypeIPv6
	}
	if !ok || f.Segment > SegmentTCP6 || h.Type != want || h.Proto != ProtoTCP || h.Fragment ||
		h.Transport != int(f.Start) || f.Offset != tcpChecksum || f.Size < minSegment || f.Size > MTU ||
		h.End < h.Transport+tcpMin {
		return false
	}
	header := h.Transport + int(f.Data[h.Transport+12]>>4)*4
	if header < h.Transport+tcpMin || header > h.End {
		return false
	}
	f.trim(h.End)
	f.Header = uint16(header)
	return header-h.Network+int(f.Size) <= MTU
}

// takes tells whether a peer with these features takes the frame as it is.
func (to Features) takes(f *Frame) bool {
	switch f.Segment {
	case SegmentTCP4:
		return to.TCP4
	case SegmentTCP6:
		return to.TCP6
	}
	return !f.Checksum || to.Checksum
}

// TakesTail tells whether a peer with these features takes the frame as it is,
// with its tail.
func (to Features) TakesTail(f *Frame) bool { return to.Tail && to.takes(f) }

// Finisher does to frames what a peer cannot do: it cuts them and computes
// checksums, in memory of its own. It is used by one goroutine at a time.
type Finisher struct {
	frame  Frame // that is at work
	left   int   // bytes of payload, when it is cut
	cut    bool
	over   bool
	to     Features
	number uint32 // of the segment, from 0
	buf    [MaxWire]byte
}

// Finish begins with a frame that Check has found good, and that has a Tail only
// if the peer takes it so. Next has what becomes
// of it.
func (w *Finisher) Finish(f Frame, to Features) {
	w.frame, w.to, w.number, w.over = f, to, 0, false
	w.cut = f.Segment != SegmentNone && !to.takes(&f)
	w.left = len(f.Data) - int(f.Header)
}

// Next is the next frame for the peer, until the next call; ok is false if
// there is no more.
func (w *Finisher) Next() (f Frame, ok bool) {
	switch {
	case w.over:
		return f, false
	case w.cut:
		return w.segment(), true
	}
	w.over = true
	if w.to.takes(&w.frame) {
		return w.frame, true
	}
	n := copy(w.buf[:], w.frame.Data)
	return w.checksum(n, w.frame.Start, w.frame.Offset), true
}

// checksum finishes the checksum of the n bytes in buf, which has the
// pseudo-header's already.
func (w *Finisher) checksum(n int, start, offset uint16) Frame {
	b := w.buf[:n]
	binary.BigEndian.PutUint16(b[start+offset:], Checksum(Sum(b[start:], 0)))
	return Frame{Data: b}
}

// Flags of TCP that only the first or the last segment has. RFC 9293 §3.1.
const (
	tcpFIN = 1 << 0
	tcpPSH = 1 << 3
	tcpCWR = 1 << 7
)

// segment makes the next segment.
func (w *Finisher) segment() Frame {
	f := &w.frame
	header, size := int(f.Header), int(f.Size)
	done := len(f.Data) - header - w.left
	n := min(size, w.left)
	w.left -= n
	w.over = w.left == 0
	b := w.buf[:header+n]
	copy(b, f.Data[:header])
	copy(b[header:], f.Data[header+done:])

	tcp := b[f.Start:]
	binary.BigEndian.PutUint32(tcp[4:], binary.BigEndian.Uint32(tcp[4:])+uint32(done))
	if !w.over {
		tcp[13] &^= tcpFIN | tcpPSH
	}
	if w.number > 0 {
		tcp[13] &^= tcpCWR
	}
	ip := b[HeaderSize:f.Start]
	if binary.BigEndian.Uint16(b[12:]) == TypeVLAN {
		ip = ip[TagSize:]
	}
	if f.Segment == SegmentTCP6 {
		binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-ipv6Size+len(tcp)))
	} else {
		binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)+len(tcp)))
		binary.BigEndian.PutUint16(ip[4:], binary.BigEndian.Uint16(ip[4:])+uint16(w.number))
		clear(ip[10:12])
		binary.BigEndian.PutUint16(ip[10:], ^Sum(ip, 0))
	}
	w.number++
	binary.BigEndian.PutUint16(tcp[tcpChecksum:], pseudo(ip, ProtoTCP, len(tcp)))
	if w.to.Checksum {
		return Frame{Data: b, Offload: Offload{Checksum: true, Start: f.Start, Offset: f.Offset}}
	}
	return w.checksum(len(b), f.Start, f.Offset)
}
