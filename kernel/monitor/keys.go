package monitor

import (
	"strconv"
	"unicode/utf8"
)

// Control characters. ECMA-48 §8.3 gives those that have names.
const (
	ctrlA     = 1
	ctrlB     = 2
	ctrlC     = 3
	ctrlD     = 4
	ctrlE     = 5
	ctrlF     = 6
	backspace = 8
	tab       = 9
	lineFeed  = 10
	ctrlK     = 11
	ctrlL     = 12
	enter     = 13
	ctrlN     = 14
	ctrlP     = 16
	ctrlT     = 20
	ctrlU     = 21
	ctrlW     = 23
	cancel    = 24 // CAN: what the line editor gets for Ctrl-C
	escape    = 27
	del       = 127
)

// maxSequence is the longest escape sequence worth keeping, in bytes.
const maxSequence = 8

// keys cleans what a terminal, a script or a noisy line sends before the line
// editor sees it. x/term's editor takes Ctrl-C and Ctrl-D for the end of the
// input and cannot go on after them; it stops reading at a byte that is not
// UTF-8; it waits for the end of an escape sequence for ever; and it sees two
// lines in CR LF when they arrive apart. What leaves keys is printable UTF-8,
// the control characters the editor knows, and escape sequences it knows, whole.
type keys struct {
	partial []byte // an escape sequence or a rune that is not complete
	afterCR bool   // the last byte was a CR, so that a LF belongs to it
}

// filter appends what is left of in to out.
func (k *keys) filter(out, in []byte) []byte {
	for _, b := range in {
		if b == lineFeed && k.afterCR {
			k.afterCR = false
			continue
		}
		k.afterCR = b == enter
		switch {
		case b < ' ' || b == del:
			out = k.control(out, b)
		case len(k.partial) > 0 && k.partial[0] == escape:
			out = k.sequence(out, b)
		default:
			out = k.text(out, b)
		}
	}
	return out
}

// control handles a control character, which also abandons what is incomplete.
func (k *keys) control(out []byte, b byte) []byte {
	k.partial = k.partial[:0]
	switch b {
	case escape:
		k.partial = append(k.partial, escape)
	case lineFeed, enter:
		return append(out, enter)
	case ctrlC:
		return append(out, cancel, enter)
	case ctrlD:
		return append(out, sequences["[3~"]...)
	case ctrlA, ctrlB, ctrlE, ctrlF, backspace, tab, ctrlK, ctrlL, ctrlN, ctrlP, ctrlT, ctrlU, ctrlW, del:
		return append(out, b)
	}
	return out
}

// sequences are the escape sequences that are keys, without ESC, and what x/term
// calls that key. Terminals differ in what Home, End and the cursor keys send.
var sequences = map[string]string{
	"[A": "\x1b[A", "OA": "\x1b[A", // up
	"[B": "\x1b[B", "OB": "\x1b[B", // down
	"[C": "\x1b[C", "OC": "\x1b[C", // right
	"[D": "\x1b[D", "OD": "\x1b[D", // left
	"[H": "\x1b[H", "OH": "\x1b[H", "[1~": "\x1b[H", "[7~": "\x1b[H", // Home
	"[F": "\x1b[F", "OF": "\x1b[F", "[4~": "\x1b[F", "[8~": "\x1b[F", // End
	"[3~":   "\x1b[3~",                         // Delete
	"[1;3C": "\x1b[1;3C", "[1;5C": "\x1b[1;3C", // a word to the right
	"[1;3D": "\x1b[1;3D", "[1;5D": "\x1b[1;3D", // a word to the left
}

// sequence handles a byte inside an escape sequence. ECMA-48 §5.4.
func (k *keys) sequence(out []byte, b byte) []byte {
	k.partial = append(k.partial, b)
	switch n := len(k.partial); {
	case n == 2 && (b == '[' || b == 'O'):
		return out
	case n == 2 || n > maxSequence:
		// Alt and a key, or no sequence at all: nothing to edit with.
	case b >= 0x40 && b <= 0x7e:
		out = append(out, sequences[string(k.partial[1:])]...)
	default:
		return out
	}
	k.partial = k.partial[:0]
	return out
}

// text handles a byte of a character.
func (k *keys) text(out []byte, b byte) []byte {
	if utf8.RuneStart(b) {
		k.partial = k.partial[:0]
	}
	k.partial = append(k.partial, b)
	if !utf8.FullRune(k.partial) {
		return out
	}
	if r, _ := utf8.DecodeRune(k.partial); r != utf8.RuneError && strconv.IsPrint(r) {
		out = append(out, k.partial...)
	}
	k.partial = k.partial[:0]
	return out
}
