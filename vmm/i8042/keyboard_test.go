package i8042

import (
	"testing"
)

func TestKeyboardCommands(t *testing.T) {
	for _, c := range []struct{ name, bytes, want string }{
		{"reset", "\xff", "\xfa\xaa"},
		{"echo", "\xee", "\xee"},
		{"identify", "\xf2", "\xfa\xab\x83"},
		{"LEDs", "\xed\x02", "\xfa\xfa"},
		{"rate", "\xf3\x00", "\xfa\xfa"},
		{"enable", "\xf4", "\xfa"},
		{"disable", "\xf5", "\xfa"},
		{"defaults", "\xf6", "\xfa"},
		{"set 1", "\xf0\x01\xf0\x00", "\xfa\xfa\xfa\xfa\x01"},
		{"set 2", "\xf0\x02\xf0\x00", "\xfa\xfa\xfa\xfa\x02"},
		{"set 3 there is not", "\xf0\x03\xf0\x00", "\xfa\xfe\xfa\xfa\x02"},
		{"defaults bring set 2", "\xf0\x01\xf6\xf0\x00", "\xfa\xfa\xfa\xfa\xfa\x02"},
		{"unknown", "\x42", "\xfe"},
		{"a command in place of a byte", "\xed\xee\x42", "\xfa\xee\xfe"},
	} {
		r := newRig()
		r.mode(0)
		for _, v := range []byte(c.bytes) {
			r.send(v)
		}
		r.expect(t, c.name, c.want, "")
	}
}

func TestResendGivesTheLastByteAgain(t *testing.T) {
	r := newRig()
	r.mode(0)
	r.send(0xf2)
	r.drain(t)
	r.send(0xfe)
	r.expect(t, "resend", "\x83", "")
}

func TestLEDs(t *testing.T) {
	r := newRig()
	r.send(0xed)
	r.send(0x05)
	if r.LEDs() != 5 {
		t.Errorf("LEDs %#x", r.LEDs())
	}
	r.send(0xff)
	if r.LEDs() != 0 {
		t.Error("a reset leaves LEDs on")
	}
}

// Some keys in both sets, made and broken.
var someKeys = []struct{ name, set1, set2 string }{
	{"A", "\x1e\x9e", "\x1c\xf0\x1c"},
	{"F7", "\x41\xc1", "\x83\xf0\x83"},
	{"right control", "\xe0\x1d\xe0\x9d", "\xe0\x14\xe0\xf0\x14"},
	{"print screen", "\xe0\x2a\xe0\x37\xe0\xb7\xe0\xaa", "\xe0\x12\xe0\x7c\xe0\xf0\x7c\xe0\xf0\x12"},
	{"pause", "\xe1\x1d\x45\xe1\x9d\xc5", "\xe1\x14\x77\xe1\xf0\x14\xf0\x77"},
	{"system request", "\x54\xd4", "\x84\xf0\x84"},
}

func TestScanCodeSets(t *testing.T) {
	for _, k := range someKeys {
		for _, c := range []struct {
			name string
			set  uint8
			mode uint8
			want string
		}{
			{"set 2 translated", 2, modeTranslate, k.set1},
			{"set 2", 2, 0, k.set2},
			{"set 1", 1, 0, k.set1},
		} {
			r := newRig()
			r.send(0xf0)
			r.send(c.set)
			r.drain(t)
			r.mode(c.mode)
			r.Codes([]uint8(k.set1)...)
			r.expect(t, k.name+" by "+c.name, c.want, "")
		}
	}
}

func TestEveryCodeIsTranslatedThereAndBack(t *testing.T) {
	for v := uint8(1); v < 0x80; v++ {
		if v == prefix0&0x7f || v == prefix1&0x7f {
			continue // they have no code when released
		}
		r := newRig()
		r.Codes(v, v|set1Break)
		r.expect(t, "a key", string([]byte{v, v | set1Break}), "")
	}
}

func TestAnswersComeBeforeKeys(t *testing.T) {
	r := newRig()
	r.do(0xad)
	r.Codes(0x1e)
	r.send(0xf2)
	r.expect(t, "identify with a key waiting", "\xfa\xab\x41\x1e", "")
}

func TestAnotherSetDropsKeysThatWait(t *testing.T) {
	r := newRig()
	r.do(0xad)
	r.Codes(0x1e, 0x9e)
	r.send(0xf0)
	r.send(0x01)
	r.expect(t, "set 1", "\xfa\xfa", "")
}

func TestKeysAreTakenWholeOrNotAtAll(t *testing.T) {
	r := newRig()
	r.do(0xad)
	n := 0
	for r.Codes(0xe0, 0x1d, 0xe0, 0x9d) {
		if n++; n > queueSize {
			t.Fatal("the buffer never fills")
		}
	}
	if n != queueSize/5 {
		t.Errorf("%d keys fit", n)
	}
	r.do(0xae)
	k, _ := r.drain(t)
	if len(k) != 4*n {
		t.Errorf("%d bytes of %d keys", len(k), n)
	}
	if !r.Codes(0xe0, 0x1d, 0xe0, 0x9d) {
		t.Error("an empty buffer has no room")
	}
}

func TestAKeyboardThatIsDisabledDropsKeys(t *testing.T) {
	r := newRig()
	r.send(0xf5)
	r.drain(t)
	if !r.Codes(0x1e) {
		t.Error("a dropped key is asked for again")
	}
	r.send(0xf4)
	r.expect(t, "enabled again", "\xfa", "")
	r.Codes(0x1e)
	r.expect(t, "a key then", "\x1e", "")
}

func TestScancodesTypeCharacters(t *testing.T) {
	for char, want := range map[byte]string{
		'a': "\x1e\x9e", 'z': "\x2c\xac", '1': "\x02\x82", '/': "\x35\xb5", '\\': "\x2b\xab", '`': "\x29\xa9",
		' ': "\x39\xb9", '\n': "\x1c\x9c", '\r': "\x1c\x9c", '\b': "\x0e\x8e", 0x7f: "\x0e\x8e", '\t': "\x0f\x8f", 0x1b: "\x01\x81",
		'A': "\x2a\x1e\x9e\xaa", '?': "\x2a\x35\xb5\xaa", '~': "\x2a\x29\xa9\xaa", '"': "\x2a\x28\xa8\xaa", '|': "\x2a\x2b\xab\xaa",
		3: "\x1d\x2e\xae\x9d", 0x1a: "\x1d\x2c\xac\x9d", 0x1d: "\x1d\x1b\x9b\x9d", 0x1c: "\x1d\x2b\xab\x9d",
		0: "", 0x1e: "", 0x80: "", 0xff: "",
	} {
		if got := scancodes(nil, char); string(got) != want {
			t.Errorf("%q is typed %x, want %x", char, got, want)
		}
	}
	for char := byte(' '); char < 0x7f; char++ {
		if len(scancodes(nil, char)) == 0 {
			t.Errorf("%q is on no key", char)
		}
	}
}
