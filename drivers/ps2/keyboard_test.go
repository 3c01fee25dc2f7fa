package ps2

import (
	"testing"
)

// typed is what codes make, and the last console that one was for.
func typed(k *Keyboard, codes ...uint8) (text string, console int) {
	var b []byte
	for _, c := range codes {
		var n int
		if b, n = k.Code(b, c); n != 0 {
			console = n
		}
	}
	return string(b), console
}

func TestKeysTypeWhatATerminalSends(t *testing.T) {
	for _, c := range []struct {
		name  string
		codes []uint8
		want  string
	}{
		{"a letter", []uint8{0x1e, 0x9e}, "a"},
		{"a key that repeats", []uint8{0x1e, 0x1e, 0x1e, 0x9e}, "aaa"},
		{"Shift", []uint8{0x2a, 0x1e, 0x9e, 0xaa, 0x1e}, "Aa"},
		{"both Shifts, one let go", []uint8{0x2a, 0x36, 0xaa, 0x02, 0xb6, 0x02}, "!1"},
		{"Caps Lock", []uint8{0x3a, 0x3a, 0xba, 0x1e, 0x02, 0x2a, 0x1e, 0xaa, 0x3a, 0xba, 0x1e}, "A1aa"},
		{"Control", []uint8{0x1d, 0x2e, 0x1b, 0x39, 0x9d, 0x2e}, "\x03\x1d\x00c"},
		{"right Control", []uint8{0xe0, 0x1d, 0x26, 0xe0, 0x9d}, "\x0c"},
		{"Alt", []uint8{0x38, 0x21, 0xb8, 0x21}, "\x1bff"},
		{"Enter, Tab, Backspace, Escape", []uint8{0x1c, 0x0f, 0x0e, 0x01}, "\r\t\x7f\x1b"},
		{"Shift-Tab", []uint8{0x2a, 0x0f, 0xaa}, "\x1b[Z"},
		{"Control-Backspace", []uint8{0x1d, 0x0e, 0x9d}, "\b"},
		{"arrows", []uint8{0xe0, 0x48, 0xe0, 0xc8, 0xe0, 0x50, 0xe0, 0x4d, 0xe0, 0x4b}, "\x1b[A\x1b[B\x1b[C\x1b[D"},
		{"arrows between false Shifts", []uint8{0xe0, 0x2a, 0xe0, 0x48, 0xe0, 0xc8, 0xe0, 0xaa, 0x1e}, "\x1b[Aa"},
		{"Home, End, Insert, Delete, Page Up, Page Down", []uint8{0xe0, 0x47, 0xe0, 0x4f, 0xe0, 0x52, 0xe0, 0x53, 0xe0, 0x49, 0xe0, 0x51}, "\x1b[H\x1b[F\x1b[2~\x1b[3~\x1b[5~\x1b[6~"},
		{"arrow with modifiers", []uint8{0x1d, 0xe0, 0x4b, 0x38, 0xe0, 0x4b, 0x2a, 0xe0, 0x4b}, "\x1b[1;5D\x1b[1;7D\x1b[1;8D"},
		{"function keys", []uint8{0x3b, 0x3e, 0x3f, 0x40, 0x44, 0x57, 0x58}, "\x1bOP\x1bOS\x1b[15~\x1b[17~\x1b[21~\x1b[23~\x1b[24~"},
		{"Shift-F1, Control-F12", []uint8{0x2a, 0x3b, 0xaa, 0x1d, 0x58, 0x9d}, "\x1b[1;2P\x1b[24;5~"},
		{"pad", []uint8{0x47, 0x4a, 0x53, 0xe0, 0x35, 0xe0, 0x1c, 0x37}, "7-./\r*"},
		{"pad without Num Lock", []uint8{0x45, 0x45, 0xc5, 0x47, 0x4a, 0x53, 0x45, 0xc5, 0x47}, "\x1b[H-\x1b[3~7"},
		{"Pause, Print Screen, Scroll Lock, Windows", []uint8{0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa, 0x46, 0xc6, 0xe0, 0x5b, 0xe0, 0xdb, 0x1e}, "a"},
		{"a full buffer and answers", []uint8{0x00, 0xff, 0xfa, 0xfe, 0x1e}, "a"},
	} {
		if got, console := typed(new(Keyboard), c.codes...); got != c.want || console != 0 {
			t.Errorf("%s: %q and console %d, want %q", c.name, got, console, c.want)
		}
	}
}

func TestAltAndAFunctionKeyChooseAConsole(t *testing.T) {
	for code, want := range map[uint8]int{0x3b: 1, 0x3c: 2, 0x44: 10, 0x57: 11, 0x58: 12} {
		if text, console := typed(new(Keyboard), 0x38, code, code|0x80, 0xb8); text != "" || console != want {
			t.Errorf("code %#x: %q, console %d, want %d", code, text, console, want)
		}
	}
	if text, console := typed(new(Keyboard), 0x1d, 0xe0, 0x38, 0x3c); text != "" || console != 2 {
		t.Errorf("Control and the right Alt: %q, console %d", text, console)
	}
}

// What our guests' keyboards make of text comes back from their codes.
func TestEveryCharacterComesBack(t *testing.T) {
	p := newPorts(t)
	c := &Controller{IO: p}
	if err := c.Init(); err != nil {
		t.Fatal(err)
	}
	var k Keyboard
	text := []string{"\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[2~", "\x1b[3~", "\x1b[5~", "\x1b[6~",
		"\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~", "\x1b[19~", "\x1b[20~", "\x1b[21~", "\x1b[23~", "\x1b[24~",
		"\x1b[1;5A", "\x1b[1;2H", "\x1b[24;5~", "\x1b[1;6R", "\x1b[Z", "\x1bx", "\x1b.", "\t", "\r", "\x7f"}
	for b := byte(1); b < 0x7f; b++ {
		// Those that have keys of their own, or no key at all.
		if b != '\b' && b != '\t' && b != '\n' && b != '\r' && b != 0x1b && b != 0x1e && b != 0x1f {
			text = append(text, string(rune(b)))
		}
	}
	for _, want := range text {
		if n := p.Type([]byte(want)); n != len(want) {
			t.Fatalf("%q: %d bytes taken", want, n)
		}
		if got, console := typed(&k, read(c)...); got != want || console != 0 {
			t.Errorf("%q comes back as %q, console %d", want, got, console)
		}
	}
}

func FuzzKeyboard(f *testing.F) {
	f.Add([]byte{0xe1, 0x1d, 0x45, 0xe0, 0x38, 0x3b, 0x1d, 0x1e, 0x58, 0x45, 0x47})
	f.Fuzz(func(t *testing.T, codes []byte) {
		var k Keyboard
		for _, c := range codes {
			text, console := k.Code(nil, c)
			if len(text) > MaxText || console < 0 || console > 12 || console != 0 && len(text) != 0 {
				t.Fatalf("code %#x: %q, console %d", c, text, console)
			}
		}
	})
}
