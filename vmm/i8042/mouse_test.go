package i8042

import "testing"

func TestMouseCommands(t *testing.T) {
	for _, c := range []struct{ name, bytes, want string }{
		{"reset", "\xff", "\xfa\xaa\x00"},
		{"identify", "\xf2", "\xfa\x00"},
		{"status", "\xe9", "\xfa\x00\x02\x64"},
		{"status of all", "\xe7\xf4\xf0\xe8\x03\xf3\x28\xe9", "\xfa\xfa\xfa\xfa\xfa\xfa\xfa\xfa\x70\x03\x28"},
		{"defaults", "\xe7\xf4\xe8\x00\xf6\xe9", "\xfa\xfa\xfa\xfa\xfa\xfa\x00\x02\x64"},
		{"scale 1:1, stream, disable", "\xe7\xe6\xf0\xea\xf4\xf5\xe9", "\xfa\xfa\xfa\xfa\xfa\xfa\xfa\x00\x02\x64"},
		{"read data", "\xeb", "\xfa\x08\x00\x00"},
		{"wrap", "\xee\x42\xec\xf2", "\xfa\x42\xfa\xfa\x00"},
		{"wheel", "\xf3\xc8\xf3\x64\xf3\x50\xf2\xeb", "\xfa\xfa\xfa\xfa\xfa\xfa\xfa\x03\xfa\x08\x00\x00\x00"},
		{"not the wheel", "\xf3\xc8\xf3\xc8\xf3\x50\xf2", "\xfa\xfa\xfa\xfa\xfa\xfa\xfa\x00"},
		{"unknown", "\x42", "\xfe"},
	} {
		r := newRig()
		got := ""
		for _, v := range []byte(c.bytes) {
			r.toMouse(v)
			_, m := r.drain(t)
			got += string(m)
		}
		if got != c.want {
			t.Errorf("%s: %x, want %x", c.name, got, c.want)
		}
	}
}

func TestMouseSendsMoves(t *testing.T) {
	r := newRig()
	r.Move(5, 5, 0, 0)
	r.expect(t, "before it is enabled", "", "")
	r.toMouse(0xf4)
	r.expect(t, "enable", "", "\xfa")
	r.Move(3, -2, 1, 1)
	r.expect(t, "a move with a button", "", "\x29\x03\xfe")
	r.Move(-300, 0, 0, 0)
	r.expect(t, "a long move", "", "\x18\x01\x00\x18\xd3\x00")
	r.toMouse(0xe9)
	r.expect(t, "status", "", "\xfa\x20\x02\x64")
	r.toMouse(0xf0)
	r.Move(1, 1, 0, 4)
	r.expect(t, "remote mode", "", "\xfa")
	r.toMouse(0xeb)
	r.expect(t, "read data", "", "\xfa\x0c\x01\x01")
}

func TestStatusShowsButtons(t *testing.T) {
	r := newRig()
	for buttons, want := range []string{"\x00", "\x04", "\x01", "\x05", "\x02", "\x06", "\x03", "\x07"} {
		r.Move(0, 0, 0, uint8(buttons))
		r.toMouse(0xe9)
		r.expect(t, "status", "", "\xfa"+want+"\x02\x64")
	}
}

func TestMovesAddUpUntilTheyAreFetched(t *testing.T) {
	r := newRig()
	r.toMouse(0xf4)
	r.drain(t)
	for range 100 {
		r.Move(1, 0, 0, 0)
	}
	// The first packet was there with the first move.
	r.expect(t, "100 moves", "", "\x08\x01\x00\x08\x63\x00")
	r.Move(1<<62, -1<<62, 0, 2)
	r.Move(1<<62, -1<<62, 0, 2)
	_, m := r.drain(t)
	if n := len(m) / 3; n != (mostMoves+254)/255 && n != (mostMoves+254)/255+1 {
		t.Errorf("a move beyond measure is %d packets", n)
	}
}

func TestTheWheel(t *testing.T) {
	r := newRig()
	for _, v := range []byte("\xf3\xc8\xf3\x64\xf3\x50\xf4") {
		r.toMouse(v)
	}
	r.drain(t)
	r.Move(0, 0, -9, 0)
	r.expect(t, "the wheel", "", "\x08\x00\x00\xf9\x08\x00\x00\xfe")
}
