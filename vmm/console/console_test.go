package console

import (
	"bytes"
	"context"
	"errors"
	"testing"
)

func write(c *Console, s string) {
	for i := range len(s) {
		c.WriteByte(s[i])
	}
}

func TestReadersFollowAtTheirOwnSpeed(t *testing.T) {
	c := New(nil)
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
	c := New(nil)
	for i := range Size + 10 {
		c.WriteByte(byte(i))
	}
	p := make([]byte, Size)
	n, lost, next := c.Read(p, 0)
	if n != Size || lost != 10 || next != Size+10 {
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
}

func TestWaitEndsWithTheNextByte(t *testing.T) {
	c := New(nil)
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

func TestTypedTextReachesTheGuest(t *testing.T) {
	var got bytes.Buffer
	c := New(func(p []byte) { got.Write(p) })
	c.Type([]byte("ls\n"))
	if got.String() != "ls\n" {
		t.Errorf("got %q", got.String())
	}
}

func BenchmarkWriteByte(b *testing.B) {
	c := New(nil)
	b.ReportAllocs()
	for b.Loop() {
		c.WriteByte('x')
	}
}
