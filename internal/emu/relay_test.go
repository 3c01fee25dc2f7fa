package emu

import (
	"io"
	"net"
	"testing"
	"time"
)

// The line stays while peers come and go.
func TestRelayServesOnePeerAfterTheOther(t *testing.T) {
	r, err := newRelay("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	dial := func(l net.Listener) net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		return c
	}
	line := dial(r.bochs)
	defer line.Close()
	p := make([]byte, 4)
	for range 2 {
		peer := dial(r.peers)
		io.WriteString(peer, "ping")
		if _, err := io.ReadFull(line, p); err != nil || string(p) != "ping" {
			t.Fatalf("%q, %v", p, err)
		}
		io.WriteString(line, "pong")
		if _, err := io.ReadFull(peer, p); err != nil || string(p) != "pong" {
			t.Fatalf("%q, %v", p, err)
		}
		peer.Close()
	}
}
