package i8042

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

func TestKeysArePressedAndReleased(t *testing.T) {
	for _, tt := range []struct {
		key      Key
		down, up string
	}{
		{KeyEnter, "\x1c", "\x9c"},
		{KeyUp, "\xe0\x48", "\xe0\xc8"},
		{KeyPause, "\xe1\x1d\x45\xe1\x9d\xc5", ""},
		{KeyPrintScreen, "\xe0\x2a\xe0\x37", "\xe0\xb7\xe0\xaa"},
	} {
		r := newRig()
		r.Key(tt.key, true)
		r.expect(t, "pressed", tt.down, "")
		r.Key(tt.key, false)
		r.expect(t, "released", tt.up, "")
	}
}

// Keys that somebody presses and releases come through Type, among characters
// and at the same pace, and repeat while they are held.
func TestKeysComeAmongCharacters(t *testing.T) {
	r := newRig()
	var b []byte
	for _, k := range []struct {
		key  Key
		down bool
	}{{KeyControl, true}, {KeyRightAlt, true}, {KeyDelete, true}, {KeyDelete, false}, {KeyRightAlt, false}, {KeyControl, false}, {KeyPause, true}, {0, true}} {
		b = AppendKey(b, k.key, k.down)
	}
	if got := r.typed(t, "a"+string(b)+"b"); got != "\x1e\x9e\x1d\xe0\x38\xe0\x53\xe0\xd3\xe0\xb8\x9d\xe1\x1d\x45\xe1\x9d\xc5\x30\xb0" {
		t.Errorf("the guest gets % x", got)
	}
	if n := len(AppendKey(nil, 0xffff, true)); n != MaxSequence || n > mostSequence {
		t.Errorf("the longest sequence has %d bytes", n)
	}
	r.Type(AppendKey(nil, KeyUp, true))
	r.expect(t, "pressed", "\xe0\x48", "")
	r.clock.Advance(501_000_000)
	r.expect(t, "held", "\xe0\x48", "")
	r.Type(AppendKey(nil, KeyUp, false))
	r.expect(t, "released", "\xe0\xc8", "")
	r.clock.Advance(501_000_000)
	r.expect(t, "afterwards", "", "")
}

func TestAKeyThatIsHeldRepeats(t *testing.T) {
	const ms = 1_000_000
	r := newRig()
	r.Key(KeyUp, true)
	r.Key(KeyUp, true) // it is down already
	r.expect(t, "pressed", "\xe0\x48", "")
	r.clock.Advance(499 * ms)
	r.expect(t, "before the delay", "", "")
	r.clock.Advance(2 * ms)
	r.expect(t, "after the delay", "\xe0\x48", "")
	n := 0
	for range 1000 {
		r.clock.Advance(ms)
		k, _ := r.drain(t)
		n += len(k) / 2
	}
	if n != 10 { // 10.9 a second
		t.Errorf("%d times in a second", n)
	}
	r.Key(KeyUp, false)
	r.drain(t)
	r.clock.Advance(1000 * ms)
	r.expect(t, "released", "", "")
}

func TestTheGuestSetsTheTypematicRate(t *testing.T) {
	const ms = 1_000_000
	r := newRig()
	r.send(0xf3)
	r.send(0x00) // 250 ms, 30 a second
	r.drain(t)
	r.Key(KeyEnter, true)
	r.drain(t)
	r.clock.Advance(251 * ms)
	r.expect(t, "after 251 ms", "\x1c", "")
	r.clock.Advance(34 * ms)
	r.expect(t, "34 ms later", "\x1c", "")
	r.send(0xf3)
	r.send(0x7f) // 1 s, 2 a second
	r.drain(t)
	r.Key(KeyTab, true) // in place of the other
	r.drain(t)
	r.clock.Advance(999 * ms)
	r.expect(t, "after 999 ms", "", "")
	r.clock.Advance(2 * ms)
	r.expect(t, "after a second", "\x0f", "")
	r.clock.Advance(499 * ms)
	r.expect(t, "half a second later", "\x0f", "")
}

func TestARepeatThatIsNotFetchedIsMissed(t *testing.T) {
	r := newRig()
	r.Key(KeyEnter, true)
	r.clock.Advance(10_000_000_000)
	if k, _ := r.drain(t); len(k) > 2 {
		t.Errorf("% x waits", k)
	}
	r.Reset()
	r.clock.Advance(10_000_000_000)
	r.expect(t, "after a reset", "", "")
}

func TestWithoutAClockKeysDoNotRepeat(t *testing.T) {
	var line devicetest.Line
	c := New(Wires{Keyboard: &line, Mouse: &line, Reset: func() {}})
	for range 2 {
		if !c.Key(KeyEnter, true) || c.Data().In(0, 1) != 0xffffff1c {
			t.Error("a key is not pressed")
		}
	}
	c.Type([]byte("\x1ba\x1b"))
	var got []byte
	for range 10 {
		if c.Command().In(0, 1)&statusFull != 0 {
			got = append(got, byte(c.Data().In(0, 1)))
		}
	}
	if string(got) != "\x38\x1e\x9e\xb8\x01\x81" {
		t.Errorf("typed % x", got)
	}
}

// typed is what the guest gets of bytes from a terminal, given time.
func (r *rig) typed(t *testing.T, s string) string {
	t.Helper()
	r.Type([]byte(s))
	var got []byte
	for range 100 {
		k, _ := r.drain(t)
		got = append(got, k...)
		r.clock.Advance(pace)
	}
	return string(got)
}

