package console

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const size = 1000 // of the ring; no power of two

func write(c *Console, s string) {
	for i := range len(s) {
		c.WriteByte(s[i])
	}
}

func TestReadersFollowAtTheirOwnSpeed(t *testing.T) {
	c := New(size)
	write(c, "hello")
	p := make([]byte, 3)
	n, lost, next := c.Read(p, 0)
	if string(p[:n]) != "hel" || lost != 0 || next != 3 {
		t.Errorf("got %q, %d lost, next %d", p[:n], lost, next)
	}
	n, _, next = c.Read(p, next)
	if string(p[:n]) != "lo" || next != 5 {
		t.Errorf("got %q, next %d", p[:n], next)
	}
	if n, _, next = c.Read(p, 99); n != 0 || next != 5 {
		t.Errorf("a place behind the end: %d bytes, next %d", n, next)
	}
}

func TestTheOldestBytesAreLost(t *testing.T) {
	c := New(size)
	for i := range size + 10 {
		c.WriteByte(byte(i))
	}
	p := make([]byte, size)
	n, lost, next := c.Read(p, 0)
	if n != size || lost != 10 || next != size+10 {
		t.Fatalf("%d bytes, %d lost, next %d", n, lost, next)
	}
	for i := range p {
		if p[i] != byte(i+10) {
			t.Fatalf("byte %d is %d, want %d", i, p[i], byte(i+10))
		}
	}
	if at := c.Back(1 << 40); at != 10 {
		t.Errorf("the first byte kept is at %d, want 10", at)
	}
	if at := c.Back(3); at != size+7 {
		t.Errorf("3 bytes back is %d, want %d", at, size+7)
	}
}

func TestTailIsWhereTheLastLinesBegin(t *testing.T) {
	for _, test := range []struct {
		text  string
		lines int
		want  string
	}{
		{"one\ntwo\n", 0, ""},
		{"one\ntwo\n", -1, ""},
		{"one\ntwo\n", 1, "two\n"},
		{"one\ntwo\n", 2, "one\ntwo\n"},
		{"one\n# ", 1, "# "},
		{"one\n# ", 2, "one\n# "},
		{"one\n\n\n", 2, "\n\n"},
		{"\n", 1, "\n"},
		{"prompt", 1, "prompt"},
	} {
		// Wherever in the ring the text lies.
		for before := range 14 {
			c := New(12)
			write(c, strings.Repeat("x", before)+"\n"+test.text)
			p := make([]byte, 12)
			n, _, _ := c.Read(p, c.Tail(test.lines))
			if got := string(p[:n]); got != test.want {
				t.Errorf("the last %d lines of %q behind %d bytes are %q, want %q", test.lines, test.text, before, got, test.want)
			}
		}
	}
}

func TestTailIsWithinWhatIsKept(t *testing.T) {
	c := New(10)
	if at := c.Tail(1); at != 0 {
		t.Errorf("the last line of nothing is at %d", at)
	}
	for i := range 100 {
		write(c, fmt.Sprintf("%d\n", i))
	}
	p := make([]byte, 20)
	n, lost, _ := c.Read(p, c.Tail(50))
	if got := string(p[:n]); got != "\n97\n98\n99\n" || lost != 0 {
		t.Errorf("got %q, %d lost", got, lost)
	}
}

func TestWaitEndsWithTheNextByte(t *testing.T) {
	c := New(size)
	done := make(chan error)
	at := c.End()
	go func() { done <- c.Wait(context.Background(), at) }()
	write(c, "x")
	if err := <-done; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- c.Wait(ctx, 1) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkWriteByte(b *testing.B) {
	c := New(128 << 10)
	b.ReportAllocs()
	for b.Loop() {
		c.WriteByte('x')
	}
}
