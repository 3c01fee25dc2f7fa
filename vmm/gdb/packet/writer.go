package packet

// Writer makes a packet. What does not fit its buffer is left out, and Full
// says so.
type Writer struct {
	buffer []byte
	n      int
	full   bool
}

// Init gives w its memory, more than Overhead bytes.
func (w *Writer) Init(buffer []byte) { *w = Writer{buffer: buffer} }

// Begin starts a packet.
func (w *Writer) Begin() *Writer {
	w.buffer[0] = begin
	w.n, w.full = 1, false
	return w
}

// Full tells that something was left out.
func (w *Writer) Full() bool { return w.full }

// Len is how many bytes of data the packet has.
func (w *Writer) Len() int { return w.n - 1 }

// Room is how many bytes still fit.
func (w *Writer) Room() int { return len(w.buffer) - w.n - (Overhead - 1) }

func (w *Writer) put(b byte) *Writer {
	if w.Room() <= 0 {
		w.full = true
		return w
	}
	w.buffer[w.n] = b
	w.n++
	return w
}

// Str adds text that has none of the bytes that mean something.
func (w *Writer) Str(s string) *Writer {
	for i := range len(s) {
		w.put(s[i])
	}
	return w
}

// Hex adds bytes as two digits each.
func (w *Writer) Hex(p []byte) *Writer {
	for _, b := range p {
		w.put(digits[b>>4]).put(digits[b&0xf])
	}
	return w
}

// HexStr is Hex of a text.
func (w *Writer) HexStr(s string) *Writer {
	for i := range len(s) {
		w.put(digits[s[i]>>4]).put(digits[s[i]&0xf])
	}
	return w
}

// Unknown adds n bytes whose value is not known.
func (w *Writer) Unknown(n int) *Writer {
	for range 2 * n {
		w.put('x')
	}
	return w
}

// Little adds the low n bytes of v, at most 8, in the target's byte order.
func (w *Writer) Little(v uint64, n int) *Writer {
	for range n {
		w.put(digits[v>>4&0xf]).put(digits[v&0xf])
		v >>= 8
	}
	return w
}

// Number adds v in hexadecimal without leading zeros.
func (w *Writer) Number(v uint64) *Writer {
	shift := 60
	for shift > 0 && v>>shift == 0 {
		shift -= 4
	}
	for ; shift >= 0; shift -= 4 {
		w.put(digits[v>>shift&0xf])
	}
	return w
}

// Byte adds a byte as two digits.
func (w *Writer) Byte(b byte) *Writer { return w.put(digits[b>>4]).put(digits[b&0xf]) }

// Numbers of errors. gdb shows them and gives them no meaning.
const (
	ErrSyntax = 1 + iota
	ErrMemory
	ErrRegister
	ErrThread
	ErrBreakpoint
)

// Fail makes the reply an error.
func (w *Writer) Fail(number uint8) { w.Begin().Str("E").Byte(number) }

// Binary adds bytes as they are, escaped where they must be. It returns how
// many it took.
func (w *Writer) Binary(p []byte) (n int) {
	for n < len(p) {
		switch b := p[n]; b {
		case begin, end, escape, repeat:
			if w.Room() < 2 {
				return n
			}
			w.put(escape).put(b ^ flip)
		default:
			if w.Room() < 1 {
				return n
			}
			w.put(b)
		}
		n++
	}
	return n
}

// End adds the checksum and returns the frame, valid until the next Begin.
func (w *Writer) End() []byte {
	sum := uint8(0)
	for _, b := range w.buffer[1:w.n] {
		sum += b
	}
	w.buffer[w.n], w.buffer[w.n+1], w.buffer[w.n+2] = end, digits[sum>>4], digits[sum&0xf]
	return w.buffer[:w.n+3]
}
