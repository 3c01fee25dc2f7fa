package inspect

import (
	"fmt"
	"io"
	"strings"
)

const perLine = 16 // bytes in a line of a dump

// MaxDump is the most bytes that Memory shows.
const MaxDump = 1 << 20

// Memory dumps n bytes from addr on in hexadecimal and ASCII. Memory that is
// not there is a line for each run of it.
func Memory(w io.Writer, r Reader, addr, n uint64) {
	n = min(n, MaxDump)
	for n > 0 {
		var p [perLine]byte
		want := min(n, perLine-addr%perLine)
		got := uint64(r.read(addr, p[:want]))
		if got == 0 {
			missing := min(n, r.missing(addr, n))
			fmt.Fprintf(w, "%016x: %#x bytes are not there\n", addr, missing)
			addr, n = addr+missing, n-missing
			continue
		}
		fmt.Fprintf(w, "%016x: %-48s |%s|\n", addr, hex(p[:got]), ascii(p[:got]))
		addr, n = addr+got, n-got
	}
}

// missing is how many bytes from addr on are not there: the rest of the page,
// and the pages behind it up to n bytes.
func (r Reader) missing(addr, n uint64) uint64 {
	k := pageSize - addr&pageMask
	for k < n && len(r(addr+k)) == 0 {
		k += pageSize
	}
	return k
}

// hex is p in hexadecimal, with a wider gap in the middle.
func hex(p []byte) string {
	if len(p) <= perLine/2 {
		return fmt.Sprintf("% x", p)
	}
	return fmt.Sprintf("% x  % x", p[:perLine/2], p[perLine/2:])
}

// ascii is p as text, with dots for what does not print.
func ascii(p []byte) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '.'
		}
		return c
	}, string(latin1(p)))
}

func latin1(p []byte) []rune {
	text := make([]rune, len(p))
	for i, b := range p {
		text[i] = rune(b)
	}
	return text
}
