package packet

import (
	"strings"
	"testing"
)

func TestThreads(t *testing.T) {
	threads := Threads{Count: 3, Mover: -1}
	for _, c := range []struct {
		name, packet, want string
		cpu, mover         int
	}{
		{"of registers", "g2", "OK", 1, -1},
		{"any, of registers", "g0", "OK", 1, -1},
		{"all, of registers", "g-1", "OK", 1, -1},
		{"none, of registers", "g4", "E04", 1, -1},
		{"to move", "c3", "OK", 1, 2},
		{"all to move", "c-1", "OK", 1, -1},
		{"any to move", "c0", "OK", 1, -1},
		{"no number", "cx", "E04", 1, -1},
		{"nothing", "c", "E01", 1, -1},
	} {
		var w Writer
		w.Init(make([]byte, 64))
		threads.Choose(w.Begin(), []byte(c.packet))
		if got := body(&w); got != c.want || threads.CPU != c.cpu || threads.Mover != c.mover {
			t.Errorf("%s: %s, %+v; want %s, %d, %d", c.name, got, threads, c.want, c.cpu, c.mover)
		}
		w.Init(make([]byte, 64))
		threads.Alive(w.Begin(), []byte(c.packet[1:]))
		if got := body(&w); (got == "OK") != (c.want == "OK") {
			t.Errorf("%s: T says %s", c.name, got)
		}
	}
}

// A long list comes in pieces, each thread once.
func TestThreadsAreListed(t *testing.T) {
	threads := Threads{Count: 60}
	var w Writer
	w.Init(make([]byte, 32))
	var list []string
	for first := true; len(list) <= threads.Count; first = false {
		threads.List(w.Begin(), first)
		got := body(&w)
		if got == "l" {
			break
		}
		list = append(list, strings.Split(got[1:], ",")...)
	}
	if len(list) != 60 || list[0] != "1" || list[59] != "3c" {
		t.Errorf("%d threads: %q", len(list), list)
	}
}

// body is what a writer's packet says.
func body(w *Writer) string {
	text := string(w.End())
	return text[1 : len(text)-3]
}
