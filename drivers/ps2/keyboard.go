package ps2

// Keyboard turns the scan codes of a keyboard with US layout into what a
// terminal sends: a character, a control character, ESC before a character with
// Alt, and the control sequences of xterm for other keys ("XTerm Control
// Sequences", PC-Style Function Keys). The zero value has no key held, and Num
// Lock on.
type Keyboard struct {
	shift, control, alt held
	capsLock            bool
	noNumLock           bool
	lock                uint8 // Caps Lock or Num Lock while held: it repeats like any key
	prefix              uint8 // 0, prefix0 or prefix1
	skip                uint8 // codes left of Pause
}

// held is which of two keys are held: the left one is bit 0, the right one bit 1.
type held uint8

func (h *held) set(right, down bool) {
	bit := held(1)
	if right {
		bit = 2
	}
	if *h &^= bit; down {
		*h |= bit
	}
}

// Scan codes of set 1. PS/2 Hardware Interface Technical Reference, Keyboards,
// "Scan Code Tables".
const (
	prefix0     = 0xe0 // before the code of a key that the first keyboards had not
	prefix1     = 0xe1 // before two codes: Pause
	breakBit    = 0x80 // in the code of a key that is let go
	codeControl = 0x1d
	codeShift   = 0x2a
	codeShiftR  = 0x36
	codeAlt     = 0x38
	codeSpace   = 0x39
	codeCaps    = 0x3a
	codeF1      = 0x3b
	codeF10     = 0x44
	codeNumLock = 0x45
	codeF11     = 0x57
	codeF12     = 0x58
	codeEnter   = 0x1c
	codeSlash   = 0x35
	codePadFrom = 0x47 // the numeric pad
	codePadTo   = 0x53
)

// MaxText is the most bytes that one code makes.
const MaxText = 8

// Code takes a scan code. It appends to dst what the key sends, which is nothing
// when a key is let go. With Alt, a function key is a console's: n is its number
// then, 1 for F1, else 0.
func (k *Keyboard) Code(dst []byte, code uint8) (text []byte, n int) {
	prefix := k.prefix
	k.prefix = 0
	switch {
	case k.skip > 0:
		k.skip--
		return dst, 0
	case code == prefix0:
		k.prefix = code
		return dst, 0
	case code == prefix1:
		k.skip = 2
		return dst, 0
	case code == 0 || code >= 0xf0: // the keyboard's buffer is full, or an answer
		return dst, 0
	}
	down := code&breakBit == 0
	code &^= breakBit
	extended := prefix == prefix0
	if k.modifier(code, extended, down) || !down {
		return dst, 0
	}
	if f := function(code); f != 0 && !extended {
		if k.alt != 0 {
			return dst, f
		}
		return k.sequence(dst, functionKeys[f-1]), 0
	}
	if code >= codePadFrom && code <= codePadTo {
		if pad[code-codePadFrom].digit != 0 && (!extended && !k.noNumLock || pad[code-codePadFrom].key.final == 0) {
			return k.character(dst, pad[code-codePadFrom].digit), 0
		}
		return k.sequence(dst, pad[code-codePadFrom].key), 0
	}
	if extended && code != codeEnter && code != codeSlash {
		return dst, 0 // no key that a terminal has
	}
	return k.plain(dst, code, extended), 0
}

// modifier takes in a key that changes what others mean, and tells whether it
// was one. A shift with a prefix is none: keyboards send it around other keys.
func (k *Keyboard) modifier(code uint8, extended, down bool) bool {
	switch {
	case code == codeControl:
		k.control.set(extended, down)
	case code == codeAlt:
		k.alt.set(extended, down)
	case code == codeShift || code == codeShiftR:
		if !extended {
			k.shift.set(code == codeShiftR, down)
		}
	case (code == codeCaps || code == codeNumLock) && !extended:
		k.toggle(code, down)
	default:
		return false
	}
	return true
}

// toggle takes in Caps Lock or Num Lock.
func (k *Keyboard) toggle(code uint8, down bool) {
	switch {
	case !down:
		k.lock = 0
	case k.lock == code: // it repeats
	case code == codeCaps:
		k.lock, k.capsLock = code, !k.capsLock
	default:
		k.lock, k.noNumLock = code, !k.noNumLock
	}
}

// The characters of a US keyboard by code, without and with shift. 0 is none.
const (
	plainKeys   = "\x00\x1b1234567890-=\x7f\tqwertyuiop[]\r\x00asdfghjkl;'`\x00\\zxcvbnm,./\x00*\x00 "
	shiftedKeys = "\x00\x1b!@#$%^&*()_+\x7f\tQWERTYUIOP{}\r\x00ASDFGHJKL:\"~\x00|ZXCVBNM<>?\x00*\x00 "
)

// plain is a key with a character.
func (k *Keyboard) plain(dst []byte, code uint8, extended bool) []byte {
	if int(code) >= len(plainKeys) || plainKeys[code] == 0 {
		return dst
	}
	c := plainKeys[code]
	shift := k.shift != 0 && !extended
	if k.capsLock && c >= 'a' && c <= 'z' {
		shift = !shift
	}
	if shift {
		if c == '\t' {
			return append(dst, "\x1b[Z"...)
		}
		c = shiftedKeys[code]
	}
	return k.character(dst, c)
}

// character is a character with Control and Alt.
func (k *Keyboard) character(dst []byte, c byte) []byte {
	if k.control != 0 {
		switch {
		case c >= '@' && c <= '~':
			c &= 0x1f
		case c == ' ' || c == '2':
			c = 0
		case c == '/':
			c = 0x1f
		case c == 0x7f:
			c = '\b'
		}
	}
	if k.alt != 0 {
		dst = append(dst, 0x1b)
	}
	return append(dst, c)
}
