package terminal

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/i8042"
)

// typed is what a keyboard makes of scan codes.
func typed(k *Keyboard, codes string, display bool) (text string, console int) {
	var b []byte
	for _, code := range []byte(codes) {
		if b, console = k.Code(b, code, display); console != 0 {
			break
		}
	}
	return string(b), console
}

// received is what a guest's keyboard sends of what was typed at it.
func received(text string) string {
	var clock devicetest.Clock
	c := i8042.New(i8042.Wires{Keyboard: new(devicetest.Line), Mouse: new(devicetest.Line), Clock: &clock})
	c.Type([]byte(text))
	var codes strings.Builder
	for range 1000 {
		const full = 1
		if c.Command().In(0, 1)&full != 0 {
			codes.WriteByte(uint8(c.Data().In(0, 1)))
		}
		clock.Advance(1_000_000)
	}
	return codes.String()
}

func TestAGuestsDisplayGetsTheKeysThemselves(t *testing.T) {
	for name, codes := range map[string]string{
		"a letter":           "\x1e\x9e",
		"Ctrl-Alt-Delete":    "\x1d\x38\xe0\x53\xe0\xd3\xb8\x9d",
		"both Alts":          "\x38\xe0\x38\xe0\xb8\xb8",
		"arrows":             "\xe0\x48\xe0\xc8\xe0\x4b\xe0\xcb",
		"function keys":      "\x3b\xbb\x58\xd8",
		"Caps Lock, pause":   "\x3a\xba\xe1\x1d\x45\xe1\x9d\xc5",
		"a key of Windows":   "\xe0\x5b\xe0\xdb",
		"three held at once": "\x1e\x1f\x20\x9e\x9f\xa0",
	} {
		k := new(Keyboard)
		text, console := typed(k, codes, true)
		if got := received(text); got != codes || console != 0 || k.n != 0 {
			t.Errorf("%s: the guest gets % x, want % x; console %d, %d held", name, got, codes, console, k.n)
		}
	}
}

func TestWhatIsNoKeyIsNotPassedOn(t *testing.T) {
	for name, codes := range map[string]string{
		"a shift around an arrow":          "\xe0\xaa\xe0\x2a\xe0\xb6",
		"answers":                          "\xfa\xaa\x00\xff",
		"a release of what is not held":    "\x9e\xe0\xc8",
		"an eleventh key, and its release": "\x0b\x8b",
	} {
		k := new(Keyboard)
		if strings.HasPrefix(name, "an eleventh") {
			typed(k, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a", true)
		}
		if text, _ := typed(k, codes, true); text != "" {
			t.Errorf("%s: %q", name, text)
		}
	}
	k := new(Keyboard)
	once, _ := typed(k, "\x1e", true)
	if again, _ := typed(k, "\x1e\x1e", true); once == "" || again != "" {
		t.Errorf("a key that repeats: %q, and %q", once, again)
	}
}

// Ctrl-] and Alt with a function key are no guest's. What is held then is
// released, and its real release is nobody's.
func TestKeysThatLeaveADisplayReleaseWhatIsHeld(t *testing.T) {
	for _, tt := range []struct {
		codes, guest string
		escape       bool
		console      int
	}{
		{"\x1d\x1b", "\x1d\x9d", true, 0},
		{"\x2a\x38\x3c", "\x2a\x38\xb8\xaa", false, 2},
	} {
		k := new(Keyboard)
		text, console := typed(k, tt.codes, true)
		rest, escape := strings.CutSuffix(text, string(rune(Escape)))
		if got := received(rest); got != tt.guest || escape != tt.escape || console != tt.console {
			t.Errorf("% x: the guest gets % x, escape %v, console %d", tt.codes, got, escape, console)
		}
		if text, _ := typed(k, "\x9b\x9d\xaa\xb8\xbc", true); text != "" {
			t.Errorf("% x: %q when all is let go", tt.codes, text)
		}
	}
}

// Elsewhere a keyboard sends characters. Locks and keys of a display do not
// count there, but modifiers that are held do.
func TestElsewhereAKeyboardSendsCharacters(t *testing.T) {
	k := new(Keyboard)
	typed(k, "\x3a\xba\x1e", true)
	if text, _ := typed(k, "\x1e\x9e\xe0\x48\xe0\xc8", false); text != "a\x1b[A" {
		t.Errorf("%q", text)
	}
	typed(k, "\x2a", true)
	if text, _ := typed(k, "\x1e\x9e\xaa\x1e\x9e", false); text != "Aa" {
		t.Errorf("%q", text)
	}
	if text, _ := typed(k, "\xaa\x9e", true); text != "" {
		t.Errorf("a display hears of keys that were pressed elsewhere: %q", text)
	}
}

func FuzzKeyboard(f *testing.F) {
	f.Add([]byte("\x1d\x1e\x9e\x1b\x9b\x9d"), uint8(0xff))
	f.Add([]byte("\xe1\x1d\x45\xe0\x48\x38\x3c"), uint8(0xf0))
	f.Fuzz(func(t *testing.T, codes []byte, display uint8) {
		k := new(Keyboard)
		for i, code := range codes {
			text, _ := k.Code(nil, code, display>>(i%8)&1 != 0)
			if len(text) > MaxKeys {
				t.Fatalf("%d bytes for a code", len(text))
			}
		}
	})
}

func TestKeysDoNotAllocate(t *testing.T) {
	var k Keyboard
	var b [MaxKeys]byte
	if n := testing.AllocsPerRun(100, func() {
		for _, code := range "\x1d\x1e\x9e\x1b" {
			k.Code(b[:0], uint8(code), true)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
