package i8042

import "testing"

// TestLinuxDriverInitialises goes through what Linux's i8042 and its keyboard
// and mouse drivers do to find out what there is.
func TestLinuxDriverInitialises(t *testing.T) {
	r := newRig()
	command := func(v uint8, data ...uint8) {
		r.do(v)
		for _, b := range data {
			r.send(b)
		}
	}
	answer := func(what string, want uint8, mouse bool) {
		t.Helper()
		s := r.status()
		if s&statusFull == 0 {
			t.Fatalf("%s: no answer", what)
		}
		if got := r.read(); got != want || s&statusMouse != 0 != mouse {
			t.Errorf("%s: %#x (status %#x), want %#x", what, got, s, want)
		}
	}

	// The controller is there: its buffer empties.
	r.drain(t)
	command(0xaa)
	answer("self-test", 0x55, false)
	command(0x20)
	answer("command byte", 0x44, false)
	mode := uint8(0x44)
	mode = mode&^modeKeyboardInt | modeNoKeyboard
	command(0x60, mode)

	// The loop commands answer, so there is a mouse port, and it is not a
	// multiplexer, which would answer other bytes.
	command(0xd3, 0x5a)
	answer("mouse loop", 0x5a, true)
	for _, v := range []uint8{0xf0, 0x56, 0xa4} {
		command(0xd3, v)
		answer("multiplexer", v, true)
	}
	command(0xa7)
	command(0x20)
	answer("mouse disabled", mode|modeNoMouse, false)
	command(0xa8)
	command(0x20)
	answer("mouse enabled", mode, false)

	// The mouse interrupts.
	mode |= modeMouseInt
	command(0x60, mode)
	command(0xd3, 0xa5)
	if !r.mouse.Level {
		t.Error("the mouse loop does not interrupt")
	}
	answer("mouse interrupt test", 0xa5, true)
	if r.mouse.Level {
		t.Error("the mouse line stays high")
	}

	// Both ports open.
	mode = mode&^modeNoKeyboard | modeKeyboardInt
	command(0x60, mode)
	for _, c := range []struct{ send, want string }{
		{"\xf2", "\xfa\xab\x41"},     // identify: translated
		{"\xed\x00", "\xfa\xfa"},     // LEDs
		{"\xf3\x00", "\xfa\xfa"},     // rate
		{"\xf0\x02", "\xfa\xfa"},     // set
		{"\xf4", "\xfa"},             // enable
		{"\xff", "\xfa\xaa"},         // reset
		{"\xf6", "\xfa"},             // defaults
		{"\xf0\x00", "\xfa\xfa\x41"}, // which set: 2, translated
	} {
		for _, v := range []byte(c.send) {
			r.send(v)
		}
		r.expect(t, "keyboard", c.want, "")
	}
	for _, c := range []struct{ send, want string }{
		{"\xff", "\xfa\xaa\x00"},
		{"\xf2", "\xfa\x00"},
		{"\xf3\xc8\xf3\x64\xf3\x50\xf2", "\xfa\xfa\xfa\xfa\xfa\xfa\xfa\x03"},
		{"\xf4", "\xfa"},
	} {
		got := ""
		for _, v := range []byte(c.send) {
			r.toMouse(v)
			_, m := r.drain(t)
			got += string(m)
		}
		if got != c.want {
			t.Errorf("mouse: %x answers %x, want %x", c.send, got, c.want)
		}
	}

	// Keys come one an interrupt.
	edges := r.keyboard.Edges
	r.Codes(scancodes(nil, 'G')...)
	r.expect(t, "a key", "\x2a\x22\xa2\xaa", "")
	if got := r.keyboard.Edges - edges; got != 4 {
		t.Errorf("%d interrupts for 4 bytes", got)
	}

	// Reboot.
	command(0xfe)
	if r.resets != 1 {
		t.Error("no reset")
	}
}

// TestLinuxEnablesA20 is what a kernel's real-mode part and boot loaders do.
func TestLinuxEnablesA20(t *testing.T) {
	r := newRig()
	r.do(0xd1)
	r.send(0xdf)
	r.do(0xff) // waits until the controller is done
	if r.resets != 0 || r.status()&statusFull != 0 {
		t.Errorf("%d resets, status %#x", r.resets, r.status())
	}
	r.do(0xd0)
	if v := r.read(); v&portA20 == 0 {
		t.Errorf("output port %#x: the A20 gate is closed", v)
	}
}
