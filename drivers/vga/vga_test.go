package vga

import (
	"slices"
	"strings"
	"testing"
)

// fakeVGA is an adapter's registers. The text window is ordinary memory.
type fakeVGA struct {
	misc     uint8
	graphics bool
	noCRTC   bool
	crtc     [32]uint8
	index    uint8
	gcIndex  uint8
	window   []uint16
	dead     bool // the window forgets what is written
}

func (f *fakeVGA) ports() uint16 {
	if f.misc&1 != 0 {
		return 0x3d4
	}
	return 0x3b4
}

func (f *fakeVGA) In8(p uint16) uint8 {
	if f.dead {
		for i := range f.window {
			f.window[i] = 0xffff
		}
	}
	switch {
	case p == 0x3cc:
		return f.misc
	case p == f.ports()+1 && !f.noCRTC:
		return f.crtc[f.index]
	case p == 0x3cf && f.gcIndex == 6:
		if f.graphics {
			return 0x05
		}
		return 0x0e
	}
	return 0xff
}

func (f *fakeVGA) Out8(p uint16, v uint8) {
	switch p {
	case f.ports():
		f.index = v & 31
	case f.ports() + 1:
		f.crtc[f.index] = v
	case 0x3ce:
		f.gcIndex = v
	}
}

func (f *fakeVGA) In16(uint16) uint16   { panic("16-bit access") }
func (f *fakeVGA) In32(uint16) uint32   { panic("32-bit access") }
func (f *fakeVGA) Out16(uint16, uint16) { panic("16-bit access") }
func (f *fakeVGA) Out32(uint16, uint32) { panic("32-bit access") }

const colour, mono = 0x67, 0xa6

func newConsole(f *fakeVGA) *Console {
	f.window = make([]uint16, Cols*Rows)
	for i := range f.window {
		f.window[i] = 0x1f00 | uint16('#')
	}
	return &Console{IO: f, Window: f.window}
}

func (f *fakeVGA) cursor() int { return int(f.crtc[0x0e])<<8 | int(f.crtc[0x0f]) }

func (f *fakeVGA) line(row int) string {
	var b strings.Builder
	for _, c := range f.window[row*Cols : (row+1)*Cols] {
		b.WriteByte(byte(c))
	}
	return strings.TrimRight(b.String(), " ")
}

func TestLocateTellsColourFromMonochrome(t *testing.T) {
	for misc, want := range map[uint8]uint64{colour: 0xb8000, mono: 0xb0000} {
		if addr, err := Locate(&fakeVGA{misc: misc}); addr != want || err != nil {
			t.Errorf("misc %#x: %#x, %v", misc, addr, err)
		}
	}
	if _, err := Locate(&fakeVGA{misc: 0xff}); err != ErrAbsent {
		t.Errorf("no adapter: %v", err)
	}
}

func TestInitRefusesAnAdapterThatCannotShowText(t *testing.T) {
	for name, c := range map[string]struct {
		f    *fakeVGA
		want Error
	}{
		"no adapter":        {&fakeVGA{misc: 0xff, noCRTC: true}, ErrAbsent},
		"no CRT controller": {&fakeVGA{misc: colour, noCRTC: true}, ErrAbsent},
		"no text memory":    {&fakeVGA{misc: colour, dead: true}, ErrAbsent},
		"graphics mode":     {&fakeVGA{misc: colour, graphics: true}, ErrGraphics},
	} {
		console := newConsole(c.f)
		if err := console.Init(); err != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		before := slices.Clone(c.f.window)
		console.Write(Own, []byte("x"))
		console.Show(Guest)
		if !slices.Equal(before, c.f.window) {
			t.Errorf("%s: it is written to", name)
		}
	}
	console := newConsole(&fakeVGA{misc: colour})
	console.Window = console.Window[:Cols*Rows-1]
	if err := console.Init(); err != ErrWindow {
		t.Errorf("short window: %v", err)
	}
}

func TestConsoleWritesWindowAndCursor(t *testing.T) {
	for _, misc := range []uint8{colour, mono} {
		f := &fakeVGA{misc: misc}
		f.crtc[0x0c], f.crtc[0x0d], f.crtc[0x0a] = 3, 9, 0x20
		c := newConsole(f)
		if err := c.Init(); err != nil {
			t.Fatal(err)
		}
		if f.crtc[0x0c] != 0 || f.crtc[0x0d] != 0 || f.crtc[0x0a]&0x20 != 0 || f.cursor() != 0 {
			t.Errorf("after Init: CRT controller %x", f.crtc)
		}
		for i, cell := range f.window {
			if cell != 0x0720 {
				t.Fatalf("after Init: cell %d is %#x", i, cell)
			}
		}
		c.SetAttr(AttrWarn)
		c.Write(Own, []byte("one\ntwo\n\t!"))
		if f.line(0) != "one" || f.line(1) != "two" || f.window[2*Cols+8] != 0x0e21 {
			t.Errorf("window: %q %q %#x", f.line(0), f.line(1), f.window[2*Cols+8])
		}
		if want := 2*Cols + 9; f.cursor() != want {
			t.Errorf("cursor at %d, want %d", f.cursor(), want)
		}
	}
}

