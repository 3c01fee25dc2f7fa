package ps2

// key is a control sequence: CSI, a parameter, and a final byte. Without
// modifiers, a parameter of 1 is left out; letters from P to S come after SS3
// then.
type key struct {
	parameter uint8
	final     byte // 0 is no key
}

// functionKeys are F1 to F12.
var functionKeys = [12]key{
	{1, 'P'}, {1, 'Q'}, {1, 'R'}, {1, 'S'}, {15, '~'}, {17, '~'},
	{18, '~'}, {19, '~'}, {20, '~'}, {21, '~'}, {23, '~'}, {24, '~'},
}

// function is the number of a function key, from 1 on; 0 for other keys.
func function(code uint8) int {
	switch {
	case code >= codeF1 && code <= codeF10:
		return int(code-codeF1) + 1
	case code == codeF11:
		return 11
	case code == codeF12:
		return 12
	}
	return 0
}

// pad is the numeric pad by code: with Num Lock, and without or with a prefix.
var pad = [codePadTo - codePadFrom + 1]struct {
	digit byte
	key   key
}{
	{'7', key{1, 'H'}}, {'8', key{1, 'A'}}, {'9', key{5, '~'}}, {'-', key{}},
	{'4', key{1, 'D'}}, {'5', key{1, 'E'}}, {'6', key{1, 'C'}}, {'+', key{}},
	{'1', key{1, 'F'}}, {'2', key{1, 'B'}}, {'3', key{6, '~'}},
	{'0', key{2, '~'}}, {'.', key{3, '~'}},
}

// sequence is what a key without a character sends, with modifiers: their
// parameter is 1 and 1 for Shift, 2 for Alt, 4 for Control.
func (k *Keyboard) sequence(dst []byte, s key) []byte {
	if s.final == 0 {
		return dst
	}
	m := byte(0)
	if k.shift != 0 {
		m |= 1
	}
	if k.alt != 0 {
		m |= 2
	}
	if k.control != 0 {
		m |= 4
	}
	if m == 0 && s.final >= 'P' && s.final <= 'S' {
		return append(dst, 0x1b, 'O', s.final)
	}
	dst = append(dst, 0x1b, '[')
	if m != 0 || s.parameter != 1 {
		if s.parameter >= 10 {
			dst = append(dst, '0'+s.parameter/10)
		}
		dst = append(dst, '0'+s.parameter%10)
	}
	if m != 0 {
		dst = append(dst, ';', '1'+m)
	}
	return append(dst, s.final)
}
