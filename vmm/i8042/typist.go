package i8042

import (
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// typist types, on a US keyboard, what comes from a terminal: characters, and
// the control sequences that a terminal sends for other keys.
type typist struct {
	buf   [mostTyped]uint8
	n     int
	ready uint64 // clock time in ns from which on the next character may be typed
	until uint64 // clock time in ns until which the rest of a sequence may come, 0 if none is begun
	timer device.Timer
	// refused says that Type has not taken all, so that Ready is to be
	// called.
	refused bool
}

const (
	// mostTyped bounds what waits to be typed, in bytes.
	mostTyped = 512
	// pace is the least time between two characters, in ns: a BIOS has a
	// buffer for 15 keys that programs empty at their leisure.
	pace = 10_000_000
	// sequenceTime is for how long an escape character may be the begin of a
	// sequence and not the key, in ns.
	sequenceTime = 50_000_000
)

// Type types bytes from a terminal: ASCII, and sequences for keys without
// characters (cursor and function keys, with modifiers as xterm has them; an
// escape before a character is the Alt key), and for keys as somebody presses
// and releases them (AppendKey). What is on no US keyboard is left out. It returns
// how many bytes it took: when that is not all of them, it calls Wires.Ready once
// it would take more.
func (c *Controller) Type(p []byte) int {
	t := &c.typist
	for taken := 0; ; {
		n := copy(t.buf[t.n:], p[taken:])
		t.n += n
		taken += n
		c.pump()
		if n == 0 || taken == len(p) {
			t.refused = taken < len(p)
			return taken
		}
	}
}

// pump types what is due. It is also the timer's.
func (c *Controller) pump() {
	t := &c.typist
	for t.n > 0 && c.keyboard.codes.n == 0 {
		var now uint64
		if t.timer != nil {
			if now = c.wires.Clock.Now(); now < t.ready {
				t.timer.Set(t.ready)
				return
			}
		}
		s, n := parse(t.buf[:t.n])
		if n == 0 { // there may be more to come
			if t.timer != nil && t.until == 0 {
				t.until = now + sequenceTime
			}
			if now < t.until {
				t.timer.Set(t.until)
				return
			}
			s, n = stroke{key: KeyEscape}, 1
		}
		t.n = copy(t.buf[:], t.buf[n:t.n])
		t.until = 0
		var b [mostStroke]uint8
		if s.key != 0 && (s.pressed || s.released) {
			t.ready = now + pace
			c.Key(s.key, s.pressed)
		} else if codes := s.codes(b[:0]); len(codes) > 0 {
			t.ready = now + pace
			c.Codes(codes...)
		}
		if t.refused && t.n <= mostTyped/2 && c.wires.Ready != nil {
			t.refused = false
			c.wires.Ready()
		}
	}
}

func (t *typist) state(s *state.Codec, now uint64) {
	s.Int(&t.n)
	if t.n < 0 || t.n > mostTyped {
		s.Fail("%d bytes to type", t.n)
		t.n = 0
	}
	s.Raw(t.buf[:t.n])
	s.U64(&t.ready)
	s.U64(&t.until)
	if s.Loading() && t.timer != nil {
		t.ready = min(t.ready, now+pace)
		t.until = min(t.until, now+sequenceTime)
		t.timer.Stop()
	}
	t.refused = t.refused || s.Loading()
}