func TestConsoleScrollsAndKeepsTheCursorOnTheScreen(t *testing.T) {
	f := &fakeVGA{misc: colour}
	c := newConsole(f)
	if err := c.Init(); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		c.Write(Own, []byte{'l', byte('0' + i/10), byte('0' + i%10), '\n'})
	}
	if f.line(0) != "l76" || f.line(23) != "l99" || f.line(24) != "" {
		t.Errorf("lines %q %q %q", f.line(0), f.line(23), f.line(24))
	}
	for range Cols {
		c.Write(Own, []byte("x"))
	}
	if f.cursor() != Cols*Rows-1 {
		t.Errorf("cursor at %d", f.cursor())
	}
}

func TestConsoleDoesNotAllocate(t *testing.T) {
	c := newConsole(&fakeVGA{misc: colour})
	if err := c.Init(); err != nil {
		t.Fatal(err)
	}
	text := []byte("x\x1b[1;31mµ\n")
	n := testing.AllocsPerRun(100, func() {
		c.Write(Own, text)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestGuestsTextShowsInFrontOnly(t *testing.T) {
	f := &fakeVGA{misc: colour}
	c := newConsole(f)
	if err := c.Init(); err != nil {
		t.Fatal(err)
	}
	c.Write(Own, []byte("ringo> "))
	c.Write(Guest, []byte("login: "))
	if f.line(0) != "ringo>" || f.cursor() != 7 {
		t.Errorf("%q, cursor at %d", f.line(0), f.cursor())
	}
	c.Show(Guest)
	c.Write(Own, []byte("a line of the log\n"))
	c.Write(Guest, []byte("root\n+"))
	if f.line(0) != "login: root" || f.line(1) != "           +" || f.cursor() != Cols+12 {
		t.Errorf("%q, %q, cursor at %d", f.line(0), f.line(1), f.cursor())
	}
	c.Clear()
	c.SetRow(2, []Cell{0x1e41, 0x9f42})
	c.SetRow(Rows, []Cell{0x1e41})
	c.SetCursor(1, 2)
	if f.line(0) != "" || f.window[2*Cols] != 0x1e41 || f.window[2*Cols+1] != 0x9f42 || f.cursor() != 2*Cols+1 {
		t.Errorf("%q, %#x, cursor at %d", f.line(0), f.window[2*Cols:2*Cols+2], f.cursor())
	}
	c.SetCursor(-1, -1)
	if f.crtc[0x0a]&0x20 == 0 {
		t.Error("the cursor is shown")
	}
	c.Show(Own)
	if f.line(0) != "ringo> a line of the log" || f.line(2) != "" || f.crtc[0x0a]&0x20 != 0 || f.cursor() != Cols {
		t.Errorf("%q, %q, cursor at %d", f.line(0), f.line(2), f.cursor())
	}
}

func TestALineOfTheLogComesAboveThePrompt(t *testing.T) {
	f := &fakeVGA{misc: colour}
	c := newConsole(f)
	if err := c.Init(); err != nil {
		t.Fatal(err)
	}
	c.Line([]byte("one\n"))
	c.Write(Own, []byte("ringo> \x1b[31mhelp\x1b[m\x1b[2D"))
	c.Line([]byte("two\n"))
	if f.line(0) != "one" || f.line(1) != "two" || f.line(2) != "ringo> help" || f.cursor() != 2*Cols+9 || f.window[2*Cols+8] != 0x0465 {
		t.Errorf("%q, %q, %q, cursor at %d", f.line(0), f.line(1), f.line(2), f.cursor())
	}
	for range Rows {
		c.Line([]byte(strings.Repeat("x", Cols+1) + "\n"))
	}
	if f.line(Rows-2) != "x" || f.line(Rows-1) != "ringo> help" || f.cursor() != (Rows-1)*Cols+9 {
		t.Errorf("%q, %q, cursor at %d", f.line(Rows-2), f.line(Rows-1), f.cursor())
	}
	c.Show(Guest)
	c.Line([]byte("three\n"))
	if f.line(Rows-1) != "" {
		t.Errorf("behind a guest: %q", f.line(Rows-1))
	}
}
