package i8042

import (
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// Key is a key by its code in scan code set 1, with the prefix 0xE0 above the
// code of those that have one. PS/2 Hardware Interface Technical Reference,
// Keyboards, Scan Code Tables.
type Key uint16

// Keys that do more than type a character.
const (
	KeyEscape       Key = 0x01
	KeyBackspace    Key = 0x0e
	KeyTab          Key = 0x0f
	KeyEnter        Key = 0x1c
	KeyControl      Key = 0x1d
	KeyShift        Key = 0x2a
	KeyAlt          Key = 0x38
	KeyCapsLock     Key = 0x3a
	KeyF1           Key = 0x3b // to KeyF10, one after the other
	KeyF10          Key = 0x44
	KeyNumLock      Key = 0x45
	KeyScrollLock   Key = 0x46
	KeyF11          Key = 0x57
	KeyF12          Key = 0x58
	KeyRightControl Key = 0xe01d
	KeyPrintScreen  Key = 0xe037
	KeyRightAlt     Key = 0xe038
	KeyHome         Key = 0xe047
	KeyUp           Key = 0xe048
	KeyPageUp       Key = 0xe049
	KeyLeft         Key = 0xe04b
	KeyRight        Key = 0xe04d
	KeyEnd          Key = 0xe04f
	KeyDown         Key = 0xe050
	KeyPageDown     Key = 0xe051
	KeyInsert       Key = 0xe052
	KeyDelete       Key = 0xe053
	KeyPause        Key = 0xe11d // alone has a code of six bytes, and none when released
)

// codes appends to dst what the key sends in scan code set 1 when it is pressed
// or released.
func (k Key) codes(dst []uint8, down bool) []uint8 {
	code, breaks := uint8(k)&^set1Break, uint8(set1Break)
	if down {
		breaks = 0
	}
	switch {
	case k == KeyPause && down:
		return append(dst, prefix1, 0x1d, 0x45, prefix1, 0x1d|set1Break, 0x45|set1Break)
	case k == KeyPause:
		return dst
	case k == KeyPrintScreen && down: // with a shift that is none
		return append(dst, prefix0, 0x2a, prefix0, code)
	case k == KeyPrintScreen:
		return append(dst, prefix0, code|set1Break, prefix0, 0x2a|set1Break)
	case k>>8 == prefix0:
		return append(dst, prefix0, code|breaks)
	}
	return append(dst, code|breaks)
}

// mostCodes is the longest that a key sends.
const mostCodes = 6

// held is the key that repeats: the one pressed last, while it is held.
type held struct {
	key   Key // 0 is none
	timer device.Timer
}

func (h *held) release() {
	h.key = 0
	if h.timer != nil {
		h.timer.Stop()
	}
}

// Key presses or releases a key. While it is held, it repeats as the guest has
// told the keyboard to, so that pressing it once more does nothing; without a
// clock, pressing it again is how it repeats. It returns false, and does
// nothing, when the keyboard's buffer has no room.
func (c *Controller) Key(k Key, down bool) bool {
	if h := &c.held; h.timer != nil {
		if down && k == h.key {
			return true
		}
		if k == h.key {
			h.release()
		}
	}
	var b [mostCodes]uint8
	if !c.Codes(k.codes(b[:0], down)...) {
		return false
	}
	if c.held.timer != nil && down && k != KeyPause {
		c.held.key = k
		c.held.timer.Set(c.wires.Clock.Now() + c.keyboard.delay())
	}
	return true
}

// repeat is the timer's: the key that is held is pressed once more. A guest that
// does not fetch it misses it.
func (c *Controller) repeat() {
	if c.held.key == 0 {
		return
	}
	var b [mostCodes]uint8
	if c.keyboard.codes.n == 0 {
		c.Codes(c.held.key.codes(b[:0], true)...)
	}
	c.held.timer.Set(c.wires.Clock.Now() + c.keyboard.period())
}

// Typematic delay and rate. PS/2 Hardware Interface Technical Reference,
// Keyboards, Set Typematic Rate/Delay: the delay is (1 + bits 6:5) times 250 ms,
// the period (8 + bits 2:0) times 2 to the power of bits 4:3 times 1/240 s.
const (
	delayUnit    = 250_000_000 // ns
	longestDelay = 4 * delayUnit
	periodUnit   = 1_000_000_000 / 240 // ns
)

func (k *keyboard) delay() uint64 { return delayUnit * (1 + uint64(k.rate>>5&3)) }

func (k *keyboard) period() uint64 { return periodUnit * (8 + uint64(k.rate&7)) << (k.rate >> 3 & 3) }

func (h *held) state(s *state.Codec, now uint64) {
	key, at := uint16(h.key), uint64(0)
	if h.timer != nil {
		at, _ = h.timer.Deadline()
	}
	if h.key == 0 {
		at = 0
	}
	s.U16(&key)
	s.U64(&at)
	if !s.Loading() {
		return
	}
	h.release()
	if h.timer != nil && key != 0 {
		h.key = Key(key)
		h.timer.Set(min(at, now+longestDelay))
	}
}
