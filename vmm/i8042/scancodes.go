package i8042

// Scan codes (PS/2 Hardware Interface Technical Reference, Keyboards, Scan
// Code Tables).
const (
	set1Break = 0x80 // in a code
	set2Break = 0xf0 // before a code
	prefix0   = 0xe0
	prefix1   = 0xe1
)

func isPrefix(v uint8) bool { return v == prefix0 || v == prefix1 }

func isBreak(v uint8) bool { return v&set1Break != 0 && !isPrefix(v) }

// toSet1 is what the controller makes of a byte from a keyboard that uses set
// 2. Two keys have codes of set 2 above 0x7f; answers pass through.
func toSet1(v uint8) uint8 {
	switch {
	case v < 0x80:
		return set1[v]
	case v == 0x83:
		return 0x41 // F7
	case v == 0x84:
		return 0x54 // system request
	}
	return v
}

// set1 has the code in set 1 of each in set 2.
var set1 = [128]uint8{
	0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
	0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
	0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
	0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
	0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
	0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
	0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
	0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
}

// toSet2 has the code in set 2 of each in set 1; 0, an error, for none.
var toSet2 = func() (t [128]uint8) {
	for v, code := range set1 {
		if code < 0x80 {
			t[code] = uint8(v)
		}
	}
	t[0x41], t[0x54] = 0x83, 0x84
	return t
}()

// keys are the characters of a US keyboard in the order of their codes in set
// 1 from 1 on, without and with shift; a space is a key that is none of them.
const (
	keysPlain   = "\x1b1234567890-=\x08\tqwertyuiop[]\n asdfghjkl;'` \\zxcvbnm,./"
	keysShifted = "\x1b!@#$%^&*()_+\x08\tQWERTYUIOP{}\n ASDFGHJKL:\"~ |ZXCVBNM<>?"
	keySpace    = 0x39
)

// scancodes appends to dst the codes of set 1 that type a character on a US
// keyboard: keys pressed and released. Control characters are typed with the
// control key, where they have no key of their own; '\r' is '\n', 0x7f is
// '\b'. NUL and what is on no key give none.
func scancodes(dst []uint8, char byte) []uint8 {
	switch char {
	case '\r':
		char = '\n'
	case 0x7f:
		char = '\b'
	case 0:
		return dst
	case ' ':
		return append(dst, keySpace, keySpace|set1Break)
	}
	if key := find(keysPlain, char); key != 0 {
		return append(dst, key, key|set1Break)
	}
	modifier, key := uint8(KeyShift), find(keysShifted, char)
	if char < ' ' {
		modifier, key = uint8(KeyControl), find(keysPlain, char|0x60)
		if char >= 0x1b {
			key = find(keysPlain, char|0x40)
		}
	}
	if key == 0 {
		return dst
	}
	return append(dst, modifier, key, key|set1Break, modifier|set1Break)
}

func find(keys string, char byte) uint8 {
	for i := range len(keys) {
		if keys[i] == char {
			return uint8(i + 1)
		}
	}
	return 0
}