func TestATerminalTypes(t *testing.T) {
	for in, want := range map[string]string{
		"a":                                "\x1e\x9e",
		"Hi":                               "\x2a\x23\xa3\xaa\x17\x97",
		"\x03\r":                           "\x1d\x2e\xae\x9d\x1c\x9c",
		"\x1b":                             "\x01\x81",
		"\x1b\x1b":                         "\x01\x81\x01\x81",
		"\x1bx":                            "\x38\x2d\xad\xb8",
		"\x1bX":                            "\x38\x2a\x2d\xad\xaa\xb8",
		"\x1b[A":                           "\xe0\x48\xe0\xc8",
		"\x1bOB":                           "\xe0\x50\xe0\xd0",
		"\x1b[1;5C":                        "\x1d\xe0\x4d\xe0\xcd\x9d",
		"\x1b[1;4D":                        "\x2a\x38\xe0\x4b\xe0\xcb\xaa\xb8",
		"\x1b[Z":                           "\x2a\x0f\x8f\xaa",
		"\x1b[3~":                          "\xe0\x53\xe0\xd3",
		"\x1b[15~":                         "\x3f\xbf",
		"\x1b[21~":                         "\x44\xc4",
		"\x1b[24~":                         "\x58\xd8",
		"\x1b[23~":                         "\x57\xd7",
		"\x1bOP":                           "\x3b\xbb",
		"\x1b[[E":                          "\x3f\xbf",
		"\x1b[H":                           "\xe0\x47\xe0\xc7",
		"\x1b[6~":                          "\xe0\x51\xe0\xd1",
		"\x1b[":                            "\x01\x81\x1a\x9a",
		"\x1bO":                            "\x01\x81\x2a\x18\x98\xaa",
		"\x1b[99;2~\x1b[[Fa\x1b[?1;2;3;4c": "\x1e\x9e",
		"é\x00b":                           "\x30\xb0",
		"\x1b[12345678901234567890~":       "\x06\x86\x07\x87\x08\x88\x09\x89\x0a\x8a\x0b\x8b\x2a\x29\xa9\xaa",
		"\x1b[1\nb":                        "\x1c\x9c\x30\xb0",
	} {
		if got := newRig().typed(t, in); got != want {
			t.Errorf("%q is typed %x, want %x", in, got, want)
		}
	}
}

func TestASequenceMayComeInPieces(t *testing.T) {
	r := newRig()
	for _, s := range []string{"\x1b", "[", "1", ";5"} {
		r.Type([]byte(s))
		r.clock.Advance(sequenceTime / 8)
		r.expect(t, "a piece", "", "")
	}
	if got := r.typed(t, "A"); got != "\x1d\xe0\x48\xe0\xc8\x9d" {
		t.Errorf("typed %x", got)
	}
}

func TestWhatFindsNoRoomIsAskedFor(t *testing.T) {
	r := newRig()
	text := make([]byte, 3*mostTyped)
	for i := range text {
		text[i] = 'a' + byte(i%26)
	}
	rest, asked := text, 0
	r.wires.Ready = func() {
		asked++
		rest = rest[r.Type(rest):]
	}
	rest = rest[r.Type(rest):]
	if len(rest) == 0 || asked != 0 {
		t.Fatalf("%d bytes left, asked for %d times", len(rest), asked)
	}
	var want, got []byte
	for _, char := range text {
		want = scancodes(want, char)
	}
	for range text {
		k, _ := r.drain(t)
		got = append(got, k...)
		r.clock.Advance(pace)
	}
	if string(got) != string(want) || asked < 3 || asked > 20 {
		t.Errorf("%d bytes of codes, want %d; asked for %d times", len(got), len(want), asked)
	}
	if r.Type(text[:10]); asked > 20 || r.typist.refused {
		t.Error("it is asked for more without need")
	}
}

func TestAnEscapeAfterASequenceWaitsToo(t *testing.T) {
	r := newRig()
	r.Type([]byte("\x1b"))
	r.clock.Advance(pace)
	if got := r.typed(t, "[A"); got != "\xe0\x48\xe0\xc8" {
		t.Errorf("typed %x", got)
	}
	r.Type([]byte("\x1b"))
	r.expect(t, "an escape that may begin a sequence", "", "")
	if got := r.typed(t, "[B"); got != "\xe0\x50\xe0\xd0" {
		t.Errorf("typed %x", got)
	}
}

func TestAKeyThatIsHeldRepeatsAfterALoad(t *testing.T) {
	r := newRig()
	r.Key(KeyEnter, true)
	r.Type([]byte("a"))
	r.clock.Advance(pace)
	fresh := newRig()
	fresh.clock.Advance(r.clock.Now())
	devicetest.Survives(t, r, fresh)
	fresh.expect(t, "pressed and typed", "\x1c\x1e\x9e", "")
	fresh.clock.Advance(delayUnit*2 - pace)
	fresh.expect(t, "after the delay", "\x1c", "")
	fresh.Key(KeyEnter, false)
	fresh.expect(t, "released", "\x9c", "")
}

func TestCharactersComeAtAPaceAndOnlyWhenFetched(t *testing.T) {
	r := newRig()
	r.Type([]byte("ab"))
	r.expect(t, "the first", "\x1e\x9e", "")
	r.clock.Advance(pace - 1)
	r.expect(t, "too early for the second", "", "")
	r.clock.Advance(1)
	r.expect(t, "the second", "\x30\xb0", "")
	r.clock.Advance(pace)
	if n := r.Type(make([]byte, 2*mostTyped)); n != 2*mostTyped || r.typist.n != 0 {
		t.Errorf("%d bytes that are on no key are taken", n)
	}
	r.Type([]byte("cd"))
	r.clock.Advance(100 * pace)
	if r.typist.n != 1 {
		t.Errorf("%d bytes wait behind one that is not fetched", r.typist.n)
	}
	// A command that empties the keyboard's buffer lets the next one come.
	r.send(0xf6)
	if r.typist.n != 0 {
		t.Error("the next does not come")
	}
}
