package i8042

// Keyboard commands and answers (PS/2 Hardware Interface Technical Reference,
// Keyboards, Commands from the System).
const (
	kbdLEDs     = 0xed // a byte follows
	kbdEcho     = 0xee
	kbdSet      = 0xf0 // scan code set; a byte follows, 0 asks for the set
	kbdID       = 0xf2
	kbdRate     = 0xf3 // typematic rate and delay; a byte follows
	kbdEnable   = 0xf4
	kbdDisable  = 0xf5 // and sets defaults
	kbdDefaults = 0xf6
	kbdResend   = 0xfe
	kbdReset    = 0xff

	ack       = 0xfa
	resend    = 0xfe // an answer to what is no command
	selfTestD = 0xaa // a device's self-test went well
	kbdID1    = 0xab
	kbdID2    = 0x83

	defaultRate = 0x2b // 500 ms, 10.9 characters a second
)

// keyboard sends scan codes of set 1 or 2.
type keyboard struct {
	replies  queue // to commands; before codes
	codes    queue
	set      uint8 // of scan codes, 1 or 2
	scanning bool
	command  uint8 // waits for its byte; 0 is none
	leds     uint8
	rate     uint8
	last     uint8 // byte sent, for kbdResend
}

func (k *keyboard) defaults() {
	k.codes.clear()
	k.set, k.rate, k.command = 2, defaultRate, 0
}

func (k *keyboard) reset() {
	*k = keyboard{scanning: true}
	k.defaults()
}

// next is the next byte that the controller gets to see.
func (k *keyboard) next(translate bool) (v uint8, ok bool) {
	v, ok = k.replies.pop()
	breaks := uint8(0)
	if !ok {
		if v, ok = k.codes.pop(); !ok {
			return 0, false
		}
		if v == set2Break && translate && k.codes.n > 0 {
			v, _ = k.codes.pop()
			breaks = set1Break
		}
	}
	k.last = v
	if translate {
		v = toSet1(v) | breaks
	}
	return v, true
}

// write takes a byte from the system.
func (k *keyboard) write(v uint8) {
	if command := k.command; command != 0 && v < kbdLEDs {
		k.command = 0
		k.argument(command, v)
		return
	}
	k.command = 0
	switch v {
	case kbdLEDs, kbdSet, kbdRate:
		k.command = v
		k.replies.push(ack)
	case kbdEcho:
		k.replies.push(kbdEcho)
	case kbdID:
		k.replies.push(ack)
		k.replies.push(kbdID1)
		k.replies.push(kbdID2)
	case kbdEnable:
		k.codes.clear()
		k.scanning = true
		k.replies.push(ack)
	case kbdDisable, kbdDefaults:
		k.defaults()
		k.scanning = v == kbdDefaults
		k.replies.push(ack)
	case kbdResend:
		k.replies.push(k.last)
	case kbdReset:
		k.reset()
		k.replies.push(ack)
		k.replies.push(selfTestD)
	default:
		k.replies.push(resend)
	}
}

func (k *keyboard) argument(command, v uint8) {
	switch {
	case command == kbdLEDs:
		k.leds = v & 7
	case command == kbdRate:
		k.rate = v & 0x7f
	case v == 1 || v == 2:
		k.codes.clear()
		k.set = v
	case v == 0:
		k.replies.push(ack)
		k.replies.push(k.set)
		return
	default:
		k.replies.push(resend) // there is no set 3
		return
	}
	k.replies.push(ack)
}

// LEDs are the keyboard's lights: bit 0 scroll lock, 1 num lock, 2 caps lock.
func (c *Controller) LEDs() uint8 { return c.keyboard.leds }

// Codes sends codes of scan code set 1, each with its prefix, as a PC's system
// sees them: keys that are pressed and released, of a keyboard that repeats
// those that are held by itself. It returns false, and does nothing, when the
// keyboard's buffer has no room for all of them.
func (c *Controller) Codes(codes ...uint8) bool {
	k := &c.keyboard
	if !k.scanning {
		return true
	}
	need := len(codes)
	if k.set == 2 {
		for _, v := range codes {
			if isBreak(v) {
				need++
			}
		}
	}
	if need > k.codes.room() {
		return false
	}
	for _, v := range codes {
		if k.set == 2 && !isPrefix(v) {
			if isBreak(v) {
				k.codes.push(set2Break)
			}
			v = toSet2[v&^set1Break]
		}
		k.codes.push(v)
	}
	c.refill()
	return true
}
