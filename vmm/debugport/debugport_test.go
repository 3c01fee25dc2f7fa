package debugport

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

type sink struct{ lines []string }

func (s *sink) line(b []byte) { s.lines = append(s.lines, string(b)) }

func write(c *Console, text string) {
	for _, b := range []byte(text) {
		c.Out(0, 1, uint32(b))
	}
}

func TestConsoleGivesLines(t *testing.T) {
	long := strings.Repeat("x", lineSize)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"one\ntwo\n", []string{"one", "two"}},
		{"carriage\r\nreturns\r\n", []string{"carriage", "returns"}},
		{"\n\n", []string{"", ""}},
		{"not ended", nil},
		{long + "y\n", []string{long, "y"}},
		{"any byte \xff\x00\n", []string{"any byte \xff\x00"}},
	} {
		var s sink
		write(NewConsole(s.line), c.text)
		if strings.Join(s.lines, "|") != strings.Join(c.want, "|") || len(s.lines) != len(c.want) {
			t.Errorf("%q gives %q, want %q", c.text, s.lines, c.want)
		}
	}
}

func TestConsoleFlushes(t *testing.T) {
	var s sink
	c := NewConsole(s.line)
	c.Flush()
	write(c, "last words")
	c.Flush()
	c.Flush()
	write(c, "more")
	c.Reset()
	if strings.Join(s.lines, "|") != "last words|more" {
		t.Errorf("got %q", s.lines)
	}
	if got := c.In(0, 1); got&0xff != 0xe9 {
		t.Errorf("reads %#x, which says that nobody is there", got)
	}
}

func TestConsoleStateSurvives(t *testing.T) {
	var s sink
	c, fresh := NewConsole(s.line), NewConsole(s.line)
	write(c, "half a li")
	devicetest.Survives(t, c, fresh)
	write(fresh, "ne\n")
	if len(s.lines) != 1 || s.lines[0] != "half a line" {
		t.Errorf("got %q", s.lines)
	}
}

func TestExitGivesTheValue(t *testing.T) {
	var got []uint32
	e := NewExit(func(v uint32) { got = append(got, v) })
	e.Out(0, 1, 0x10)
	e.Out(0, 4, 0xdeadbeef)
	if len(got) != 2 || got[0] != 0x10 || got[1] != 0xdeadbeef || e.In(0, 4) != 0 {
		t.Errorf("got %#x", got)
	}
}

func TestPOSTCodes(t *testing.T) {
	p := new(POST)
	p.Out(0, 1, 0x11)
	p.Out(0, 1, 0x22)
	if p.Last != 0x22 || p.Count != 2 || uint8(p.In(0, 1)) != 0x22 {
		t.Errorf("%+v", p)
	}
	fresh := new(POST)
	devicetest.Survives(t, p, fresh)
	if *fresh != *p {
		t.Errorf("%+v was loaded, want %+v", fresh, p)
	}
	p.Reset()
	if p.Last != 0 || p.Count != 0 {
		t.Errorf("%+v after a reset", p)
	}
}

func TestWritesDoNotAllocate(t *testing.T) {
	n := 0
	c := NewConsole(func(b []byte) { n += len(b) })
	p := new(POST)
	if a := testing.AllocsPerRun(10, func() {
		write(c, "text\n")
		for i := range 1000 {
			c.Out(0, 1, uint32(i|0x80))
			p.Out(0, 1, uint32(i))
		}
	}); a != 0 {
		t.Errorf("%v allocations", a)
	}
}

func FuzzConsole(f *testing.F) {
	f.Add([]byte("text\r\n"), []byte(nil))
	f.Add([]byte(strings.Repeat("x", 1000)), devicetest.Save(NewConsole(nil)))
	f.Fuzz(func(t *testing.T, text, saved []byte) {
		got := 0
		sink := func(b []byte) {
			if got += len(b); len(b) > lineSize {
				t.Errorf("a line of %d bytes", len(b))
			}
		}
		c := NewConsole(sink)
		if saved != nil {
			c.State(state.Loader(saved))
		}
		want := len(c.line)
		for _, b := range text {
			if b != '\r' && b != '\n' {
				want++
			}
			c.Out(0, 1, uint32(b))
		}
		devicetest.Survives(t, c, NewConsole(sink))
		c.Flush()
		if got != want {
			t.Errorf("%d bytes of %d", got, want)
		}
	})
}

func BenchmarkConsole(b *testing.B) {
	c := NewConsole(func([]byte) {})
	b.ReportAllocs()
	for b.Loop() {
		c.Out(0, 1, 'x')
	}
}

func BenchmarkPOST(b *testing.B) {
	p := new(POST)
	b.ReportAllocs()
	for b.Loop() {
		p.Out(0, 1, 0)
	}
}
