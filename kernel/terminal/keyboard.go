package terminal

import (
	"slices"

	"github.com/ringo-vmm/ringo/drivers/ps2"
	"github.com/ringo-vmm/ringo/vmm/i8042"
)

// Keyboard turns the scan codes of the machine's own keyboard into what its
// terminal sends: characters and control sequences, or, while that shows a
// guest's display, keys that are pressed and released, as i8042.AppendKey has
// them. The keys that leave a guest, and the consoles', are the terminal's own
// and no guest's. The zero value has no key held.
type Keyboard struct {
	text ps2.Keyboard
	// prefix is what has come of a key with several codes: 0, prefix0, prefix1,
	// or the first of the two codes behind that.
	prefix uint8
	held   [maxHeld]i8042.Key // by the guest's display
	n      int                // of them
}

// Scan codes of set 1. PS/2 Hardware Interface Technical Reference, Keyboards,
// "Scan Code Tables".
const (
	prefix0    = 0xe0
	prefix1    = 0xe1 // before two codes: Pause
	breakBit   = 0x80 // in the code of a key that is let go
	noKey      = 0xf0 // the keyboard's answers, from here on
	fakeShift  = i8042.Key(prefix0)<<8 | i8042.KeyShift
	fakeShiftR = i8042.Key(prefix0)<<8 | 0x36
)

const (
	// maxHeld bounds the keys that are held at once: more are not passed on.
	maxHeld = 10
	// MaxKeys is the most bytes that one code makes: all keys that are held are
	// released, and the terminal leaves the guest.
	MaxKeys = maxHeld*i8042.MaxSequence + ps2.MaxText
)

// Code takes a scan code. It appends to dst what the terminal sends. Alt with a
// function key is a console's: console is its number then, 1 for F1, else 0.
// display tells that the terminal shows a guest's display.
func (k *Keyboard) Code(dst []byte, code uint8, display bool) (text []byte, console int) {
	key, down := k.key(code)
	if !display {
		k.n = 0
		return k.text.Code(dst, code)
	}
	// These are the guest's: the terminal's state of them stays.
	if down && (key == i8042.KeyCapsLock || key == i8042.KeyNumLock) {
		return k.pass(dst, key, down), 0
	}
	text, console = k.text.Code(dst, code)
	leaves := len(text) > len(dst) && text[len(text)-1] == Escape
	if !leaves && console == 0 {
		return k.pass(dst, key, down), 0
	}
	for k.n > 0 {
		dst = k.pass(dst, k.held[k.n-1], false)
	}
	if leaves {
		dst = append(dst, Escape)
	}
	return dst, console
}

// key is the key that a code is the last of, 0 if it is not, and whether it is
// pressed. A shift with a prefix is none: keyboards send it around other keys.
func (k *Keyboard) key(code uint8) (key i8042.Key, down bool) {
	prefix := k.prefix
	k.prefix = 0
	switch {
	case prefix == prefix1:
		k.prefix = code
		return 0, false
	case prefix != 0 && prefix != prefix0:
		return i8042.KeyPause, code&breakBit == 0
	case code == prefix0 || code == prefix1:
		k.prefix = code
		return 0, false
	case code == 0 || code >= noKey:
		return 0, false
	}
	key = i8042.Key(prefix)<<8 | i8042.Key(code&^breakBit)
	if key == fakeShift || key == fakeShiftR {
		return 0, false
	}
	return key, code&breakBit == 0
}

// pass passes a key on. A key that is held repeats in the guest's keyboard, and
// the guest hears of no release of a key that it has not seen pressed.
func (k *Keyboard) pass(dst []byte, key i8042.Key, down bool) []byte {
	at := slices.Index(k.held[:k.n], key)
	if key == 0 || down == (at >= 0) || down && k.n == maxHeld {
		return dst
	}
	if down {
		k.held[k.n] = key
		k.n++
	} else {
		k.n--
		k.held[at] = k.held[k.n]
	}
	return i8042.AppendKey(dst, key, down)
}
