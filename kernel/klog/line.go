package klog

// maxLine holds a record of MaxText bytes behind its time.
const maxLine = 512

// Line builds a line of text in place. The zero value is empty and ready. What
// does not fit is dropped.
type Line struct {
	buf [maxLine]byte
	n   int
}

// Reset empties the line.
func (l *Line) Reset() *Line {
	l.n = 0
	return l
}

// Bytes is the line so far. It is valid until the line changes.
func (l *Line) Bytes() []byte { return l.buf[:l.n] }

// Byte adds one byte.
func (l *Line) Byte(c byte) *Line {
	if l.n < len(l.buf) {
		l.buf[l.n] = c
		l.n++
	}
	return l
}

// Str adds a string.
func (l *Line) Str(s string) *Line {
	l.n += copy(l.buf[l.n:], s)
	return l
}

// Raw adds bytes as they are.
func (l *Line) Raw(p []byte) *Line {
	l.n += copy(l.buf[l.n:], p)
	return l
}

// Text adds bytes from outside, with a question mark for each control
// character, so that what they say cannot steer a terminal.
func (l *Line) Text(p []byte) *Line {
	for _, c := range p {
		if c < ' ' && c != '\t' || c == 0x7f {
			c = '?'
		}
		l.Byte(c)
	}
	return l
}

// Hex adds v in hexadecimal, with leading zeros up to digits.
func (l *Line) Hex(v uint64, digits int) *Line { return l.number(v, 16, digits, '0') }

// Dec adds v in decimal.
func (l *Line) Dec(v uint64) *Line { return l.number(v, 10, 1, '0') }

// Right adds v in decimal, with blanks before it up to width.
func (l *Line) Right(v uint64, width int) *Line { return l.number(v, 10, width, ' ') }

// Pad adds blanks until the line is col bytes long.
func (l *Line) Pad(col int) *Line {
	for l.n < min(col, len(l.buf)) {
		l.Byte(' ')
	}
	return l
}

// Seconds adds a time in nanoseconds as seconds with six decimals, cut, and
// with blanks before it up to 12 bytes.
func (l *Line) Seconds(ns uint64) *Line {
	return l.Right(ns/1e9, 5).Byte('.').number(ns%1e9/1e3, 10, 6, '0')
}

// Record adds a record as "[    0.012345] text".
func (l *Line) Record(r Record) *Line {
	return l.Byte('[').Seconds(r.NS).Str("] ").Text(r.Text)
}

// number adds v in a base up to 16, filled on the left up to width.
func (l *Line) number(v, base uint64, width int, fill byte) *Line {
	const digits = "0123456789abcdef"
	var reversed [20]byte // the digits of 1<<64 - 1 in decimal
	n := 0
	for {
		reversed[n] = digits[v%base]
		n++
		v /= base
		if v == 0 {
			break
		}
	}
	for i := min(width, len(l.buf)); i > n; i-- {
		l.Byte(fill)
	}
	for n > 0 {
		n--
		l.Byte(reversed[n])
	}
	return l
}
