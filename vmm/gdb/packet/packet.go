// Package packet is the wire format of GDB's remote serial protocol: frames,
// checksums, hexadecimal and binary data (GDB manual, appendix E, "Overview").
//
// Both of Ringo's stubs use it: vmm/gdb for guests, kernel/hostgdb for Ringo
// itself. The latter runs where nothing may be allocated, so all of this works
// in memory that the caller owns, a byte at a time.
package packet

// Bytes with a meaning of their own on the wire.
const (
	Ack       = '+'  // the last packet has arrived
	Nak       = '-'  // it has not: send it again
	Interrupt = 0x03 // Ctrl-C: stop the target

	begin  = '$' // of a packet
	end    = '#' // of its data; two digits of the checksum follow
	escape = '}' // the next byte is XORed with flip
	repeat = '*' // in what a stub sends: the last byte again, so many times
	flip   = 0x20
)

// Overhead is what a frame adds to a packet's data, in bytes.
const Overhead = 4

// Event is what a byte that has come completes.
type Event uint8

// The events.
const (
	None    Event = iota // nothing yet
	Packet               // a packet with a right checksum: Reader.Data
	Damaged              // a packet that is to be refused: checksum or length is wrong
	Acked                // the peer has got the last packet
	Refused              // the peer has not
	Break                // Ctrl-C outside a packet
)

// Reader takes a stream apart. It keeps at most as much as its buffer holds.
type Reader struct {
	buffer []byte
	n      int
	state  state
	sum    uint8 // of the data so far
	said   uint8 // the checksum as it comes
	bad    bool
}

type state uint8

const (
	outside state = iota
	inside
	firstDigit
	secondDigit
)

// Init makes r empty, with memory for the largest packet that it takes.
func (r *Reader) Init(buffer []byte) { *r = Reader{buffer: buffer} }

// Reset makes r empty. It stores no pointer, so that code without a Go runtime
// can call it.
func (r *Reader) Reset() { r.n, r.state, r.sum, r.said, r.bad = 0, outside, 0, 0, false }

// Data is the packet that Feed has told of, valid until the next Feed. The
// caller may write to it.
func (r *Reader) Data() []byte { return r.buffer[:r.n] }

// Feed takes a byte of the stream.
func (r *Reader) Feed(b byte) Event {
	if b == begin {
		// A peer that has lost its way begins anew: no data has a bare '$'.
		r.Reset()
		r.state = inside
		return None
	}
	switch r.state {
	case outside:
		switch b {
		case Ack:
			return Acked
		case Nak:
			return Refused
		case Interrupt:
			return Break
		}
	case inside:
		if b == end {
			r.state = firstDigit
			return None
		}
		r.sum += b
		if r.n == len(r.buffer) {
			r.bad = true
			return None
		}
		r.buffer[r.n] = b
		r.n++
	case firstDigit:
		v, ok := digit(b)
		r.said, r.bad, r.state = v<<4, r.bad || !ok, secondDigit
	case secondDigit:
		v, ok := digit(b)
		r.state = outside
		if r.bad || !ok || r.said|v != r.sum {
			r.n = 0
			return Damaged
		}
		return Packet
	}
	return None
}
