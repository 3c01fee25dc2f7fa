package monitor

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// Whatever arrives, the line editor gets printable UTF-8, keys it knows and whole
// escape sequences, and as much of them however the bytes are cut.
func FuzzKeys(f *testing.F) {
	for _, seed := range []string{"help\r\n", "\x03\x04\x00\xff\x1b[A\x1bOH\x1b[3~\x1b[1;5D", "\x1b[999999999z", "é€\xe2\x82", "\x1b\x1b\x1b[\r\n\n\r"} {
		f.Add([]byte(seed), 1)
	}
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		var k keys
		whole := k.filter(nil, in)
		cut = max(0, min(cut, len(in)))
		var k2 keys
		pieces := k2.filter(k2.filter(nil, in[:cut]), in[cut:])
		if !bytes.Equal(whole, pieces) {
			t.Fatalf("cut at %d: %q, whole: %q", cut, pieces, whole)
		}
		if !utf8.Valid(whole) {
			t.Fatalf("%q is not UTF-8", whole)
		}
		rest := string(whole)
		for _, sequence := range sequences {
			rest = strings.ReplaceAll(rest, sequence, "")
		}
		for _, r := range rest {
			if r == ctrlC || r == ctrlD || r == 0 || r == escape || r == lineFeed || r >= ' ' && r != del && !strconv.IsPrint(r) {
				t.Fatalf("%q reaches the editor in %q", r, whole)
			}
		}
	})
}

// Whatever is typed, the shell neither hangs nor dies and comes to the end.
func FuzzShell(f *testing.F) {
	for _, seed := range []string{
		"help\n", "echo a; echo 'b\r\nboom\recho b\r\n", "\x03\x03ec\t\t\x04\x0c\x1b[A\r", "help help\x01\x1b[3~\r", strings.Repeat("x", 5000) + "\n",
		"\xff\xfe\x00\x1b[1;", "time time echo\rvm attach l\t\t\r",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewRegistry()
		delete(r.commands, "repeat") // it can run for ever, and should
		err := r.Add(echo, vm, Command{Name: "boom", Run: func(*Context, []string) error { panic("boom") }})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		s := New(struct {
			io.Reader
			io.Writer
		}{iotest.HalfReader(bytes.NewReader(in)), &out}, r, ticks())
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(out.Bytes()) {
			t.Fatalf("wrote %q", out.Bytes())
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add(`a "b c" 'd;e' ;f`)
	f.Add(`'`)
	f.Fuzz(func(t *testing.T, line string) {
		commands, err := split(line)
		if err != nil {
			return
		}
		// Quoted again, the words must come back as they were.
		var again strings.Builder
		for i, words := range commands {
			if i > 0 {
				again.WriteByte(';')
			}
			for _, w := range words {
				again.WriteByte(' ')
				if w == "" {
					again.WriteString(`''`)
				}
				for _, c := range []byte(w) {
					if c == '\'' {
						again.WriteString(`"'"`)
					} else {
						again.WriteString("'" + string([]byte{c}) + "'")
					}
				}
			}
		}
		got, err := split(again.String())
		if err != nil || len(got) != len(commands) {
			t.Fatalf("%q becomes %q: %q, %v", line, again.String(), got, err)
		}
		for i := range got {
			if strings.Join(got[i], "\x00") != strings.Join(commands[i], "\x00") || len(got[i]) != len(commands[i]) {
				t.Fatalf("%q: command %d is %q, then %q", line, i, commands[i], got[i])
			}
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"0", "0x1000", "4K", "1G", "-1", "0xffffffffffffffffK", "20000000000000000000\x1b", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		n, err := Number("N", word, 0, 1<<40)
		if err == nil && n > 1<<40 {
			t.Fatalf("Number(%q) = %d", word, n)
		}
		if err != nil && (strings.ContainsAny(err.Error(), "\r\n\x1b") || len(err.Error()) > 400) {
			t.Fatalf("Number(%q): %q", word, err)
		}
		if plain, perr := strconv.ParseUint(word, 10, 64); perr == nil && plain <= 1<<40 && (err != nil || n != plain) {
			t.Fatalf("Number(%q) = %d, %v", word, n, err)
		}
	})
}

func FuzzPlaces(f *testing.F) {
	f.Add(allStacks())
	f.Add("goroutine 1 [\n\ngoroutine 2 []:\n(\n")
	f.Fuzz(func(t *testing.T, text string) {
		for p := range places(text) {
			if strings.Contains(p.state+p.function, "\n") {
				t.Fatalf("%q", p)
			}
		}
	})
}
