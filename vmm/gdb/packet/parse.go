package packet

const digits = "0123456789abcdef"

// digit is the value of a hexadecimal digit.
func digit(b byte) (v uint8, ok bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}

// Cut takes a word from the front of p, up to sep and without it.
func Cut(p []byte, sep byte) (word, rest []byte, found bool) {
	for i, b := range p {
		if b == sep {
			return p[:i], p[i+1:], true
		}
	}
	return p, nil, false
}

// Number reads all of p as a hexadecimal number of at most 64 bits.
func Number(p []byte) (v uint64, ok bool) {
	for _, b := range p {
		d, isDigit := digit(b)
		if !isDigit || v>>60 != 0 {
			return 0, false
		}
		v = v<<4 | uint64(d)
	}
	return v, len(p) > 0
}

// Pair reads two numbers with sep between them.
func Pair(p []byte, sep byte) (a, b uint64, ok bool) {
	first, second, _ := Cut(p, sep)
	a, okA := Number(first)
	b, okB := Number(second)
	return a, b, okA && okB
}

// DecodeHex makes bytes of pairs of digits, in place or elsewhere. It returns
// how many; ok is false when src is something else or dst too small.
func DecodeHex(dst, src []byte) (n int, ok bool) {
	if len(src)%2 != 0 || len(src)/2 > len(dst) {
		return 0, false
	}
	for ; n < len(src)/2; n++ {
		high, okHigh := digit(src[2*n])
		low, okLow := digit(src[2*n+1])
		if !okHigh || !okLow {
			return n, false
		}
		dst[n] = high<<4 | low
	}
	return n, true
}

// Unescape undoes Writer.Binary in place. ok is false when the last byte is an
// escape of nothing.
func Unescape(p []byte) (data []byte, ok bool) {
	n := 0
	for i := 0; i < len(p); i++ {
		b := p[i]
		if b == escape {
			if i++; i == len(p) {
				return p[:n], false
			}
			b = p[i] ^ flip
		}
		p[n] = b
		n++
	}
	return p[:n], true
}
