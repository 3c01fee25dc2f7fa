// Package ether is what network adapters and the switch say to each other:
// Ethernet frames, and the work on them that one side leaves to the other.
package ether

// Frame is an Ethernet frame from its destination address on, without preamble
// and frame check sequence. Who is given a frame may read it until the call
// returns, and copies what it keeps.
type Frame struct {
	// Data is the frame, or as much of it as has headers, HeadSize bytes, if
	// there is a Tail.
	Data []byte
	// Tail is what follows: payload in the memory of a guest, which may
	// change it at any time. Only frames to be segmented have one, and only
	// adapters are handed it that say so.
	Tail [][]byte
	Offload
}

// Len is how many bytes the frame has.
func (f *Frame) Len() int {
	n := len(f.Data)
	for _, b := range f.Tail {
		n += len(b)
	}
	return n
}

// Flatten is the frame in one piece, which is copied to buf if it has several.
// MaxFrame bytes are enough for that.
func (f *Frame) Flatten(buf []byte) Frame {
	if len(f.Tail) == 0 {
		return *f
	}
	return Frame{Data: buf[:f.copyTo(buf)], Offload: f.Offload}
}

// copyTo copies the frame to b, or as much as there is room for.
func (f *Frame) copyTo(b []byte) (n int) {
	n = copy(b, f.Data)
	for _, p := range f.Tail {
		n += copy(b[n:], p)
	}
	return n
}

// trim makes the frame n bytes long, if it is longer.
func (f *Frame) trim(n int) {
	if n <= len(f.Data) {
		f.Data, f.Tail = f.Data[:n], nil
		return
	}
	n -= len(f.Data)
	for i, p := range f.Tail {
		if n <= len(p) {
			f.Tail[i], f.Tail = p[:n], f.Tail[:i+1]
			return
		}
		n -= len(p)
	}
}

// Offload is what has still to be done to a frame before it goes out on a wire.
// The zero value is nothing. A port that is given more than its peer takes does
// the work itself: see Finisher.
type Offload struct {
	// Checksum says that the TCP or UDP checksum is only that of the
	// pseudo-header. It covers the bytes from Start to the frame's end and
	// belongs at Start+Offset.
	Checksum      bool
	Start, Offset uint16
	// Segment is how the payload is to be cut, into pieces of up to Size
	// bytes behind a copy of the first Header bytes.
	Segment      Segment
	Header, Size uint16
}

// Segment is the protocol that a large frame is to be cut up by.
type Segment uint8

// The protocols.
const (
	SegmentNone Segment = iota
	SegmentTCP4
	SegmentTCP6
)

// Features are what an adapter can take of a frame unfinished. One that takes
// frames to be segmented takes checksums too.
type Features struct {
	Checksum bool
	TCP4     bool
	TCP6     bool
	Tail     bool // frames with a Tail
}

// NIC is an adapter as the switch sees it.
type NIC interface {
	// Receive hands the adapter a frame. It never waits: ok is false if the
	// adapter has no room for it, and the frame is lost.
	Receive(f Frame) (ok bool)
	// Features are what it may be handed.
	Features() Features
}

// Port is where an adapter is plugged in. Its methods may be called by any
// goroutine.
type Port interface {
	// Send sends a frame from the adapter. It never waits; what does not
	// get through is lost and counted.
	Send(f Frame)
}
