package clock

// text writes into a buffer of a fixed size and drops what does not fit: it
// allocates nothing.
type text struct {
	buf []byte
	n   int
}

func (t *text) str(s string) { t.n += copy(t.buf[t.n:], s) }

func (t *text) name(n *Name) { t.n += copy(t.buf[t.n:], n.text[:n.n]) }

// num writes v in decimal, with zeroes in front up to width digits.
func (t *text) num(v uint64, width int) {
	var digits [20]byte
	i := len(digits)
	for v > 0 || len(digits)-i < max(width, 1) {
		i--
		digits[i] = byte('0' + v%10)
		v /= 10
	}
	t.n += copy(t.buf[t.n:], digits[i:])
}

// mhz writes a rate in MHz with all its digits.
func (t *text) mhz(hz uint64) {
	t.num(hz/1_000_000, 1)
	t.str(".")
	t.num(hz%1_000_000, 6)
	t.str(" MHz")
}

func (t *text) ppm(v uint64) {
	if v >= never {
		t.str("very many ppm")
		return
	}
	t.num(v, 1)
	t.str(" ppm")
}

func (t *text) done() []byte { return t.buf[:t.n] }
