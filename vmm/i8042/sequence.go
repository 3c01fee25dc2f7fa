package i8042

import "strconv"

// stroke is keys that are pressed together and released: modifiers, and a key or
// those of a character. Or it is a key that is only pressed or only released.
type stroke struct {
	key                 Key  // 0 if it is a character
	char                byte // 0 if it is a key
	shift, control, alt bool
	pressed, released   bool
}

// mostStroke is more than the codes of a stroke, and mostChar those of a
// character.
const (
	mostStroke = 24
	mostChar   = 4
)

// codes appends to dst the codes of scan code set 1, none if there is neither a
// key nor a character that is on one.
func (s stroke) codes(dst []uint8) []uint8 {
	var c [mostChar]uint8
	char := scancodes(c[:0], s.char)
	if s.key == 0 && len(char) == 0 {
		return dst
	}
	modifiers := [...]struct {
		on  bool
		key Key
	}{{s.shift, KeyShift}, {s.control, KeyControl}, {s.alt, KeyAlt}}
	for _, m := range modifiers {
		if m.on {
			dst = m.key.codes(dst, true)
		}
	}
	if s.key != 0 {
		dst = s.key.codes(s.key.codes(dst, true), false)
	} else {
		dst = append(dst, char...)
	}
	for _, m := range modifiers {
		if m.on {
			dst = m.key.codes(dst, false)
		}
	}
	return dst
}

// AppendKey appends to dst the control sequence by which Type takes a key that is
// pressed or released, where a terminal would have a character: the key's number,
// 1 or 0, and a final byte that ECMA-48 §5.4 leaves to private use.
func AppendKey(dst []byte, k Key, down bool) []byte {
	dst = append(dst, escape, '[')
	dst = strconv.AppendUint(dst, uint64(k), 10)
	if down {
		return append(dst, ';', '1', finalPrivate)
	}
	return append(dst, ';', '0', finalPrivate)
}

// MaxSequence is the most bytes that AppendKey appends.
const MaxSequence = len("\x1b[65535;1v")

const (
	escape       = 0x1b
	finalPrivate = 'v'
	// mostSequence bounds a control sequence, in bytes: terminals send none
	// as long.
	mostSequence = 16
)

// parse takes the first stroke from what a terminal has sent, and tells how many
// bytes it is: 0 if it needs to see more of them. An unknown sequence is an empty
// stroke.
func parse(b []byte) (s stroke, n int) {
	switch {
	case b[0] != escape:
		return stroke{char: b[0]}, 1
	case len(b) == 1:
		return s, 0
	case b[1] == '[':
		return parseCSI(b)
	case b[1] == 'O': // SS3
		if len(b) == 2 {
			return s, 0
		}
		return stroke{key: finalKey(b[2])}, 3
	case b[1] == escape || b[1] >= 0x7f:
		return stroke{key: KeyEscape}, 1
	}
	return stroke{char: b[1], alt: true}, 2
}

// parseCSI parses a control sequence, ECMA-48 §5.4: parameters, intermediate
// bytes, and a final byte. The second parameter is one more than a sum of 1 for
// Shift, 2 for Alt and 4 for Control (xterm control sequences, "PC-Style Function
// Keys").
func parseCSI(b []byte) (s stroke, n int) {
	if len(b) > 2 && b[2] == '[' { // the Linux console's F1 to F5
		if len(b) == 3 {
			return s, 0
		}
		if k := b[3] - 'A'; k < 5 {
			s.key = KeyF1 + Key(k)
		}
		return s, 4
	}
	var params [2]int
	count := 0
	for i := 2; i < len(b); i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9':
			if count < len(params) {
				params[count] = min(params[count]*10+int(c-'0'), 1<<16-1)
			}
		case c == ';':
			count++
		case c >= 0x40 && c <= 0x7e:
			switch s.key = finalKey(c); c {
			case finalPrivate:
				down := params[1] != 0
				return stroke{key: Key(params[0]), pressed: down, released: !down}, i + 1
			case '~':
				s.key = numberKey(params[0])
			}
			m := max(params[1]-1, 0)
			s.shift, s.alt, s.control = m&1 != 0 || c == 'Z', m&2 != 0, m&4 != 0
			return s, i + 1
		case c < 0x20 || c > 0x7e:
			return stroke{}, i // a control character ends it
		}
		if i == mostSequence {
			return stroke{}, i
		}
	}
	return s, 0
}

// finalKey is the key that a sequence's final byte stands for.
func finalKey(c byte) Key {
	switch c {
	case 'A':
		return KeyUp
	case 'B':
		return KeyDown
	case 'C':
		return KeyRight
	case 'D':
		return KeyLeft
	case 'F':
		return KeyEnd
	case 'H':
		return KeyHome
	case 'M':
		return KeyEnter
	case 'P', 'Q', 'R', 'S':
		return KeyF1 + Key(c-'P')
	case 'Z':
		return KeyTab
	}
	return 0
}

// numberKey is the key of a sequence that ends in a tilde (DEC VT220 and xterm).
func numberKey(n int) Key {
	switch {
	case n == 1 || n == 7:
		return KeyHome
	case n == 2:
		return KeyInsert
	case n == 3:
		return KeyDelete
	case n == 4 || n == 8:
		return KeyEnd
	case n == 5:
		return KeyPageUp
	case n == 6:
		return KeyPageDown
	case n >= 11 && n <= 15:
		return KeyF1 + Key(n-11)
	case n >= 17 && n <= 21:
		return KeyF1 + 5 + Key(n-17)
	case n == 23:
		return KeyF11
	case n == 24:
		return KeyF12
	}
	return 0
}
