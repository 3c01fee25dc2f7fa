package thread

import "github.com/ringo-vmm/ringo/amd64"

// printer collects a line for the console without allocating. The layer has
// only one, since one on the stack would escape to the heap through Print.
type printer struct {
	busy spinlock
	buf  [160]byte
	n    int
}

func (l *printer) byte(c byte) *printer {
	if l.n < len(l.buf)-1 { // the last place is for the line's end
		l.buf[l.n] = c
		l.n++
	}
	return l
}

func (l *printer) str(s string) *printer {
	for i := range len(s) {
		l.byte(s[i])
	}
	return l
}

// hex writes v in hexadecimal with at least width digits.
func (l *printer) hex(v uint64, width int) *printer {
	for i := 15; i >= 0; i-- {
		if v>>(4*i) != 0 || i < width || i == 0 {
			l.byte("0123456789abcdef"[v>>(4*i)&15])
		}
	}
	return l
}

func (l *printer) dec(v uint64) *printer {
	var digits [20]byte
	i := len(digits)
	for ; v >= 10; v /= 10 {
		i--
		digits[i] = byte('0' + v%10)
	}
	l.byte(byte('0' + v))
	for ; i < len(digits); i++ {
		l.byte(digits[i])
	}
	return l
}

var out printer

// line begins a line that end prints.
func line() *printer {
	// The holder may be what has just died: do not wait for it for long.
	for i := 0; i < 1_000_000 && !out.busy.try(); i++ {
		amd64.Pause()
	}
	out.n = 0
	return &out
}

// end prints the line.
func (l *printer) end() {
	l.buf[l.n] = '\n'
	layer.machine.Print(l.buf[:l.n+1])
	l.busy.release()
}
